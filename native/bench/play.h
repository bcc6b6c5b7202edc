// Plays the benchmark's conversations as `kangaroo bench` does (electron/cli/bench-play.ts): the modes take turns, and who is
// first changes with every repeat. All run on one session: what the automatic mode has learned stays from answer to answer.
#pragma once

#include "prompts.h"
#include "session.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bench {

using kangaroo::decoding_mode;

struct round { // of a round_report, what the summary needs
    int32_t drafted = 0, accepted = 0, copied = 0; // copied: of the drafts, those at the end
    bool    paused = false;
};

struct played { // one conversation in one mode
    std::vector<std::vector<llama_token>> answers;
    int64_t            timed_tokens = 0; // the first of each answer comes with the prompt and is left out
    double             ms = 0.0;
    std::vector<round> rounds;
    double             rounds_ms = 0.0, compute_ms = 0.0; // of all rounds; compute_ms is -1 where a device other than the CPU computes
};

// One conversation in every mode that is measured, in one repeat. Plain decoding always is: it is the baseline.
struct sample {
    std::string           category;
    int32_t               index = 0;
    played                plain;
    std::optional<played> kangaroo, automatic;
};

// A conversation that did not fit the context: not at all, or only its first turns.
struct shortage {
    std::string category;
    int32_t     index = 0;
    bool        skipped = false;
};

struct playing {
    kangaroo::session &          session;
    const kangaroo::model &      model;
    kangaroo::generation_options options; // greedy; the mode is set here
    std::vector<decoding_mode>   modes;   // plain first
    int32_t                      repeat = 3;
    // Where given, drafts are forced: the mean acceptance of a category. See simulation.h.
    std::function<double(const std::string & category)> forced;
    std::function<void(double fraction)>                progress;
};

struct played_benchmark {
    std::vector<sample>   samples;
    std::vector<shortage> shortages;
};

played_benchmark play(const std::vector<conversation> & conversations, const playing & p);

} // namespace bench
