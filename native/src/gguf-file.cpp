#include "gguf-file.h"

#include "error.h"
#include "model-check.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace kangaroo {

namespace {

struct file_closer {
    void operator()(FILE * f) const { fclose(f); }
};
using file_ptr = std::unique_ptr<FILE, file_closer>;

file_ptr open_file(const std::string & path) {
    file_ptr f(std::fopen(path.c_str(), "rb"));
    if (!f) {
        if (errno == ENOENT || errno == ENOTDIR) {
            throw error("file-not-found", "There is no file at " + path + ". Check the path, or download the model again.");
        }
        throw error("file-not-readable", path + " cannot be read (" + std::strerror(errno) + "). Check its permissions.");
    }
    return f;
}

// Whether the number of elements fits. gguf multiplies before it checks that, so a product that wraps round to 0 gets past it.
bool is_countable(const int64_t * ne) {
    int64_t elements = 1;
    for (int d = 0; d < GGML_MAX_DIMS; ++d) {
        if (ne[d] > 0 && elements > INT64_MAX / ne[d]) {
            return false;
        }
        elements *= std::max<int64_t>(ne[d], 1);
    }
    return true;
}

} // namespace

gguf_file::gguf_file(const std::string & path) : path_(path) {
    std::error_code failed;
    if (std::filesystem::is_directory(path, failed)) {
        throw error("file-not-readable", path + " is a folder. Choose the .gguf file in it.");
    }
    file_ptr f = open_file(path);
    char magic[4] = {};
    if (std::fread(magic, 1, 4, f.get()) != 4 || std::memcmp(magic, "GGUF", 4) != 0) {
        throw error("not-a-gguf", path + " is not a GGUF file. Choose a model in GGUF format.");
    }
    size_ = static_cast<int64_t>(std::filesystem::file_size(path, failed));
    gguf_.reset(gguf_init_from_file(path.c_str(), {/*.no_alloc =*/ true, /*.ctx =*/ nullptr}));
    if (!gguf_) {
        throw error("file-damaged", path + " has a damaged GGUF header. Download it again.");
    }
    for (int64_t i = 0; i < gguf_get_n_tensors(get()); ++i) {
        if (!is_countable(gguf_get_tensor_ne(get(), i))) {
            throw error("file-damaged", path + " has a tensor " + gguf_get_tensor_name(get(), i) + " of an impossible size. Download it again.");
        }
        uint64_t left = static_cast<uint64_t>(size_);
        for (const uint64_t part : {gguf_get_data_offset(get()), gguf_get_tensor_offset(get(), i), gguf_get_tensor_size(get(), i)}) {
            if (part > left) {
                throw error("file-damaged", path + " ends before its tensor " + gguf_get_tensor_name(get(), i) + " is complete. Download it again.");
            }
            left -= part;
        }
    }
}

std::string gguf_file::text(const std::string & key) const {
    const int64_t id = gguf_find_key(get(), key.c_str());
    return id >= 0 && gguf_get_kv_type(get(), id) == GGUF_TYPE_STRING ? gguf_get_val_str(get(), id) : "";
}

double gguf_file::number(const std::string & key, double fallback) const {
    const int64_t id = gguf_find_key(get(), key.c_str());
    if (id < 0) {
        return fallback;
    }
    switch (gguf_get_kv_type(get(), id)) {
        case GGUF_TYPE_UINT32:  return gguf_get_val_u32(get(), id);
        case GGUF_TYPE_INT32:   return gguf_get_val_i32(get(), id);
        case GGUF_TYPE_UINT64:  return static_cast<double>(gguf_get_val_u64(get(), id));
        case GGUF_TYPE_INT64:   return static_cast<double>(gguf_get_val_i64(get(), id));
        case GGUF_TYPE_FLOAT32: return gguf_get_val_f32(get(), id);
        case GGUF_TYPE_FLOAT64: return gguf_get_val_f64(get(), id);
        default:                return fallback;
    }
}

int32_t gguf_file::count(const std::string & key) const {
    const double n = number(key, 0.0);
    return n >= 0.0 && n <= INT32_MAX ? static_cast<int32_t>(n) : 0;
}

bool gguf_file::flag(const std::string & key, bool fallback) const {
    const int64_t id = gguf_find_key(get(), key.c_str());
    return id >= 0 && gguf_get_kv_type(get(), id) == GGUF_TYPE_BOOL ? gguf_get_val_bool(get(), id) : fallback;
}

int64_t gguf_file::tensor(const std::string & name) const {
    return gguf_find_tensor(get(), name.c_str());
}

int64_t gguf_file::elements(int64_t tensor) const {
    const int64_t * ne = gguf_get_tensor_ne(get(), tensor);
    return ne[0] * ne[1] * ne[2] * ne[3];
}

