// Reading GGUF headers and single tensors without loading a model.
#pragma once

#include "ggml-cpp.h"
#include "gguf.h"

#include <cstdint>
#include <string>
#include <vector>

namespace kangaroo {

struct adapter_info {
    std::string path, name, base_name, base_fingerprint;
    int32_t     exit_layer = 0, n_embd = 0, n_head = 0, n_head_kv = 0, n_rot = 0;
    float       freq_base = 0.0f, norm_eps = 0.0f;
    int64_t     n_params = 0, size_bytes = 0, n_draft_vocab = 0;
};

// An open GGUF. Throws kangaroo::error: file-not-found, file-not-readable, not-a-gguf, file-damaged.
class gguf_file {
public:
    explicit gguf_file(const std::string & path);

    const std::string & path() const { return path_; }
    int64_t             size_bytes() const { return size_; }
    gguf_context *      get() const { return gguf_.get(); }

    std::string text(const std::string & key) const;                    // '' where missing or no string
    double      number(const std::string & key, double fallback) const; // any integer or float type
    int32_t     count(const std::string & key) const;                   // 0 where missing or no int32_t
    bool        flag(const std::string & key, bool fallback) const;
    int64_t     tensor(const std::string & name) const;                 // -1 where missing

    int64_t              elements(int64_t tensor) const;                               // how many
    std::vector<uint8_t> read(int64_t tensor) const;                                   // the whole tensor
    std::vector<uint8_t> read(int64_t tensor, size_t offset, size_t size_bytes) const; // a part of it

private:
    std::string      path_;
    int64_t          size_ = 0;
    gguf_context_ptr gguf_;
};

adapter_info read_adapter_info(const gguf_file & file); // throws adapter-invalid

} // namespace kangaroo
