#include "head-rows.h"

#include "error.h"

#include <cstdio>
#include <cstring>

namespace kangaroo {

// The files of a model: one, or all parts of "NAME-00001-of-00003.gguf".
static std::vector<std::string> parts_of(const std::string & path) {
    constexpr size_t TAIL = sizeof("-00001-of-00003.gguf") - 1;
    int              part = 0, parts = 0;
    if (path.size() < TAIL || std::sscanf(path.c_str() + path.size() - TAIL, "-%5d-of-%5d.gguf", &part, &parts) != 2 || parts < 1) {
        return {path};
    }
    std::vector<std::string> out;
    for (int i = 1; i <= parts; ++i) {
        char tail[64];
        std::snprintf(tail, sizeof(tail), "-%05d-of-%05d.gguf", i, parts);
        out.push_back(path.substr(0, path.size() - TAIL) + tail);
    }
    return out;
}

head_rows::head_rows(const std::string & model_path, const ggml_tensor & weight, const std::vector<llama_token> & ids)
    : type_(weight.type), n_embd_(weight.ne[0]), row_bytes_(ggml_row_size(weight.type, weight.ne[0])) {
    if (ggml_backend_buffer_is_host(weight.buffer)) {
        data_ = static_cast<const uint8_t *>(weight.data);
    } else {
        open(model_path, weight);
    }
    if (ids.empty()) {
        return;
    }
    gathered_.resize(ids.size() * row_bytes_);
    for (size_t i = 0; i < ids.size(); ++i) {
        if (data_) {
            std::memcpy(&gathered_[i * row_bytes_], data_ + ids[i] * row_bytes_, row_bytes_);
        } else {
            const auto row = file_->read(tensor_, ids[i] * row_bytes_, row_bytes_);
            std::memcpy(&gathered_[i * row_bytes_], row.data(), row_bytes_);
        }
    }
    data_ = gathered_.data();
}

void head_rows::open(const std::string & model_path, const ggml_tensor & weight) {
    for (const auto & path : parts_of(model_path)) {
        auto file = std::make_unique<gguf_file>(path);
        for (const char * name : {weight.name, "output.weight", "token_embd.weight"}) { // a tied head is a copy of the embeddings
            const int64_t id = file->tensor(name);
            if (id >= 0 && gguf_get_tensor_type(file->get(), id) == type_ && gguf_get_tensor_ne(file->get(), id)[0] == n_embd_ && gguf_get_tensor_ne(file->get(), id)[1] == weight.ne[1]) {
                tensor_ = id;
                file_   = std::move(file);
                return;
            }
        }
    }
    throw error("unsupported-architecture", "The head of this model is not in " + model_path + ", so no adapter can be trained for it. Choose another model.");
}

void head_rows::read(const compute & compute, int64_t first, int64_t n, float * to) const {
    const std::vector<uint8_t> bytes = data_ ? std::vector<uint8_t>() : file_->read(tensor_, first * row_bytes_, n * row_bytes_);
    const uint8_t *            rows  = data_ ? data_ + first * row_bytes_ : bytes.data();
    const auto                 widen = ggml_get_type_traits(type_)->to_float;
    compute.parallel(n, [&](int64_t begin, int64_t end) {
        if (type_ == GGML_TYPE_F32) {
            std::memcpy(to + begin * n_embd_, rows + begin * row_bytes_, (end - begin) * row_bytes_);
        } else {
            widen(rows + begin * row_bytes_, to + begin * n_embd_, (end - begin) * n_embd_);
        }
    });
}

} // namespace kangaroo