std::vector<uint8_t> gguf_file::read(int64_t tensor) const {
    return read(tensor, 0, gguf_get_tensor_size(get(), tensor));
}

std::vector<uint8_t> gguf_file::read(int64_t tensor, size_t offset, size_t size_bytes) const {
    file_ptr             f = open_file(path_);
    std::vector<uint8_t> data(size_bytes);
    const uint64_t       at = gguf_get_data_offset(get()) + gguf_get_tensor_offset(get(), tensor) + offset;
#ifdef _WIN32
    const int moved = _fseeki64(f.get(), static_cast<int64_t>(at), SEEK_SET);
#else
    const int moved = fseeko(f.get(), static_cast<off_t>(at), SEEK_SET);
#endif
    if (moved != 0 || std::fread(data.data(), 1, size_bytes, f.get()) != size_bytes) {
        throw error("file-damaged", path_ + " could not be read to its end. Download it again.");
    }
    return data;
}

adapter_info read_adapter_info(const gguf_file & file) {
    const auto invalid = [&](const std::string & why) { return error("adapter-invalid", file.path() + " is not a usable adapter: " + why + "."); };
    if (file.text("general.architecture") != "kangaroo") {
        throw invalid("its architecture is \"" + file.text("general.architecture") + "\", not \"kangaroo\"");
    }
    adapter_info info;
    info.path             = file.path();
    info.name             = file.text("general.name");
    info.base_name        = file.text("kangaroo.base.name");
    info.base_fingerprint = file.text("kangaroo.base.fingerprint");
    info.exit_layer       = file.count("kangaroo.exit_layer");
    info.n_embd           = file.count("kangaroo.embedding_length");
    info.n_head           = file.count("kangaroo.attention.head_count");
    info.n_head_kv        = file.count("kangaroo.attention.head_count_kv");
    info.n_rot            = file.count("kangaroo.rope.dimension_count");
    info.freq_base        = static_cast<float>(file.number("kangaroo.rope.freq_base", 10000.0));
    info.norm_eps         = static_cast<float>(file.number("kangaroo.norm_rms_eps", 1e-5));
    info.size_bytes       = file.size_bytes();
    if (info.exit_layer < 1 || info.n_embd < 1 || info.n_head < 1 || info.n_head_kv < 1 || info.n_head % info.n_head_kv != 0 ||
        info.base_fingerprint.size() != 64 || !(info.freq_base > 0.0f) || !std::isfinite(info.freq_base) || !(info.norm_eps > 0.0f) || !std::isfinite(info.norm_eps)) {
        throw invalid("a key is missing or out of range");
    }

    const int64_t q_id = file.tensor("attn_q.weight");
    const int64_t rows = q_id < 0 ? 0 : gguf_get_tensor_ne(file.get(), q_id)[1];
    if (rows < 1 || rows % info.n_head != 0) {
        throw invalid("attn_q.weight is missing or does not fit the number of heads");
    }
    const int64_t head = rows / info.n_head;
    if (info.n_rot == 0) {
        info.n_rot = static_cast<int32_t>(head);
    }
    if (info.n_rot > head || info.n_rot % 2 != 0) {
        throw invalid("rope.dimension_count does not fit the head size");
    }
    const struct { const char * name; int64_t ne0, ne1; bool row; } wanted[] = {
        {"attn_norm.weight",   info.n_embd, 1, true},
        {"attn_q.weight",      info.n_embd, rows, false},
        {"attn_k.weight",      info.n_embd, head * info.n_head_kv, false},
        {"attn_v.weight",      info.n_embd, head * info.n_head_kv, false},
        {"attn_output.weight", rows, info.n_embd, false},
        {"norm.weight",        info.n_embd, 1, true},
    };
    for (const auto & w : wanted) {
        const int64_t id = file.tensor(w.name);
        if (id < 0) {
            throw invalid(std::string(w.name) + " is missing");
        }
        const int64_t * ne = gguf_get_tensor_ne(file.get(), id);
        const ggml_type type = gguf_get_tensor_type(file.get(), id);
        if (ne[0] != w.ne0 || ne[1] != w.ne1 || ne[2] != 1 || ne[3] != 1 || !(w.row ? type == GGML_TYPE_F32 : is_matrix_type(type))) {
            throw invalid(std::string(w.name) + " has another shape or type than its keys say");
        }
        info.n_params += file.elements(id);
    }
    const int64_t draft = file.tensor("draft_vocab");
    if (draft >= 0) {
        if (gguf_get_tensor_type(file.get(), draft) != GGML_TYPE_I32) {
            throw invalid("draft_vocab is not a list of token ids");
        }
        info.n_draft_vocab = file.elements(draft);
    }
    return info;
}

} // namespace kangaroo
