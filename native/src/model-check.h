// What a model file must fulfil before llama.cpp sees it: mistakes that it would answer with the end of the process, or not at
// all until it computes.
#pragma once

#include "gguf-file.h"

namespace kangaroo {

// A type that matrices may have: those that llama.cpp multiplies with.
bool is_matrix_type(ggml_type type);

// Throws file-damaged.
void check_model(const gguf_file & file);

} // namespace kangaroo
