#include "simulation.h"

#include "error.h"
#include "sampling.h"

#include <cmath>

namespace bench {

const std::vector<paper_category> & paper_categories() {
    static const std::vector<paper_category> all = {
        {"translation", 1.41, 1.24}, {"qa", 1.87, 1.43}, {"summarization", 1.87, 1.50},
        {"math_reasoning", 2.14, 1.61}, {"rag", 2.05, 1.52}, {"mt-bench", 2.22, 1.68},
    };
    return all;
}

double expected_tokens_per_round(double m) {
    const double above = m * (1.0 - std::pow(PAPER_THRESHOLD, 1.0 / (1.0 - m))); // α + 1 = 1 / (1 − m)
    return 1.0 + m * (1.0 - std::pow(above, PAPER_MAX_DRAFT)) / (1.0 - above);
}

double mean_acceptance_of(double tokens_per_round) {
    double low = 0.0, high = 1.0 - 1e-9;
    if (!(tokens_per_round > 1.0 && tokens_per_round < 1.0 + PAPER_MAX_DRAFT)) {
        throw kangaroo::error("invalid-argument", "Tokens per round must lie between 1 and " + std::to_string(1 + PAPER_MAX_DRAFT) + ".");
    }
    for (int i = 0; i < 60; ++i) { // it grows with m
        const double middle = (low + high) / 2.0;
        (expected_tokens_per_round(middle) < tokens_per_round ? low : high) = middle;
    }
    return low;
}

forced_acceptance::draft forced_acceptance::at(int32_t index) const {
    kangaroo::random_source random(seed_ ^ (0x9E3779B97F4A7C15u * (static_cast<uint64_t>(index) + 1)));
    const double p = std::pow(random.uniform(), (1.0 - mean_) / mean_); // Beta(α, 1) by inversion: u^(1/α)
    return {static_cast<float>(p), random.uniform() < p};
}

kangaroo::session::forgery forced_acceptance::forgery(std::vector<llama_token> answer, size_t prompt_size, int32_t n_vocab) const {
    return [self = *this, answer = std::move(answer), prompt_size, n_vocab](int32_t index, llama_exit_draft & out) {
        const auto   d  = self.at(index);
        const size_t at = static_cast<size_t>(index) - prompt_size;
        const llama_token own = at < answer.size() ? answer[at] : 0;
        out.id         = d.right && at < answer.size() ? own : (own + 1) % n_vocab;
        out.confidence = d.confidence;
    };
}

std::vector<conversation> simulated_conversations(int32_t per_category, int32_t prompt_size, int32_t n_vocab) {
    std::vector<conversation> out;
    for (const auto & category : paper_categories()) {
        for (int32_t i = 0; i < per_category; ++i) {
            conversation c;
            c.index    = static_cast<int32_t>(out.size());
            c.category = category.name;
            kangaroo::random_source random(1000 + c.index);
            while (static_cast<int32_t>(c.ids.size()) < prompt_size) {
                c.ids.push_back(static_cast<llama_token>(random.uniform() * (n_vocab - 1))); // not the last: end of turn
            }
            out.push_back(c);
        }
    }
    return out;
}

} // namespace bench
