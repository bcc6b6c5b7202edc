#include "head-rows.h"

#include "error.h"

#include <cstring>

namespace kangaroo {

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
            const auto row = place_.file->read(place_.tensor, ids[i] * row_bytes_, row_bytes_);
            std::memcpy(&gathered_[i * row_bytes_], row.data(), row_bytes_);
        }
    }
    data_ = gathered_.data();
}

void head_rows::open(const std::string & model_path, const ggml_tensor & weight) {
    files_ = std::make_unique<model_files>(model_path);
    for (const char * name : {weight.name, "output.weight", "token_embd.weight"}) { // a tied head is a copy of the embeddings
        place_ = files_->find(name);
        if (!place_.file) {
            continue;
        }
        const int64_t * ne = gguf_get_tensor_ne(place_.file->get(), place_.tensor);
        if (gguf_get_tensor_type(place_.file->get(), place_.tensor) == type_ && ne[0] == n_embd_ && ne[1] == weight.ne[1]) {
            return;
        }
    }
    throw error("unsupported-architecture", "The head of this model is not in " + model_path + ", so no adapter can be trained for it. Choose another model.");
}

void head_rows::read(const compute & compute, int64_t first, int64_t n, float * to) const {
    const std::vector<uint8_t> bytes = data_ ? std::vector<uint8_t>() : place_.file->read(place_.tensor, first * row_bytes_, n * row_bytes_);
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
