// The architectures of the test matrix, each as a tiny model with random weights: what makes it special, in keys.
#pragma once

#include "random-model.h"

#include <string>
#include <vector>

namespace test {

struct architecture {
    std::string           label; // unique; the architecture and what is special about this variant
    std::string           notes; // for the table in docs/architectures.md; of a refused one: a part of the reason
    testing::random_model model;
    testing::random_adapter adapter;
};

// A window that prompts and answers of the tests cross several times.
constexpr uint32_t SLIDING_WINDOW = 32;

std::vector<architecture> drafting_architectures(); // must draft
std::vector<architecture> refused_architectures();  // must decode plainly, and refuse an adapter with a reason

} // namespace test
