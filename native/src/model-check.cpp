#include "model-check.h"

#include "error.h"

namespace kangaroo {

namespace {

bool ends_with(const std::string & text, const std::string & end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// What is no matrix: numbers that others are multiplied by or convolved with, which ggml wants in single precision and checks while it
// computes. llama.cpp's converter writes them so.
bool is_f32(const std::string & name, bool row) {
    for (const char * end : {"norm.weight", ".ssm_a", ".ssm_d", ".ssm_conv1d.weight", "shortconv.conv.weight", "layer_output_scale.weight"}) {
        if (ends_with(name, end)) {
            return true;
        }
    }
    return row && ends_with(name, ".bias");
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
    const int64_t architecture = gguf_find_key(file.get(), "general.architecture"); // llama.cpp would leak what it has read until then
    if (architecture >= 0 && gguf_get_kv_type(file.get(), architecture) != GGUF_TYPE_STRING) {
        throw damaged("general.architecture is no text");
    }
    for (int64_t i = 0; i < gguf_get_n_kv(file.get()); ++i) {
        const std::string key = gguf_get_key(file.get(), i);
        if (ends_with(key, "epsilon") && gguf_get_kv_type(file.get(), i) == GGUF_TYPE_FLOAT32 && !(gguf_get_val_f32(file.get(), i) >= 0.0f)) {
            throw damaged(key + " is negative or no number"); // norms check that while they compute
        }
    }
    for (int64_t i = 0; i < gguf_get_n_tensors(file.get()); ++i) {
        const std::string name = gguf_get_tensor_name(file.get(), i);
        const bool        row  = gguf_get_tensor_ne(file.get(), i)[1] == 1;
        const bool        f32  = is_f32(name, row);
        if (!f32 && !ends_with(name, ".weight") && !ends_with(name, ".bias")) {
            continue; // tables of other kinds
        }
        const ggml_type type = gguf_get_tensor_type(file.get(), i);
        if (ends_with(name, "tid2eid.weight") && type == GGML_TYPE_I32) {
            continue; // a table of experts (DeepSeek V4)
        }
        if (f32 ? type != GGML_TYPE_F32 : !is_matrix_type(type)) {
            throw damaged("the tensor " + name + " has the type " + ggml_type_name(type) + ", with which nothing can be computed");
        }
    }
}

} // namespace kangaroo
