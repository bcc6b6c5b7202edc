// The command line of kangaroo-bench.
#pragma once

#include "session.h"

#include <string>
#include <vector>

namespace bench {

enum class command { bench, simulate, shape, help };

struct options {
    command     what = command::help;
    std::string model, adapter, prompts;
    std::string shape, type = "Q4_0", folder = ".";
    int32_t     draft_vocab = 32768;
    std::vector<kangaroo::decoding_mode> modes = {kangaroo::decoding_mode::plain, kangaroo::decoding_mode::kangaroo, kangaroo::decoding_mode::automatic};
    int32_t     repeat = 3, limit = 0, per_category = 2, prompt_tokens = 64, gpu_layers = -1;
    double      measure_budget_ms = 120e3; // enough for every width of a 7B model on two cores
    bool        markdown = false;
    std::string output; // file for JSON lines
    kangaroo::session_options    session;
    kangaroo::generation_options generation;
};

extern const char * const USAGE;

// `arguments` without the program's name. Throws invalid-argument with what is wrong.
options parse_options(const std::vector<std::string> & arguments);

} // namespace bench
