// Writing a GGUF file so that it appears whole or not at all.
#pragma once

#include "gguf.h"

#include <string>

namespace kangaroo {

// Beside the target first, then renamed over it; an older file stays as it was until then. Throws disk-full, file-not-readable.
void save_gguf(const std::string & path, const gguf_context * gguf);

} // namespace kangaroo
