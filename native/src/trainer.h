// Training an adapter on captured texts: the base stays as it is, the adapter learns to say with the exit state what the whole network
// says with its final state. Soft cross-entropy on the positions that count (arXiv 2404.18911, section 3.2), AdamW, gradients clipped,
// warm-up, then a cosine. The same options and files give the same weights on the same machine, also across interruptions.
#pragma once

#include "capture.h"
#include "language-head.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace kangaroo {

struct training_options {
    std::string captured, held_out;         // captured files; held_out may be '': nothing is evaluated
    std::string state_path, adapter_path;   // where the state (for going on) and the adapter are kept
    int32_t     exit_layer        = 0;
    int32_t     steps             = 0;      // of the optimiser, the whole schedule
    int32_t     positions_per_step = 4096;  // that count, at least; of whole texts
    float       learning_rate     = 0.0f;   // at its height; 0: 1 / n_embd
    int32_t     warmup_steps      = -1;     // -1: a twentieth of all, 100 at most
    float       weight_decay      = 0.0f;
    uint64_t    seed              = 1;
    int32_t     evaluate_every    = 0;      // steps; 0: at the end only
    int32_t     save_every        = 50;     // steps; the state is also saved at the end and when stopped
    int32_t     threads           = 0;      // 0: all cores but one
    std::vector<llama_token> draft_vocab;   // empty: the whole vocabulary
    bool        resume            = true;   // go on from state_path where it exists; false: begin anew
    std::string name, license, data;        // provenance, for the adapter's file
};

struct training_step {
    int32_t step = 0, steps = 0;
    double  loss = 0.0;          // mean cross-entropy of the step's positions, nats
    double  least_loss = 0.0;    // the entropy of the model's own distributions: what loss cannot fall below
    float   learning_rate = 0.0f, gradient_norm = 0.0f; // the norm before clipping
    int64_t positions = 0;       // that counted in this step
    double  tokens_per_second = 0.0; // positions of the texts, also those that do not count
};

struct training_evaluation {
    int32_t step = 0;
    double  agreement = 0.0;     // of the adapter's likeliest token with the model's, 0…1
    double  cross_entropy = 0.0, least_cross_entropy = 0.0; // mean, nats
    int64_t positions = 0;
};

using training_event = std::variant<training_step, training_evaluation>;

struct training_result {
    bool                finished = false; // false: stopped before the last step, and can go on
    int32_t             step = 0, steps = 0;
    training_evaluation held_out;         // positions 0: there was no evaluation
    double              seconds = 0.0;    // of this run
    int64_t             n_params = 0;
    captured_totals     learned_from;     // what the captured file holds
};

// Ends early when `cancelled` becomes true, with the state saved and no adapter written. Throws invalid-argument, out-of-memory,
// unsupported-architecture, disk-full, file-not-found, file-not-readable, file-damaged.
training_result train_adapter(std::shared_ptr<const model> base, const training_options & options,
    const std::function<void(const training_event &)> & on_event, const std::atomic<bool> & cancelled);

// The base's head for training, compared with the logits that the model itself gives: where they differ by more than quantised
// activations explain, throws unsupported-architecture.
void check_head(capturer & capturer, const language_head & head, const model & base);

} // namespace kangaroo
