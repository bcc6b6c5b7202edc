#include "inspect.h"

#include "model-files.h"

namespace kangaroo {

static std::string value_text(const gguf_context * g, int64_t key) {
    switch (gguf_get_kv_type(g, key)) {
        case GGUF_TYPE_UINT8:   return std::to_string(gguf_get_val_u8(g, key));
        case GGUF_TYPE_INT8:    return std::to_string(gguf_get_val_i8(g, key));
        case GGUF_TYPE_UINT16:  return std::to_string(gguf_get_val_u16(g, key));
        case GGUF_TYPE_INT16:   return std::to_string(gguf_get_val_i16(g, key));
        case GGUF_TYPE_UINT32:  return std::to_string(gguf_get_val_u32(g, key));
        case GGUF_TYPE_INT32:   return std::to_string(gguf_get_val_i32(g, key));
        case GGUF_TYPE_UINT64:  return std::to_string(gguf_get_val_u64(g, key));
        case GGUF_TYPE_INT64:   return std::to_string(gguf_get_val_i64(g, key));
        case GGUF_TYPE_FLOAT32: { char s[32]; snprintf(s, sizeof(s), "%g", gguf_get_val_f32(g, key)); return s; }
        case GGUF_TYPE_FLOAT64: { char s[32]; snprintf(s, sizeof(s), "%g", gguf_get_val_f64(g, key)); return s; }
        case GGUF_TYPE_BOOL:    return gguf_get_val_bool(g, key) ? "true" : "false";
        case GGUF_TYPE_STRING:  return gguf_get_val_str(g, key);
        case GGUF_TYPE_ARRAY:   return "[" + std::to_string(gguf_get_arr_n(g, key)) + " items]";
        default:                return "";
    }
}

inspection inspect(const std::string & path) {
    const model_files files(path);
    const gguf_file & file = files.first();
    inspection        out;
    out.architecture = file.text("general.architecture");
    out.name         = file.text("general.name");
    out.license      = file.text("general.license");
    out.size_bytes   = files.size_bytes();

    std::map<std::string, int64_t> bytes_by_type;
    for (const gguf_file & part : files.all()) {
        for (int64_t i = 0; i < gguf_get_n_tensors(part.get()); ++i) {
            out.n_params += part.elements(i);
            bytes_by_type[ggml_type_name(gguf_get_tensor_type(part.get(), i))] += static_cast<int64_t>(gguf_get_tensor_size(part.get(), i));
        }
    }
    int64_t most = 0;
    for (const auto & [type, bytes] : bytes_by_type) {
        if (bytes > most) {
            most          = bytes;
            out.file_type = type;
        }
    }
    for (auto & c : out.file_type) {
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    for (int64_t i = 0; i < gguf_get_n_kv(file.get()); ++i) {
        out.metadata[gguf_get_key(file.get(), i)] = value_text(file.get(), i);
    }
    if (out.architecture == "kangaroo") {
        out.kind        = "adapter";
        out.adapter     = read_adapter_info(file);
        out.fingerprint = out.adapter.base_fingerprint;
    } else {
        out.kind        = files.find("token_embd.weight").file ? "model" : "other";
        out.fingerprint = files.fingerprint();
    }
    return out;
}

} // namespace kangaroo
