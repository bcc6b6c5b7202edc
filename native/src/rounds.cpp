// The rounds of an answer: drafting, verifying, accepting; and what the policy makes of them.
#include "session-run.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace kangaroo {

lookup_offer session::run::offer_of(const prompt_lookup::match & match, int32_t most) const {
    return options.prompt_lookup && match.length > 0 ? lookup_offer{match.length, std::max(most, 0)} : lookup_offer{};
}

round_report session::run::automatic_round(int32_t max_draft, policy & automatic) {
    const auto match  = options.prompt_lookup ? s.lookup_.find() : prompt_lookup::match{};
    const auto choice = max_draft >= 1 ? automatic.begin_round(offer_of(match, max_draft)) : policy::choice{};

    if (adapter_kv) { // a debt of the steps before: no fault of this round. A probe is charged for it, but not for what had to be done anyway
        const bool   drafts = choice.what == policy::plan::draft;
        const double t0     = now_ms();
        s.exit_->ready_to_draft(drafts ? 0 : choice.copied + 1);
        if (drafts) {
            automatic.owe(now_ms() - t0);
        }
    }

    round_report r;
    switch (choice.what) {
        case policy::plan::draft: {
            r = kangaroo_round(max_draft, &automatic);
            const int32_t drafted = static_cast<int32_t>(r.drafts.size()) - r.copied;
            automatic.end_round(drafted, std::min(r.accepted, drafted), r.accepted + 1, first_discarded, r.draft_ms + r.verify_ms);
            break;
        }
        case policy::plan::copy:
            r = copy_round(match, choice.copied, automatic);
            automatic.end_copy(r.accepted + 1, r.verify_ms);
            break;
        case policy::plan::plain:
            r = plain_step();
            automatic.end_plain(r.verify_ms);
            break;
    }
    // What the text offered is judged by what came, whether it was used or not: that costs nothing and needs no probing.
    for (size_t i = 0; match.length > 0 && i < r.pieces.size(); ++i) {
        const bool right = s.lookup_.token(match, static_cast<int32_t>(i)) == r.pieces[i].id;
        automatic.copies.observe(confidence_of_match(match.length + static_cast<int32_t>(i)), right);
        if (!right) {
            break;
        }
    }
    for (const auto & p : r.pieces) {
        s.lookup_.push(p.id);
    }
    r.paused           = adapter_kv ? automatic.paused() : s.adapter_ != nullptr;
    r.expected_speedup = s.adapter_ ? automatic.speedup() : 0.0;
    result.stats.paused_rounds += r.paused;
    return r;
}

round_report session::run::copy_round(const prompt_lookup::match & match, int32_t n, policy & automatic) {
    round_report r;
    r.kind   = round_kind::lookup;
    r.copied = n;
    std::vector<llama_token> pending = {result.ids.back()};
    for (int32_t i = 0; i < n; ++i) {
        pending.push_back(s.lookup_.token(match, i));
        r.confidences.push_back(static_cast<float>(automatic.chance_of_copy(match.length + i)));
    }
    r.drafts.assign(pending.begin() + 1, pending.end());
    r.rows = n + 1;
    const double t0 = now_ms();
    s.check(s.exit_->verify_whole(pending.data(), r.rows, static_cast<llama_pos>(s.cache_.size()), adapter_kv));
    llama_synchronize(s.ctx_.get());
    judge(r, {});
    r.verify_ms = now_ms() - t0;
    automatic.times.observe(automatic.times.whole, r.rows, r.verify_ms);
    remember(pending, r.pieces.size());
    return r;
}

// kangaroo.md, "The algorithm (one round)". Row i of the round is the i-th pending token at position pos + i.
round_report session::run::kangaroo_round(int32_t max_draft, policy * automatic) {
    round_report r;
    r.kind = round_kind::kangaroo;
    const auto pos     = static_cast<llama_pos>(s.cache_.size());
    const bool sampled = options.sampled_draft && !target.greedy();
    std::vector<llama_token>  pending = {result.ids.back()};
    std::vector<distribution> q;            // of each draft, where drafts are drawn
    std::optional<sampler>    draft_chain;  // for those: its penalties also see the pending drafts
    if (sampled) {
        draft_chain.emplace(target);
    }
    llama_token discarded = -1; // the first draft that is not verified

    const double t0 = now_ms();
    for (;;) {
        const int32_t row = static_cast<int32_t>(pending.size()) - 1;
        bool          more = row == 0 || (row < max_draft && (automatic || r.confidences.back() >= options.threshold));
        policy::step  step;
        prompt_lookup::match match;
        if (automatic && row > 0) {
            match = options.prompt_lookup ? s.lookup_.find(r.drafts) : match;
            step  = automatic->go_on(r.confidences.back(), offer_of(match, max_draft - row));
            more  = step.draft && more;
        }
        if (!more) {
            for (int32_t i = 0; i < step.copied; ++i) {
                pending.push_back(s.lookup_.token(match, i, r.drafts));
                r.confidences.push_back(static_cast<float>(automatic->chance_of_copy(match.length + i)));
            }
            r.copied = step.copied;
            r.drafts.assign(pending.begin() + 1, pending.end());
            const int32_t kept = automatic && !sampled && r.copied == 0 ? automatic->keep() : row;
            r.discarded        = row - kept;
            discarded          = kept < row ? r.drafts[kept] : -1;
            if (kept < row) {
                r.drafts.resize(kept);
                r.confidences.resize(kept);
                pending.resize(kept + 1);
            } else {
                const double t = now_ms();
                s.check(s.exit_->states(pending.data() + row, r.copied + 1, pos + row, row));
                if (automatic) {
                    automatic->times.observe(automatic->times.states, r.copied + 1, now_ms() - t);
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
    judge(r, q);
    using unverified = kangaroo::policy::unverified;
    first_discarded  = discarded < 0 || r.accepted < static_cast<int32_t>(r.drafts.size()) ? unverified::unknown
                     : discarded == r.token                                               ? unverified::right
                                                                                          : unverified::wrong;
    r.verify_ms = now_ms() - t1;
    if (automatic) {
        automatic->times.observe(automatic->times.verify, r.rows, r.verify_ms);
    }
    remember(pending, r.pieces.size());
    return r;
}

void session::run::judge(round_report & r, const std::vector<distribution> & q) {
    const auto n_drafts = static_cast<int32_t>(r.drafts.size());
    for (int32_t i = 0; i <= n_drafts && r.token < 0; ++i) {
        const llama_token draft = i < n_drafts ? r.drafts[i] : -1;
        verdict v{false, -1};
        if (target.greedy() || draft < 0) {
            const llama_token own = choose(i);
            v = {own == draft, own};
        } else {
            const auto & p = target.distribution_of(llama_get_logits_ith(s.ctx_.get(), i), n_vocab());
            v = i < static_cast<int32_t>(q.size()) ? judge_sampled_draft(p, q[i], draft, random) : judge_greedy_draft(p, draft, random);
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
}

void session::run::remember(const std::vector<llama_token> & pending, size_t n) {
    // the last token that was emitted has no K/V yet: of n emitted ones the cache keeps the one before the round and n - 1
    s.cache_.insert(s.cache_.end(), pending.begin(), pending.begin() + n);
    if (adapter_kv) {
        s.adapter_cached_ = s.cache_.size();
    }
    if (n < pending.size()) {
        s.trim(s.cache_.size());
    }
}

} // namespace kangaroo
