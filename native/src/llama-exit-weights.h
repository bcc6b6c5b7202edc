// A buffer type for matrices that row-kernels.h multiplies by: eight outputs side by side in chunks of eight columns, so that a block
// is brought into registers as it is. llama.cpp's loader asks for it in front of ggml's own types. What lies in it has the size
// that it has in a file, and nothing of ggml's can read it: every graph must go through use_row_kernels().
#pragma once

#include "ggml-backend.h"

#include <cstddef>
#include <cstdint>

// From now on packed_weights() is one of this device.
void install_packed_weights(ggml_backend_dev_t cpu);

// Null before that.
ggml_backend_buffer_type_t packed_weights();

// Whether weights [ne0, ne1] of that type may lie there, if nothing but products use them. ne: of four dimensions.
bool can_be_packed(ggml_type type, const int64_t * ne);

// Of a mapped file, after what is in it was copied: it counts as this process's memory no more. Whoever reads it again gets it from the file.
void release_mapped(const void * data, size_t size);
