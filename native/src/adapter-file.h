// An adapter in training as files: the adapter itself, and the state from which training goes on.
#pragma once

#include "adapter-network.h"
#include "trainer.h"

#include <string>

namespace kangaroo {

// Where training stands; together with the weights and AdamW's moments everything that the next step depends on.
struct training_progress {
    int32_t step  = 0;
    int64_t epoch = 0, next_text = 0; // in the order of that epoch
};

// F16 matrices, F32 norms, with the keys of read_adapter_info() and kangaroo.train.*.
void save_adapter(const std::string & path, const adapter_network & network, const model_info & base, const training_options & options, const training_result & result);

// `belongs_to`: whatever else the next step depends on. Both throw disk-full, file-not-readable; load_state also file-damaged, and
// invalid-argument where the state belongs to another training. Nothing has changed then.
void              save_state(const std::string & path, const adapter_network & network, const training_progress & progress, const std::string & belongs_to);
training_progress load_state(const std::string & path, const adapter_network & network, const std::string & belongs_to);

} // namespace kangaroo
