// One answer in the making: shared by session.cpp, which begins and ends it, and rounds.cpp, which makes it.
#pragma once

#include "session.h"
#include "text.h"
#include "timing.h"

#include <algorithm>

namespace kangaroo {

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

    run(session & s, const generation_options & options)
        : s(s), options(options), target(options.sampling, s.model_->info().n_vocab), random(options.sampling.seed), stream(options.stop) {}

    int32_t n_vocab() const { return s.model_->info().n_vocab; }

    // The target's token after row i of the last pass.
    llama_token choose(int32_t i) {
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
            result.reason = "context-full";
        }
        if (!result.reason.empty() && !pieces.empty()) {
            pieces.back().text += stream.flush();
        }
        for (const auto & p : pieces) {
            result.text += p.text;
        }
    }

    // Plain steps after an answer that had too few of its own: a baseline of the same moment. Nothing of them stays. Only where
    // a step is short: the answer is there, and its reader must not wait for a measurement.
    void time_plain_steps(double typical_ms) {
        constexpr double SHORT_MS = 20.0;
        const auto       pos      = static_cast<llama_pos>(s.cache_.size());
        if (typical_ms > SHORT_MS || pos >= s.context_size() || result.ids.empty()) {
            return;
        }
        const llama_token x = result.ids.back();
        plain_ms.clear();
        for (size_t i = 0; i <= MIN_PLAIN_STEPS && !s.cancelled_; ++i) {
            const double t0 = now_ms();
            if (s.exit_->decode(&x, 1, pos, true, true) != 0) {
                break;
            }
            llama_synchronize(s.ctx_.get());
            if (i > 0) { // the first one may build its graph
                plain_ms.push_back(now_ms() - t0);
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

    round_report plain_step(bool adapter_kv) {
        round_report  r;
        const auto    x   = result.ids.back();
        const auto    pos = static_cast<llama_pos>(s.cache_.size());
        const double  t0  = now_ms();
        s.check(s.exit_->decode(&x, 1, pos, adapter_kv, true));
        s.cache_.push_back(x);
        if (adapter_kv) {
            s.adapter_cached_ = s.cache_.size();
        }
        r.token     = choose(0);
        r.verify_ms = now_ms() - t0;
        r.rows      = 1;
        plain_ms.push_back(r.verify_ms);
        emit(r.token, false, r.pieces);
        return r;
    }

    // With a policy it decides how far to draft and what to verify; without one, threshold and max_draft do.
    round_report kangaroo_round(int32_t max_draft, policy * automatic);
    round_report automatic_round(int32_t max_draft, policy & automatic);
};

} // namespace kangaroo
