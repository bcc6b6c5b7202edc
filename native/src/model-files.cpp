#include "model-files.h"

#include "hash/hash.h"

#include <cstdio>

namespace kangaroo {

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

model_files::model_files(const std::string & path) {
    for (const auto & part : parts_of(path)) {
        files_.emplace_back(part);
    }
}

int64_t model_files::size_bytes() const {
    int64_t sum = 0;
    for (const auto & file : files_) {
        sum += file.size_bytes();
    }
    return sum;
}

model_files::place model_files::find(const std::string & name) const {
    for (const auto & file : files_) {
        if (const int64_t id = file.tensor(name); id >= 0) {
            return {&file, id};
        }
    }
    return {};
}

std::string model_files::fingerprint() const {
    // OLMo 2 and EXAONE 4 have no norm before attention; OLMo's norms have no weights at all, and what it has differs by file type
    for (const char * norm : {".attn_norm.weight", ".post_attention_norm.weight", ".ffn_norm.weight"}) {
        std::vector<uint8_t> all;
        for (int layer = 0;; ++layer) {
            const auto [file, id] = find("blk." + std::to_string(layer) + norm);
            if (!file) {
                break;
            }
            if (gguf_get_tensor_type(file->get(), id) != GGML_TYPE_F32) {
                return "";
            }
            const auto data = file->read(id);
            all.insert(all.end(), data.begin(), data.end());
        }
        if (!all.empty()) {
            return hash_sha256_hex(all.data(), all.size());
        }
    }
    return "";
}

} // namespace kangaroo
