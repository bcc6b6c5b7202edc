// What the benchmark's samples come to, per category and overall, as in electron/cli/bench-summary.ts. Nothing is left out
// because it looks bad.
#pragma once

#include "play.h"

#include <optional>
#include <string>
#include <vector>

namespace bench {

struct spread {
    double median, low, high; // quartiles
};

struct position_acceptance {
    int64_t drafted = 0, accepted = 0;
};

struct host_overhead { // what rounds took outside graph computation: batches, cells, masks, choosing tokens
    double share, ms_per_round;
};

struct summary {
    std::string category;
    int64_t prompts = 0, skipped = 0, shortened = 0;
    int64_t identical = 0; // conversations whose answers were the same in every mode, in every repeat
    std::optional<double> plain_tokens_per_second, kangaroo_tokens_per_second, auto_tokens_per_second;
    std::optional<spread> speedup, auto_speedup; // over conversations and repeats
    std::optional<double> tokens_per_round, acceptance_rate; // of the kangaroo mode
    std::vector<position_acceptance> by_position;            // the same
    std::optional<double> auto_paused_share;
    std::optional<position_acceptance> copies; // of the automatic mode: drafts that were copied from the conversation
    std::optional<host_overhead> plain_overhead, kangaroo_overhead, auto_overhead; // none where another device than the CPU computes
};

summary              summarize(const std::string & category, const played_benchmark & b); // of one category; "": of all
std::vector<summary> summarize_by_category(const played_benchmark & b);                   // in the order in which they first come

} // namespace bench
