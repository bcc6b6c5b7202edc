// When to draft, and how far: the token that pays for itself is drafted, the others are not. Pure arithmetic.
//
// A round that verifies n rows yields 1 + A_1 + … + A_(n-1) tokens, A_k = p_1 · … · p_k being the chance that the first k
// drafts are all accepted. At the best rate R* (tokens per millisecond) no choice is worth more than its time costs, so every
// choice is judged by  value = tokens − R* · milliseconds:  the optimal stopping rule of renewal-reward theory. SpecDec++
// (arXiv 2405.19715) shows that thresholding the cumulative acceptance is optimal; the costs V(n) are measured, because they
// are neither smooth nor monotone.
//
// Drafts come from two sources: the adapter (a draft step each) and the text itself (prompt-lookup.h, for nothing). A round takes
// either, or the adapter's first and the text's behind them, or none: whatever is worth most.
#pragma once

#include "calibration.h"
#include "sampling.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace kangaroo {

// Milliseconds of each kind of pass, kept current by clipped moving averages. What makes one kind of pass slower than it was,
// another program or a cooler clock, makes them all slower: a part of each surprise is shared.
struct pass_times {
    static constexpr double OWN_WEIGHT = 0.02; // of a surprise, in the time of its own pass

    double              plain = 0.0; // the whole network, one row
    double              draft = 0.0; // early layers, adapter, head
    std::vector<double> states;      // early layers only, [0] = 1 row; 0 = not measured yet, here and below
    std::vector<double> verify;      // late layers
    std::vector<double> whole;       // the whole network; [0] is not used: see plain
    int32_t             depth = 0;   // tokens in the context there; 0: times do not depend on it
    double              held_up = 0.0; // what passes of this round took beyond twice the expected: another program's

    // At another depth a plain step takes `new_plain`: attention's share, which grows with the context, is each row's own.
    void   move_to(int32_t new_depth, double new_plain);
    void   observe(double & which, double ms, double own_weight = OWN_WEIGHT); // `which` is one of the times of this object
    void   observe(std::vector<double> & which, int32_t rows, double ms);
    double states_of(int32_t rows) const; // what was not measured is interpolated from its neighbours
    double verify_of(int32_t rows) const;
    double whole_of(int32_t rows) const;
};

// What the text offers as drafts: see prompt_lookup::match.
struct lookup_offer {
    int32_t length = 0;    // of the match; 0: nothing
    int32_t available = 0; // tokens that may be taken
};

class policy {
public:
    explicit policy(int32_t max_draft) : max_draft_(max_draft) {}

    pass_times  times;
    calibration accepts; // the adapter's drafts
    calibration copies;  // drafts that were looked up, by the length of their match

    // A new answer behind `depth` tokens: what was learned stays, but weighs less, for the text is another one. Without an adapter
    // drafts can only be looked up. Far from the depth where passes were timed it begins with a few plain steps, which tell the
    // difference and cost nothing.
    void begin_answer(int32_t max_draft, bool adapter, int32_t depth);

    // No draft of the adapter can pay on this machine at present, not even if nearly all of them were accepted: verification
    // costs too much. To be asked before begin_answer(), for the adapter needs to know nothing of such an answer.
    bool hopeless(int32_t max_draft) const;

    // What this round does: decodes plainly, verifies `copied` tokens of the offer in a whole pass, or drafts.
    enum class plan { plain, copy, draft };
    struct choice {
        plan    what   = plan::plain;
        int32_t copied = 0;
    };
    choice begin_round(const lookup_offer & offer);

    // After a draft of this confidence: whether to draft one more or to verify, after `copied` tokens of the offer, which is
    // for the text with this draft.
    struct step {
        bool    draft  = false;
        int32_t copied = 0;
    };
    step go_on(double confidence, const lookup_offer & offer);
    // Where nothing was copied: how many of the drafts are worth verifying, 0 … drafted. Only for drafts that do not depend on
    // chance: whether a drawn draft is verified must not depend on what was drawn, or the answer's distribution would change.
    int32_t keep() const;

    // What came out of the adapter's drafts: how many were verified, how many of them accepted, how many tokens the round gave,
    // and its time. A draft that was not worth verifying is judged all the same where the target's own token took its place:
    // it was right or not. That keeps the calibration learning when it would rather not look.
    enum class unverified { unknown, wrong, right };
    void end_round(int32_t verified, int32_t accepted, int32_t tokens, unverified first_discarded, double ms);
    void end_copy(int32_t tokens, double ms);
    void owe(double ms); // before a round that drafts: what it took to be ready for it
    void end_plain(double ms);
    void time_plain(double ms); // a plain step behind an answer, timed to compare with: none inside is needed for a while

    // For tests of losslessness: from now on every decision is a toss of a coin.
    void toss(uint64_t seed) { coin_.emplace(seed); }

    // The adapter's drafting does not pay at present.
    bool paused() const { return paused_; }
    // Tokens per millisecond of the adapter's drafting rounds over plain decoding's, as lately observed (before that, as
    // expected).
    double speedup() const;
    double chance_of_copy(int32_t length) const { return copies(confidence_of_match(length)); }

private:
    double rate() const; // R*
    double plan_value(int32_t drafted) const;
    double best_value(int32_t * kept) const;
    double copy_value(const lookup_offer & offer, int32_t * copied) const;
    double expected_rate(double acceptance, int32_t max_draft) const;
    void   earn(double ms);
    void   settle(double ms);
    int32_t random_up_to(int32_t most) const;

    int32_t             max_draft_;
    bool                adapter_ = true;
    std::vector<double> confidences_;
    std::vector<double> reach_; // A_1 … A_k
    // Rounds, the older the lighter. Their cost is in plain steps of their moment: what slows the machine down makes no difference.
    struct window {
        double weight; // of a new round
        double tokens = 0.0, cost = 0.0, rounds = 0.0;

        void   add(double new_tokens, double new_cost);
        void   forget_to(double most_rounds); // gives what was observed at most so much weight
        double rate() const { return cost > 0.0 ? tokens / cost : 0.0; }
    };
    window              long_{1.0 / 48.0}, short_{1.0 / 10.0}; // rounds in which the adapter drafted
    window              all_{1.0 / 48.0};
    window              beginnings_{1.0 / 512.0}; // the first rounds of answers, in which the adapter drafted; with what the cold one costs
    bool                paused_ = false, settled_ = false; // settled: whether drafting pays has been found out, or is remembered
    int32_t             probe_left_ = 0;
    int32_t             rounds_     = 0; // of this answer
    enum class pass { prompt, drafts, plain };
    pass                last_       = pass::prompt; // a plain step that follows another pass is slower, its graph is cold
    bool                cold_draft_ = false;        // so is a round that drafts behind one
    double              cold_       = 0.0;          // behind drafts: by how much, as a share of one behind a plain step
    double              credit_ms_  = 0.0; // what probing may cost now: a small share of all time, saved up to a few rounds' worth
    mutable std::optional<random_source> coin_;
    int32_t             depth_ = 0, settling_ = 0; // where the answer began, and plain steps until its depth is known
    double              settling_ms_ = 0.0;        // the fastest of them
    int32_t             rounds_since_plain_ = 0; // rounds since plain decoding was last timed
};

} // namespace kangaroo
