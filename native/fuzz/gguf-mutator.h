// Changes a GGUF header where it means something: numbers, types, shapes, lengths and names, and keeps the tensors' offsets
// right most of the time, so that what is wrong lies deeper than the first check.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fuzzing {

// libFuzzer's custom mutator: the new size.
size_t mutate_gguf(uint8_t * data, size_t size, size_t max_size, unsigned seed);

} // namespace fuzzing
