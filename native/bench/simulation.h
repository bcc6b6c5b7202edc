// Acceptance that is forced, not earned: what drafting would bring a model of a real shape if its adapter were as good as the
// paper's. Weights are random, so drafts are exchanged for right or wrong ones at the paper's rates; every pass still runs and
// costs what it costs. Whatever is measured this way is simulated acceptance, and is called so wherever it is shown.
//
// The model of a draft: the chance p that it is right is drawn from Beta(α, 1), its confidence is p itself (perfectly
// calibrated), and it is right with probability p. Under the paper's rule (threshold η, at most γ drafts) the expected number of
// tokens per round is then  1 + m · (1 − s^γ) / (1 − s)  with the mean  m = α / (α + 1)  and  s = E[p; p ≥ η] = m · (1 − η^(α+1)).
// m is chosen so that this is the paper's number for the category; both numbers stand in the report.
#pragma once

#include "prompts.h"
#include "session.h"

#include <string>
#include <vector>

namespace bench {

struct paper_category {
    const char * name;
    double       tokens_per_round; // Kangaroo on Vicuna-7B, Spec-Bench: arXiv 2404.18911 (η 0.6, γ 6)
    double       speedup;          // the paper's, on its GPU
};
const std::vector<paper_category> & paper_categories();

constexpr double PAPER_THRESHOLD = 0.6;
constexpr int    PAPER_MAX_DRAFT = 6;

// Tokens per round, from 1 to 1 + PAPER_MAX_DRAFT, that drafts of the mean acceptance m give under the paper's rule.
double expected_tokens_per_round(double mean_acceptance);
// The other way round. Throws invalid-argument for values out of (1, 1 + PAPER_MAX_DRAFT).
double mean_acceptance_of(double tokens_per_round);

// The drafts of one answer. The verdict on a position of the text depends on seed and position only: all modes face the same text.
class forced_acceptance {
public:
    forced_acceptance(double mean_acceptance, uint64_t seed) : mean_(mean_acceptance), seed_(seed) {}

    struct draft {
        float confidence;
        bool  right;
    };
    draft at(int32_t index) const; // place in the conversation

    // For session::forge_drafts: `answer` are the tokens of plain decoding, behind a prompt of `prompt_size` tokens. Behind its end
    // every draft is wrong.
    kangaroo::session::forgery forgery(std::vector<llama_token> answer, size_t prompt_size, int32_t n_vocab) const;

private:
    double   mean_;
    uint64_t seed_;
};

// `per_category` prompts of random tokens for each of the paper's categories.
std::vector<conversation> simulated_conversations(int32_t per_category, int32_t prompt_size, int32_t n_vocab);

} // namespace bench
