// The benchmark's result for people and for programs, in the form of `kangaroo bench` (electron/cli/bench-report.ts).
#pragma once

#include "summary.h"

#include <string>
#include <vector>

namespace bench {

struct result {
    std::string date, cpu, model, file_type, adapter;
    std::vector<std::string> devices;
    int32_t cores = 0, threads = 0, n_layer = 0, exit_layer = 0, draft_vocab = 0, context_size = 0, repeat = 0;
    int64_t n_params = 0;
    bool    simulated = false; // acceptance was forced: said in every heading
    kangaroo::generation_options options;
    std::vector<decoding_mode>   modes;
    std::vector<summary>         categories;
    summary                      overall;
    kangaroo::pass_costs         costs;
};

enum class style { aligned, markdown };

std::string format_report(const result & r, style how);

// Lines of {"type": "category", …}, {"type": "overall", …}, {"type": "costs", …} with the keys of `kangaroo bench --json`.
std::string json_lines(const result & r);

const char * mode_name(decoding_mode mode);

} // namespace bench
