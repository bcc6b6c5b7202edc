#include "model-check.h"

#include "error.h"

namespace kangaroo {

namespace {

bool ends_with(const std::string & text, const std::string & end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

} // namespace

bool is_matrix_type(ggml_type type) {
    const bool intermediate = type == GGML_TYPE_Q8_1 || type == GGML_TYPE_Q8_K; // what activations are quantised to
    return type == GGML_TYPE_F32 || type == GGML_TYPE_F16 || type == GGML_TYPE_BF16 || (ggml_is_quantized(type) && !intermediate);
}

void check_model(const gguf_file & file) {
    const auto damaged = [&](const std::string & why) {
        return error("file-damaged", file.path() + " is damaged: " + why + ". Download it again, or choose another model.");
    };
    for (int64_t i = 0; i < gguf_get_n_tensors(file.get()); ++i) {
        const std::string name = gguf_get_tensor_name(file.get(), i);
        const bool state = ends_with(name, ".ssm_a") || ends_with(name, ".ssm_d"); // of recurrent layers
        if (!state && !ends_with(name, ".weight") && !ends_with(name, ".bias")) {
            continue; // tables of other kinds
        }
        const ggml_type type = gguf_get_tensor_type(file.get(), i);
        const bool      row  = gguf_get_tensor_ne(file.get(), i)[1] == 1;
        const bool      f32  = state || ends_with(name, "norm.weight") || (row && ends_with(name, ".bias")); // llama.cpp's converter sees to that
        if (f32 ? type != GGML_TYPE_F32 : !is_matrix_type(type)) {
            throw damaged("the tensor " + name + " has the type " + ggml_type_name(type) + ", with which nothing can be computed");
        }
    }
}

} // namespace kangaroo
