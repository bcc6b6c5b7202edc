#include "sampling.h"

#include "largest.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace kangaroo {

sampler::sampler(const sampling_options & options, int32_t n_vocab) : options_(options) {
    if (options.repetition_penalty != 1.0f && options.repetition_window > 0) {
        penalties_.reset(llama_sampler_init_penalties(n_vocab, options.repetition_window, options.repetition_penalty, 0.0f, 0.0f));
    }
    if (greedy()) {
        return;
    }
    chain_.reset(llama_sampler_chain_init(llama_sampler_chain_default_params()));
    if (options.top_k > 0) {
        llama_sampler_chain_add(chain_.get(), llama_sampler_init_top_k(options.top_k));
    }
    if (options.top_p < 1.0f) {
        llama_sampler_chain_add(chain_.get(), llama_sampler_init_top_p(options.top_p, 1));
    }
    if (options.min_p > 0.0f) {
        llama_sampler_chain_add(chain_.get(), llama_sampler_init_min_p(options.min_p, 1));
    }
    llama_sampler_chain_add(chain_.get(), llama_sampler_init_temp(options.temperature));
}

sampler::sampler(const sampler & other)
    : options_(other.options_),
      penalties_(other.penalties_ ? llama_sampler_clone(other.penalties_.get()) : nullptr),
      chain_(other.chain_ ? llama_sampler_clone(other.chain_.get()) : nullptr),
      recent_(other.recent_) {}

// The logits that the penalties change, changed: those of the recent tokens. llama.cpp's sampler looks every candidate up in
// its table, which for a whole vocabulary costs more than a small model's pass; the others it leaves as they are.
const distribution & sampler::penalised(const float * logits) {
    touched_.clear();
    std::vector<llama_token> seen = recent_;
    std::sort(seen.begin(), seen.end());
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    for (const llama_token id : seen) {
        touched_.push_back({id, logits[id], 0.0f});
    }
    llama_token_data_array array = {touched_.data(), touched_.size(), -1, false};
    if (!touched_.empty()) {
        llama_sampler_apply(penalties_.get(), &array);
    }
    return touched_;
}

void sampler::penalise(std::vector<float> & logits) {
    if (!penalties_) {
        return;
    }
    for (const auto & t : penalised(logits.data())) {
        logits[t.id] = t.logit;
    }
}

void sampler::fill(const float * logits, int32_t n, const std::vector<llama_token> * ids) {
    work_.resize(n);
    for (int32_t i = 0; i < n; ++i) {
        work_[i] = {ids ? (*ids)[i] : i, logits[i], 0.0f};
    }
    if (penalties_ && !ids) {
        for (const auto & t : penalised(logits)) {
            work_[t.id].logit = t.logit;
        }
    } else if (penalties_) {
        llama_token_data_array array = {work_.data(), work_.size(), -1, false};
        llama_sampler_apply(penalties_.get(), &array);
    }
}

llama_token sampler::argmax(const float * logits, int32_t n, const std::vector<llama_token> * ids) {
    if (!penalties_) {
        const int32_t at = largest_at(logits, n);
        return ids ? (*ids)[at] : at;
    }
    if (ids) {
        fill(logits, n, ids);
        return std::max_element(work_.begin(), work_.end(), [](const auto & a, const auto & b) { return a.logit < b.logit; })->id;
    }
    const auto & touched = penalised(logits); // in the order of ids: between them, logits are as they were
    llama_token  best = -1;
    float        most = -INFINITY;
    const auto   consider = [&](llama_token id, float logit) {
        if (logit > most || best < 0) {
            best = id;
            most = logit;
        }
    };
    int32_t next = 0;
    for (const auto & t : touched) {
        if (next < t.id) {
            const int32_t id = next + largest_at(logits + next, t.id - next);
            consider(id, logits[id]);
        }
        consider(t.id, t.logit);
        next = t.id + 1;
    }
    if (next < n) {
        const int32_t id = next + largest_at(logits + next, n - next);
        consider(id, logits[id]);
    }
    return best;
}

const distribution & sampler::distribution_of(const float * logits, int32_t n, const std::vector<llama_token> * ids) {
    fill(logits, n, ids);
    llama_token_data_array array = {work_.data(), work_.size(), -1, false};
    llama_sampler_apply(chain_.get(), &array);
    work_.resize(array.size);
    float most = -INFINITY;
    for (const auto & t : work_) {
        most = std::max(most, t.logit);
    }
    double sum = 0.0;
    for (auto & t : work_) {
        t.p = std::exp(t.logit - most);
        sum += t.p;
    }
    for (auto & t : work_) {
        t.p = static_cast<float>(t.p / sum);
    }
    return work_;
}

void sampler::accept(llama_token token) {
    if (!penalties_) {
        return;
    }
    llama_sampler_accept(penalties_.get(), token);
    recent_.push_back(token);
    if (recent_.size() > static_cast<size_t>(options_.repetition_window)) {
        recent_.erase(recent_.begin());
    }
}

void sampler::accept_last(const std::vector<llama_token> & text) {
    for (size_t i = text.size() - std::min<size_t>(text.size(), options_.repetition_window); i < text.size(); ++i) {
        accept(text[i]);
    }
}

double probability_of(const distribution & p, llama_token token) {
    for (const auto & t : p) {
        if (t.id == token) {
            return t.p;
        }
    }
    return 0.0;
}

// Draws in proportion to weight(i) >= 0; the last token with a weight takes what rounding leaves over.
template <typename weight_fn> static llama_token draw_by(const distribution & p, random_source & random, weight_fn weight) {
    double sum = 0.0;
    for (const auto & t : p) {
        sum += weight(t);
    }
    double      left = random.uniform() * sum;
    llama_token last = -1;
    for (const auto & t : p) {
        const double w = weight(t);
        if (w <= 0.0) {
            continue;
        }
        last = t.id;
        left -= w;
        if (left < 0.0) {
            break;
        }
    }
    return last;
}

llama_token draw(const distribution & p, random_source & random) {
    return draw_by(p, random, [](const llama_token_data & t) { return static_cast<double>(t.p); });
}

verdict judge_greedy_draft(const distribution & p, llama_token draft, random_source & random) {
    if (random.uniform() < probability_of(p, draft)) {
        return {true, draft};
    }
    const llama_token own = draw_by(p, random, [draft](const llama_token_data & t) { return t.id == draft ? 0.0 : static_cast<double>(t.p); });
    return own < 0 ? verdict{true, draft} : verdict{false, own}; // p(d) = 1 up to rounding
}

verdict judge_sampled_draft(const distribution & p, const distribution & q, llama_token draft, random_source & random) {
    const double pd = probability_of(p, draft);
    const double qd = probability_of(q, draft);
    if (random.uniform() * qd < pd) {
        return {true, draft};
    }
    std::unordered_map<llama_token, double> of_q;
    of_q.reserve(q.size());
    for (const auto & t : q) {
        of_q[t.id] = t.p;
    }
    const llama_token own = draw_by(p, random, [&](const llama_token_data & t) {
        const auto at = of_q.find(t.id);
        return std::max(0.0, static_cast<double>(t.p) - (at == of_q.end() ? 0.0 : at->second));
    });
    return own < 0 ? verdict{true, draft} : verdict{false, own}; // p = q up to rounding
}

} // namespace kangaroo
