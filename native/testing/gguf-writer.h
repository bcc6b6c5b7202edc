// Writes a GGUF file whose tensors are random, row by row: files far larger than memory can be made.
#pragma once

#include "gguf.h"

#include <cstdint>
#include <string>
#include <vector>

namespace testing {

struct tensor_plan {
    std::string name;
    ggml_type   type = GGML_TYPE_F32; // F32, F16, Q8_0, Q4_0; I32 where `given`
    int64_t     ne[GGML_MAX_DIMS] = {1, 1, 1, 1};
    float       mean = 0.0f;          // of F32 and F16; quantised tensors have mean 0
    float       deviation = 1.0f;     // of uniformly distributed values
    bool        last_row_zero = false;
    std::vector<uint8_t> given;       // the data itself, instead of random values
};

// `header` holds the keys and gets the tensors. A tensor's values depend on the seed and its name only. Throws std::runtime_error.
void write_random_tensors(const std::string & path, gguf_context * header, const std::vector<tensor_plan> & plans, uint64_t seed);

} // namespace testing
