// What a GGUF file is, without loading it: a model, in one file or several, or an adapter and the base it belongs to.
#pragma once

#include "gguf-file.h"

#include <cstdint>
#include <map>
#include <string>

namespace kangaroo {

struct inspection {
    std::string kind; // model, adapter or other
    std::string architecture, name, file_type, fingerprint, license;
    int64_t     size_bytes = 0, n_params = 0;
    std::map<std::string, std::string> metadata;
    adapter_info adapter; // where kind is adapter
};

// Throws the errors of gguf_file, adapter-invalid.
inspection inspect(const std::string & path);

} // namespace kangaroo
