// Models of real shapes with random weights, and adapters for them: what a pass costs depends on the shape, not on the values.
#pragma once

#include "random-model.h"

#include <string>
#include <vector>

namespace bench {

struct shape {
    std::string             name; // of the model whose shape it is
    testing::random_model   model;
    testing::random_adapter adapter;
};

// Llama-3.2-1B, Qwen3-4B, Llama-3.1-8B, from their published configurations; and Tiny, for tests.
std::vector<shape> shapes();

struct shape_files {
    std::string model, adapter; // paths
};

// Writes <name>-<type>.gguf and <name>-adapter.gguf into a folder, row by row; files that are there already stay. `type`: F16,
// Q8_0, Q4_0. `draft_vocab`: rows of the draft head; 0, or as many as there are tokens: the whole vocabulary. Throws invalid-argument, disk-full.
shape_files write_shape(const std::string & name, const std::string & type, int32_t draft_vocab, const std::string & folder);

} // namespace bench
