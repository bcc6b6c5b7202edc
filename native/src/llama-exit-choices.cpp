// The likeliest token of each row, found where its logits are: a pass then brings back one number per row. On the CPU that saves copying
// a vocabulary for each of them; from a GPU, carrying it over the bus.
#include "llama-exit-internal.h"

#include "largest.h"

#include <stdexcept>

// dst: I32 [n_rows]; its source: F32 [n, n_rows]. ggml's own takes four times as long, and the last of equals.
static void choose_rows(ggml_tensor * dst, int ith, int nth, void *) {
    const ggml_tensor & logits = *dst->src[0];
    for (int64_t r = ith; r < dst->ne[0]; r += nth) {
        const auto * row = reinterpret_cast<const float *>(static_cast<const char *>(logits.data) + r * logits.nb[1]);
        static_cast<int32_t *>(dst->data)[r] = largest_at(row, static_cast<int32_t>(logits.ne[0]));
    }
}

// I32 [n_rows], an output of the graph; `logits` F32 [n, n_rows].
ggml_tensor * llama_exit::build_choices(ggml_context * ctx, ggml_cgraph * gf, ggml_tensor * logits) const {
    if (!logits || logits->type != GGML_TYPE_F32 || !ggml_is_matrix(logits) || logits->nb[0] != sizeof(float)) {
        throw std::runtime_error("this architecture has no logits to choose from");
    }
    ggml_tensor * chosen = nullptr;
    if (on_cpu()) {
        chosen = ggml_custom_4d(ctx, GGML_TYPE_I32, logits->ne[1], 1, 1, 1, &logits, 1, choose_rows, GGML_N_TASKS_MAX, nullptr);
        ggml_backend_sched_set_tensor_backend(ctx_.get_sched(), chosen, ctx_.backend_cpu);
    } else {
        chosen = ggml_argmax(ctx, logits);
    }
    ggml_set_output(chosen);
    ggml_build_forward_expand(gf, chosen);
    return chosen;
}
