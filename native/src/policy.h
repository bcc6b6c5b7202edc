// When to draft, and how far: the token that pays for itself is drafted, the others are not. Pure arithmetic.
//
// A round that verifies n rows yields 1 + A_1 + … + A_(n-1) tokens, A_k = p_1 · … · p_k being the chance that the first k
// drafts are all accepted. At the best rate R* (tokens per millisecond) no choice is worth more than its time costs, so every
// choice is judged by  value = tokens − R* · milliseconds:  the optimal stopping rule of renewal-reward theory. SpecDec++
// (arXiv 2405.19715) shows that thresholding the cumulative acceptance is optimal; the costs V(n) are measured, because they
// are neither smooth nor monotone.
#pragma once

#include "sampling.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace kangaroo {

// Milliseconds of each kind of pass, kept current by clipped moving averages. What makes one kind of pass slower than it was,
// another program or a cooler clock, makes them all slower: a part of each surprise is shared.
struct pass_times {
    double              plain = 0.0; // the whole network, one row
    double              draft = 0.0; // early layers, adapter, head
    double              state = 0.0; // early layers only
    std::vector<double> verify;      // late layers, [0] = 1 row; 0 = not measured yet

    void   observe(double & which, double ms); // `which` is one of the times of this object
    double verify_of(int32_t rows) const; // interpolated from its neighbours where it was not measured
};

// Acceptance probability of a draft of a given confidence: a monotone map, learned online from the drafts that were judged.
class calibration {
public:
    calibration();
    void   observe(double confidence, bool accepted);
    double operator()(double confidence) const;
    double mean() const { return mean_; } // of the next draft, before it is drafted

private:
    static constexpr int32_t BINS = 20;
    void fit(); // pool adjacent violators

    std::array<double, BINS> accepted_{}, judged_{}, fitted_{};
    double                   mean_ = 0.6;
};

class policy {
public:
    explicit policy(int32_t max_draft) : max_draft_(max_draft) {}

    pass_times  times;
    calibration accepts;

    // A new answer: what was learned stays, but weighs less, for the text is another one.
    void begin_answer(int32_t max_draft);

    // Whether this round drafts. While paused only short probes do.
    bool begin_round();
    // After a draft of this confidence: whether to draft one more.
    bool go_on(double confidence);
    // How many of the drafts are worth verifying, 0 … drafted. Only for drafts that do not depend on chance: whether a drawn
    // draft is verified must not depend on what was drawn, or the answer's distribution would change.
    int32_t keep() const;
    // What came out: how many drafts were verified, how many of them accepted, and the time of the whole round. A draft that
    // was not worth verifying is judged all the same where the target's own token took its place: it was right or not. That
    // keeps the calibration learning when it would rather not look.
    enum class unverified { unknown, wrong, right };
    void end_round(int32_t verified, int32_t accepted, unverified first_discarded, double ms);
    void end_plain(double ms);

    // For tests of losslessness: from now on every decision is a toss of a coin.
    void toss(uint64_t seed) { coin_.emplace(seed); }

    bool paused() const { return paused_; }
    // Tokens per millisecond of drafting rounds over plain decoding's, as lately observed (before that, as expected).
    double speedup() const;

private:
    double rate() const; // R*
    double plan_value(int32_t drafted) const;
    double best_value(int32_t * kept) const;
    double expected_rate() const;
    void   earn(double ms);

    int32_t             max_draft_;
    std::vector<double> confidences_;
    std::vector<double> reach_; // A_1 … A_k
    struct window { // drafting rounds, the older the lighter
        double weight; // of a new round
        double tokens = 0.0, ms = 0.0, rounds = 0.0;

        void   add(double new_tokens, double new_ms);
        void   forget_to(double most_rounds); // gives what was observed at most so much weight
        double rate() const { return ms > 0.0 ? tokens / ms : 0.0; }
    };
    window              long_{1.0 / 48.0}, short_{1.0 / 10.0};
    bool                paused_ = false;
    int32_t             probe_left_ = 0;
    bool                warm_       = false; // the last round was plain: the first one after drafting is slower, its graph is cold
    double              credit_ms_  = 0.0; // what probing may cost now: a small share of all time, saved up to a few rounds' worth
    mutable std::optional<random_source> coin_;
    int32_t             rounds_since_plain_ = 0; // drafting rounds since plain decoding was last timed
};

} // namespace kangaroo
