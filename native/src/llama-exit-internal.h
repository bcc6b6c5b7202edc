// Shared by the two halves of llama-exit: the passes and the graphs.
#pragma once

#include "llama-exit.h"

#include "llama-context.h"
#include "llama-graph.h"
#include "llama-kv-cache-iswa.h"
#include "llama-kv-cache.h"
#include "llama-model.h"

#include <array>

// A scheduler with the graphs it has allocated; swapped into the context while it is the current one.
struct llama_exit::slot {
    ggml_backend_sched_ptr              sched;
    std::array<llm_graph_result_ptr, 2> graphs;
    llm_graph_result *                  active = nullptr;
    llama_exit::phase                   holds  = llama_exit::phase::off; // what kind of graph that is

    ggml_tensor * draft_id     = nullptr; // I32 [1], index into the draft vocabulary
    ggml_tensor * draft_prob   = nullptr; // F32 [1]
    ggml_tensor * draft_logits = nullptr; // F32 [n_draft]

    bool          choosing = false;   // the graph brings back choices, not logits
    ggml_tensor * choices  = nullptr; // I32 [n_rows]

    std::vector<ggml_tensor *> captured; // F32 [n_embd, n_tokens] per layer, then the final state
};

// Exit states that may wait for the adapter's K/V.
inline constexpr int32_t KEPT_STATES = 64;

// Then one slot per number of rows for each of the others: see slot_of().
inline constexpr size_t SLOT_MAIN = 0, SLOT_DRAFT = 1, SLOTS_STATE = 0, SLOTS_VERIFY = 1, SLOTS_WHOLE = 2;

struct base_cells {
    const llama_kv_cache_context * base = nullptr;
    const llama_kv_cache_context * swa  = nullptr;
};

// The K/V cache contexts behind a memory context; both null for kinds of memory that cannot be rolled back.
inline base_cells cells_of(const llama_memory_context_i * mctx) {
    if (const auto * kv = dynamic_cast<const llama_kv_cache_context *>(mctx)) {
        return {kv, nullptr};
    }
    if (const auto * iswa = dynamic_cast<const llama_kv_cache_iswa_context *>(mctx)) {
        return {iswa->get_base(), iswa->get_swa()};
    }
    return {};
}

// The exit state in a freshly built graph, null where it is not to be found.
ggml_tensor * find_cut(const llm_graph_result & res, const std::vector<ggml_tensor *> & nodes, int32_t exit_layer);

// All tensors that set_inputs() writes: they must stay in a cut graph, or they would not be allocated.
std::vector<ggml_tensor *> input_tensors(ggml_cgraph * gf);

// F32, one row of n_embd per token.
inline bool is_state(const ggml_tensor * t, const llm_graph_context & g) {
    return t->ne[0] == g.n_embd && t->ne[1] == g.n_tokens && ggml_nrows(t) == g.n_tokens && t->type == GGML_TYPE_F32;
}

// Gives each row of a decoding pass the bits that it would have alone; see llama-exit-rows.cpp.
void compute_rows_alone(const llm_graph_context & g);

// Lets a pass compute with row-kernels.h; see llama-exit-kernels.cpp. `inputs` stay in the graph. `packed_only`: nothing but products that
// ggml cannot compute.
void use_row_kernels(ggml_context * ctx, ggml_cgraph * gf, const std::vector<ggml_tensor *> & inputs, ggml_backend_sched_t sched, ggml_backend_t cpu, bool packed_only);
