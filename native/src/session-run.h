// One answer in the making: shared by session.cpp, which begins and ends it, and rounds.cpp, which makes it.
#pragma once

#include "error.h"
#include "session.h"
#include "text.h"
#include "timing.h"

#include <algorithm>

namespace kangaroo {

// Held while this session computes. Throws `cancelled` when it is cancelled before its turn comes.
struct session::turn {
    turns & all;

    explicit turn(session & s) : all(s.model_->sessions()) {
        if (!all.enter(s.cancelled_)) {
            throw error("cancelled", "The answer was stopped.");
        }
    }
    ~turn() { all.leave(); }
    turn(const turn &)             = delete;
    turn & operator=(const turn &) = delete;
};

// One generate(): what it has emitted so far and how it ends.
struct session::run {
    session &                  s;
    const generation_options & options;
    sampler                    target;
    random_source              random;
    text_stream                stream;
    generation_result          result;
    std::vector<double>        plain_ms; // of each plain step
    policy::unverified         first_discarded = policy::unverified::unknown; // of the last round
    bool                       adapter_kv = false; // the adapter's K/V of every token is kept, so that it can draft

    run(session & s, const generation_options & options)
        : s(s), options(options), target(options.sampling, s.model_->info().n_vocab), random(options.sampling.seed), stream(options.stop) {}

    int32_t n_vocab() const { return s.model_->info().n_vocab; }

    // The target's token after row i of the last pass; -1: after a prompt.
    llama_token choose(int32_t i) {
        if (i >= 0 && target.takes_largest()) {
            return s.exit_->choice(i);
        }
        const float * logits = llama_get_logits_ith(s.ctx_.get(), i);
        return target.greedy() ? target.argmax(logits, n_vocab()) : draw(target.distribution_of(logits, n_vocab()), random);
    }

    // Adds a token to the answer; afterwards `result.reason` tells whether it was the last one.
    void emit(llama_token id, bool drafted, std::vector<piece> & pieces) {
        target.accept(id);
        result.ids.push_back(id);
        if (s.model_->ends_generation(id)) {
            result.reason = "end-of-turn";
            pieces.push_back({id, "", drafted});
        } else {
            pieces.push_back({id, stream.feed(s.model_->piece(id, false)), drafted});
            if (stream.stopped()) {
                result.reason = "stop-text";
            } else if (static_cast<int32_t>(result.ids.size()) >= options.max_tokens) {
                result.reason = "max-tokens";
            } else if (s.cancelled_) {
                result.reason = "cancelled";
            }
        }
    }

    // Before a report goes out: if it is the last one, it takes what the text stream still holds.
    void finish(std::vector<piece> & pieces) {
        if (result.reason.empty() && s.cache_.size() >= static_cast<size_t>(s.context_size())) {
            if (options.context_shift && s.shift_context(options.keep_tokens)) {
                ++result.stats.context_shifts;
            } else {
                result.reason = "context-full";
            }
        }
        if (!result.reason.empty() && !pieces.empty()) {
            pieces.back().text += stream.flush();
        }
        for (const auto & p : pieces) {
            result.text += p.text;
        }
    }

    // Plain steps after an answer that had too few of its own: a baseline of the same moment, also for the policy. Nothing else
    // of them stays. Only where a step is short: the answer is there, and its reader must not wait for a measurement.
    void time_plain_steps(double typical_ms, policy * automatic) {
        constexpr double SHORT_MS = 20.0;
        const auto       pos      = static_cast<llama_pos>(s.cache_.size());
        if (typical_ms > SHORT_MS || pos >= s.context_size() || result.ids.empty() || !s.exit_->can_roll_back()) {
            return;
        }
        const llama_token x = result.ids.back();
        plain_ms.clear();
        for (size_t i = 0; i <= MIN_PLAIN_STEPS && !s.cancelled_; ++i) {
            const double t0 = now_ms();
            if (s.exit_->verify_whole(&x, 1, pos, adapter_kv) != 0) {
                break;
            }
            llama_synchronize(s.ctx_.get());
            if (i > 0) { // the first one may build its graph
                plain_ms.push_back(now_ms() - t0);
                if (automatic) {
                    automatic->time_plain(plain_ms.back());
                }
            }
            s.exit_->keep(pos);
        }
        s.trim(s.cache_.size());
    }

    // The mean plain step, none of them counting for more than three times their median: one that was held up decides nothing.
    double mean_plain_ms() const {
        const double limit = 3.0 * quantile(plain_ms, 0.5);
        double       sum   = 0.0;
        for (const double ms : plain_ms) {
            sum += std::min(ms, limit);
        }
        return sum / static_cast<double>(plain_ms.size());
    }

    round_report plain_step() {
        round_report r;
        const double t0 = now_ms();
        s.check(s.exit_->verify_whole(&result.ids.back(), 1, static_cast<llama_pos>(s.cache_.size()), adapter_kv));
        r.rows = 1;
        judge(r, {});
        r.verify_ms = now_ms() - t0;
        plain_ms.push_back(r.verify_ms);
        remember({result.ids.end()[-2]}, 1);
        return r;
    }

    // A round of the automatic mode: the policy decides how far to draft, what to copy and what to verify.
    round_report automatic_round(int32_t max_draft, policy & automatic);
    // Without a policy, threshold and max_draft decide.
    round_report kangaroo_round(int32_t max_draft, policy * automatic);
    // Verifies n tokens of a match in a pass of the whole network.
    round_report copy_round(const prompt_lookup::match & match, int32_t n, policy & automatic);

    // Takes the target's verdict on each draft after a pass over all rows. `q` is the distribution that a draft was drawn from;
    // empty, or shorter than the drafts, where they were not drawn.
    void judge(round_report & r, const std::vector<distribution> & q);
    // The cache now holds these tokens, of which the first n were emitted; the others are rolled back.
    void remember(const std::vector<llama_token> & pending, size_t n);
    void count(const round_report & r, double compute_ms) {
        generation_stats & stats = result.stats;
        const int32_t      adapters = static_cast<int32_t>(r.drafts.size()) - r.copied;
        stats.rounds += 1;
        stats.round_tokens += r.accepted + 1;
        stats.drafted += static_cast<int64_t>(r.drafts.size());
        stats.accepted += r.accepted;
        stats.copied += r.copied;
        stats.copied_accepted += std::max(0, r.accepted - adapters);
        stats.rounds_ms += r.draft_ms + r.verify_ms;
        stats.compute_ms += compute_ms;
    }
    lookup_offer offer_of(const prompt_lookup::match & match, int32_t most) const;
};

} // namespace kangaroo
