// The layer explorer: how well the state before each captured layer tells what the whole network says.
#pragma once

#include "trainer.h"

namespace kangaroo {

struct layers_options {
    std::string captured, held_out;
    int32_t     steps = 0;              // of a quick training at each layer; 0: none
    int32_t     positions_per_step = 4096;
    int32_t     threads = 0;            // 0: all cores but one
};

struct layer_evaluation {
    int32_t layer = 0;
    double  bare_agreement = 0.0;    // of the base's own norm and head on the state
    double  fitted_agreement = -1.0; // of an adapter after the quick training; -1: none
    int64_t positions = 0;
};

// One result per layer that both files hold, told as it comes. Ends early when cancelled, with those that were done. Throws as
// train_adapter does.
std::vector<layer_evaluation> evaluate_layers(std::shared_ptr<const model> base, const layers_options & options,
    const std::function<void(const layer_evaluation &)> & on_layer, const std::atomic<bool> & cancelled);

} // namespace kangaroo
