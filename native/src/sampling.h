// Turning logits into tokens, and the rules that keep a drafted answer distributed exactly like a plain one.
// Sources: Leviathan et al., "Fast Inference from Transformers via Speculative Decoding" (arXiv 2211.17192), and for greedy
// drafts its special case q(d) = 1.
#pragma once

#include "llama.h"

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

namespace kangaroo {

struct sampling_options {
    float    temperature        = 0.0f; // 0: greedy
    int32_t  top_k              = 40;   // 0: off
    float    top_p              = 0.95f; // 1: off
    float    min_p              = 0.05f; // 0: off
    float    repetition_penalty = 1.0f; // 1: off
    int32_t  repetition_window  = 64;
    uint64_t seed               = 0;
};

// Tokens with their probabilities, summing to 1; tokens that the chain removed are absent.
using distribution = std::vector<llama_token_data>;

// Reproducible on every platform, unlike the standard library's distributions.
class random_source {
public:
    explicit random_source(uint64_t seed) : engine_(seed) {}
    double uniform() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; } // [0, 1)

private:
    std::mt19937_64 engine_;
};

// The chain of llama.cpp's samplers, in its order: penalties, top-k, top-p, min-p, temperature.
class sampler {
public:
    sampler(const sampling_options & options, int32_t n_vocab);
    sampler(const sampler & other);
    sampler & operator=(const sampler &) = delete;

    bool greedy() const { return options_.temperature < LOWEST_TEMPERATURE; }

    // Whether the choice is the largest logit as it is.
    bool takes_largest() const { return greedy() && !penalties_; }

    // The token with the largest logit after penalties; the smallest id among equals. `ids`: see distribution_of.
    llama_token argmax(const float * logits, int32_t n, const std::vector<llama_token> * ids = nullptr);

    // Whole-vocabulary logits as argmax compares them: changed by the penalties.
    void penalise(std::vector<float> & logits);

    // What the chain makes of logits [n]. `ids` names the tokens where the logits cover only a part of the vocabulary.
    const distribution & distribution_of(const float * logits, int32_t n, const std::vector<llama_token> * ids = nullptr);

    // Tells the penalties that a token was chosen.
    void accept(llama_token token);
    // The same for as many tokens at the end of a text as the penalties look at.
    void accept_last(const std::vector<llama_token> & text);

private:
    static constexpr float LOWEST_TEMPERATURE = 1e-3f; // below it logits divided by it may overflow, and are greedy anyway

    struct deleter {
        void operator()(llama_sampler * s) const { llama_sampler_free(s); }
    };
    void fill(const float * logits, int32_t n, const std::vector<llama_token> * ids);
    const distribution & penalised(const float * logits);

    sampling_options                        options_;
    std::unique_ptr<llama_sampler, deleter> penalties_; // null when off
    std::unique_ptr<llama_sampler, deleter> chain_;     // null when greedy
    distribution                            work_;
    std::vector<llama_token>                recent_; // what the penalties look at, oldest first; may repeat
    distribution                            touched_;
};

double      probability_of(const distribution & p, llama_token token); // 0 when absent
llama_token draw(const distribution & p, random_source & random);

struct verdict {
    bool        accepted;
    llama_token token; // the draft where accepted, else the target's own
};

// A draft that was the draft distribution's likeliest token: accepted with p(d), else a draw from p without d.
verdict judge_greedy_draft(const distribution & p, llama_token draft, random_source & random);

// A draft that was drawn from q: accepted with min(1, p(d)/q(d)), else a draw from max(0, p - q).
verdict judge_sampled_draft(const distribution & p, const distribution & q, llama_token draft, random_source & random);

} // namespace kangaroo
