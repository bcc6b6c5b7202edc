// The rounds of an answer: drafting, verifying, accepting; and what the policy makes of them.
#include "session-run.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace kangaroo {

round_report session::run::automatic_round(int32_t max_draft, policy & automatic) {
    round_report r;
    if (max_draft >= 1 && automatic.begin_round()) {
        r = kangaroo_round(max_draft, &automatic);
        automatic.end_round(r.rows - 1, r.accepted, first_discarded, r.draft_ms + r.verify_ms);
    } else {
        r = plain_step(true);
        automatic.end_plain(r.verify_ms);
    }
    r.paused           = automatic.paused();
    r.expected_speedup = automatic.speedup();
    result.stats.paused_rounds += r.paused;
    return r;
}

// kangaroo.md, "The algorithm (one round)". Row i of the round is the i-th pending token at position pos + i.
round_report session::run::kangaroo_round(int32_t max_draft, policy * automatic) {
    round_report r;
    r.mode = decoding_mode::kangaroo;
    const auto pos     = static_cast<llama_pos>(s.cache_.size());
    const bool sampled = options.sampled_draft && !target.greedy();
    std::vector<llama_token>  pending = {result.ids.back()};
    std::vector<distribution> q;            // of each draft, where drafts are sampled
    std::optional<sampler>    draft_chain;  // for those: its penalties also see the pending drafts
    if (sampled) {
        draft_chain.emplace(target);
    }
    llama_token discarded = -1; // the first draft that is not verified

    const double t0 = now_ms();
    for (;;) {
        const int32_t row = static_cast<int32_t>(pending.size()) - 1;
        bool more = row == 0 || (row < max_draft && (automatic || r.confidences.back() >= options.threshold));
        if (automatic && row > 0) {
            more = automatic->go_on(r.confidences.back()) && more;
        }
        if (!more) {
            const int32_t kept = automatic && !sampled ? automatic->keep() : row;
            r.discarded        = row - kept;
            discarded          = kept < row ? r.drafts[kept] : -1;
            r.drafts.resize(kept);
            r.confidences.resize(kept);
            pending.resize(kept + 1);
            if (kept == row) {
                const double t = now_ms();
                s.check(s.exit_->state(pending[row], pos + row, row));
                if (automatic) {
                    automatic->times.observe(automatic->times.state, now_ms() - t);
                }
            }
            break;
        }
        const double     t = now_ms();
        llama_exit_draft out;
        s.check(s.exit_->draft(pending[row], pos + row, row, out, sampled));
        if (sampled) {
            const auto & logits = s.exit_->draft_logits();
            const auto & ids    = s.adapter_->weights().draft_vocab;
            q.push_back(draft_chain->distribution_of(logits.data(), static_cast<int32_t>(logits.size()), ids.empty() ? nullptr : &ids));
            const float top = *std::max_element(logits.begin(), logits.end());
            const auto  id  = draw(q.back(), random);
            double      sum = 0.0;
            for (const float l : logits) {
                sum += std::exp(l - top);
            }
            const size_t at = ids.empty() ? id : std::find(ids.begin(), ids.end(), id) - ids.begin();
            out = {id, static_cast<float>(std::exp(logits[at] - top) / sum)};
            draft_chain->accept(id);
        } else if (s.forge_) {
            s.forge_(pos + row + 1, out);
        }
        if (automatic) {
            automatic->times.observe(automatic->times.draft, now_ms() - t);
        }
        pending.push_back(out.id);
        r.drafts.push_back(out.id);
        r.confidences.push_back(out.confidence);
    }
    const double t1 = now_ms();
    r.draft_ms      = t1 - t0;
    r.rows          = static_cast<int32_t>(pending.size());
    bool recomputed = false;
    s.check(s.exit_->verify(pending.data(), r.rows, pos, recomputed));
    llama_synchronize(s.ctx_.get());
    result.stats.recomputed_rounds += recomputed;
    result.stats.discarded += r.discarded;

    const auto n_drafts = static_cast<int32_t>(r.drafts.size());
    for (int32_t i = 0; i <= n_drafts && r.token < 0; ++i) {
        const llama_token draft = i < n_drafts ? r.drafts[i] : -1;
        verdict v{false, -1};
        if (target.greedy() || draft < 0) {
            const llama_token own = choose(i);
            v = {own == draft, own};
        } else {
            const auto & p = target.distribution_of(llama_get_logits_ith(s.ctx_.get(), i), n_vocab());
            v = sampled ? judge_sampled_draft(p, q[i], draft, random) : judge_greedy_draft(p, draft, random);
        }
        if (v.accepted && !s.model_->ends_generation(v.token)) {
            ++r.accepted;
            if (result.reason.empty()) { // a stop text or the token limit may have ended the answer inside the round
                emit(v.token, true, r.pieces);
            }
        } else {
            r.token = v.token;
            if (result.reason.empty()) {
                emit(v.token, false, r.pieces);
            }
        }
    }
    using unverified = kangaroo::policy::unverified;
    first_discarded = discarded < 0 || r.accepted < n_drafts ? unverified::unknown
                    : discarded == r.token                   ? unverified::right
                                                             : unverified::wrong;
    r.verify_ms = now_ms() - t1;
    if (automatic && r.rows <= static_cast<int32_t>(automatic->times.verify.size())) {
        automatic->times.observe(automatic->times.verify[r.rows - 1], r.verify_ms);
    }

    // the cache keeps what was emitted, but for the last token, whose K/V are not computed yet
    const size_t kept = r.pieces.size();
    s.cache_.insert(s.cache_.end(), pending.begin(), pending.begin() + kept);
    s.adapter_cached_ = s.cache_.size();
    s.trim(s.cache_.size());
    return r;
}

} // namespace kangaroo
