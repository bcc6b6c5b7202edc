// Leaving and re-entering a llama.cpp network at an inner layer: draft, state, verify and full passes over one K/V cache.
// Compiled into libllama (it needs its internal headers); everything above it uses only this header and llama.h.
//
// Terms (arXiv 2404.18911): the exit layer l splits the L layers into early [0, l) and late [l, L). The exit state h is the
// input of layer l, [n_embd] per token. The adapter turns h into a draft of the network's normalised final state.
#pragma once

#include "ggml-cpp.h"
#include "llama.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

class llm_graph_result;
struct llama_context;
struct llm_graph_context;
struct llm_graph_params;

// Adapter weights on the device of the exit layer: y = RMSNorm_norm(h + wo * MHA(RMSNorm_attn_norm(h))).
struct llama_exit_adapter {
    int32_t exit_layer = 0;
    int32_t n_head     = 0;
    int32_t n_head_kv  = 0;
    int32_t n_rot      = 0; // rotated dimensions per head; none where the base itself does not rotate (ALiBi, learned positions)
    float   freq_base  = 0.0f;
    float   norm_eps   = 0.0f;

    ggml_tensor * attn_norm = nullptr; // [n_embd]
    ggml_tensor * wq        = nullptr; // [n_embd, n_head*n_embd_head]
    ggml_tensor * wk        = nullptr; // [n_embd, n_head_kv*n_embd_head]
    ggml_tensor * wv        = nullptr; // [n_embd, n_head_kv*n_embd_head]
    ggml_tensor * wo        = nullptr; // [n_head*n_embd_head, n_embd]
    ggml_tensor * norm      = nullptr; // [n_embd]
    ggml_tensor * head      = nullptr; // [n_embd, n_draft]: gathered rows of the LM head; null: the base's whole head

    std::vector<llama_token> draft_vocab; // [n_draft] ids of the rows of `head`; empty: the full vocabulary

    ggml_context_ptr        ctx, packed_ctx; // matrices of the second one lie in packed_weights()
    ggml_backend_buffer_ptr buffer, packed_buffer;
};

// Once, when ggml's backends are loaded and before any model is: matrices are laid out in memory as row-kernels.h wants them.
void llama_exit_init();

// Where the tensors that belong to a layer should live.
ggml_backend_buffer_type_t llama_exit_buffer_type(const llama_model & model, int32_t layer);

// What a draft step brings back from the device.
struct llama_exit_draft {
    llama_token id         = -1;
    float       confidence = 0.0f; // softmax over the draft vocabulary, without temperature
};

// Bytes in the machine's memory and in that of GPUs.
struct llama_exit_bytes {
    size_t ram = 0, gpu = 0;
};

struct llama_exit_memory {
    llama_exit_bytes weights, kv, adapter, draft_kv, compute;
};

// How a base rotates queries and keys, as far as an adapter shares it.
struct llama_exit_rotation {
    int32_t             type       = -1; // as in ggml_rope_ext; -1: the base does not rotate
    int32_t             n_ctx_orig = 0;
    float               freq_base = 0.0f, freq_scale = 1.0f, ext_factor = 0.0f, attn_factor = 1.0f, beta_fast = 0.0f, beta_slow = 0.0f;
    const ggml_tensor * factors = nullptr; // F32 [half of the rotated dimensions], on the device of the layer; null: none
};

llama_exit_rotation llama_exit_rotation_of(const llama_context & ctx, int32_t layer);

// x [n_embd_head, n_head, n_tokens] rotated as the base does, with an adapter's own width and base frequency; x itself where the
// base does not rotate. `pos` I32 [n_tokens], or [4*n_tokens] for M-RoPE; null: no rotation. Throws std::runtime_error where the
// base has too few factors.
ggml_tensor * llama_exit_rotate(ggml_context * ctx, const llama_exit_rotation & rotation, ggml_tensor * x, ggml_tensor * pos, int32_t n_rot, float freq_base, bool in_place);

// What an adapter of the base looks like: heads as in the base's own attention at that layer, ordinary ones where the base has
// latent attention.
struct llama_exit_shape {
    int32_t n_head = 0, n_head_kv = 0, n_embd_head = 0, n_rot = 0;
    float   freq_base = 0.0f, max_alibi_bias = 0.0f; // 0: no ALiBi
};

llama_exit_shape llama_exit_shape_of(const llama_context & ctx, int32_t layer);

// From the normalised final state x to logits, as the base's own graph does it:
//   z = weight * (in_scale * x) + bias, logits = cap > 0 ? cap * tanh(scale * z) : scale * z
struct llama_exit_head {
    const ggml_tensor * weight = nullptr; // [n_embd, n_vocab]
    const ggml_tensor * bias   = nullptr; // [n_vocab]; null: none
    float in_scale = 1.0f, scale = 1.0f, cap = 0.0f;
};

// Tokens of one text within a capture.
struct llama_exit_piece {
    const llama_token * tokens = nullptr;
    int32_t             n = 0;
    llama_pos           pos = 0;
    llama_seq_id        text = 0;
};

// What a capture brings back: one row per token, in the order of the pieces.
struct llama_exit_captured {
    std::vector<std::vector<float>> states; // per layer that was asked for: its input, [n_embd] per token
    std::vector<float>              finals; // the normalised final states, [n_embd] per token
};

// The exit of one llama_context. Not thread-safe, like the context itself. Free it before the context.
class llama_exit {
public:
    // Without an adapter only `decode_plain` and `prefill` may be called.
    // Throws std::runtime_error where the architecture cannot be left at the adapter's exit layer.
    llama_exit(llama_context & ctx, const llama_exit_adapter * adapter, int32_t max_rows);
    ~llama_exit();

    llama_exit(const llama_exit &)             = delete;
    llama_exit & operator=(const llama_exit &) = delete;

    // The whole network over a part of a prompt; with `adapter_kv` the adapter's K/V of these tokens is written too, so that
    // drafting can follow. Logits of the last token through llama_get_logits_ith. Returns llama_decode's codes.
    int32_t decode(const llama_token * tokens, int32_t n, llama_pos pos, bool adapter_kv);

    // The adapter's K/V alone, for tokens whose base K/V the cache holds at [pos, pos + n), the last ones in it: nothing of the
    // base changes, not in the last bit. `moved` is set where the cells were not the same again: the cache from pos on is then
    // lost and must be read anew. Returns llama_decode's codes.
    int32_t follow(const llama_token * tokens, int32_t n, llama_pos pos, bool & moved);

    // The whole network over n <= max_rows rows of an answer: the last token, and drafts that no early layer has seen yet.
    // Logits or choices of all rows, each with the bits that it would have alone.
    int32_t verify_whole(const llama_token * tokens, int32_t n, llama_pos pos, bool adapter_kv);

    // Whole passes that write the adapter's K/V leave that to be done for several tokens at once, before the next draft() and where no more
    // of them can wait. Done here if `unless_fit` further tokens cannot; it may not be cancelled. Throws std::runtime_error where it fails.
    void ready_to_draft(int32_t unless_fit = 0);

    // One draft step on row `row` of the round: early layers, adapter, head. `want_logits`: see draft_logits().
    int32_t draft(llama_token token, llama_pos pos, int32_t row, llama_exit_draft & out, bool want_logits);

    // Early layers and the adapter's K/V only, for rows [row, row + n): the last drafted token of a round, and drafts that
    // others than the adapter have made.
    int32_t states(const llama_token * tokens, int32_t n, llama_pos pos, int32_t row);

    // Late layers over rows [0, n) of the round, whose early layers ran in draft() and state() at positions pos, pos+1, …
    // Logits or choices of all rows. `recomputed` is set when the K/V cells had moved and the whole network ran instead.
    int32_t verify(const llama_token * tokens, int32_t n, llama_pos pos, bool & recomputed);

    // From now on verify() and verify_whole() bring back choices in place of logits: one number per row, and not a whole vocabulary.
    void want_choices(bool on) { choosing_ = on; }

    // The token with the largest logit in a row of the last pass, the smallest id among equals (a GPU has an order of its own).
    llama_token choice(int32_t row) const { return choices_.at(row); }

    // Logits of the last draft() that wanted them, [n_draft or n_vocab].
    const std::vector<float> & draft_logits() const { return logits_; }

    // The exit state of a row of the current round, [n_embd].
    std::vector<float> exit_state(int32_t row) const;

    // The whole network but for its head over pieces of several texts at once, n <= n_ubatch tokens together; what the cache holds of
    // earlier pieces of a text is seen. `layers`: 0 < l < n_layer. Needs no adapter; the context must have as many outputs as tokens.
    // Returns llama_decode's codes; throws std::runtime_error where the architecture shows no such states.
    int32_t capture(const std::vector<llama_exit_piece> & pieces, const std::vector<int32_t> & layers, llama_exit_captured & out);

    // The base's head, known after the first capture(). Throws std::runtime_error where it is none of that form.
    const llama_exit_head & head() const;

    // Drops positions >= pos. False where the memory cannot do that: recurrent memory only forgets everything.
    bool keep(llama_pos pos);
    bool can_roll_back() const;

    // Drops positions [first, first + n) and moves those behind them up, the adapter's K/V too. False where the memory cannot.
    bool can_shift() const;
    bool shift(llama_pos first, llama_pos n);

    // The cache as bytes, streamed: the base's K/V, and the adapter's for the first n_cells cells. `read` throws
    // std::runtime_error for bytes that do not fit this context; the cache is then empty. Cells must be without holes.
    using writer = std::function<void(const void * data, size_t size)>;
    using reader = std::function<void(void * data, size_t size)>;
    void write(const writer & to, int32_t n_cells);
    void read(const reader & from, int32_t n_cells);

    // What the context and its model hold now, bytes by kind and place. Passes that have not run yet bring buffers of their own.
    llama_exit_memory memory() const;

    int64_t graphs_reused() const;
    int64_t graphs_built() const { return built_; }

    // Milliseconds inside graph computation since the beginning. What other devices than the CPU compute is not in it: they
    // work on while the host goes on.
    double compute_ms() const { return compute_ms_; }
    bool   on_cpu() const;

    // The CPU backend remembers the thread pool of the last pass, and pauses it when it is given another one: before it is freed.
    void forget_threads();

    // Called by the patched llama_model::build_graph on every graph that is built for the context, or for one without an exit.
    void        rewrite(llm_graph_context & graph, const llm_graph_params & params);
    static void rewrite_without(llm_graph_context & graph, const llm_graph_params & params);
    // Called by the patched llama_context::graph_compute around the computation.
    void computing(bool begins);

private:
    enum class phase { off, full, keep, follow, draft, state, verify, capture };

    void cut_graph(llm_graph_context & graph, const llm_graph_params & params, const std::vector<ggml_tensor *> & inputs);
    struct slot;
    class state_writer;
    class state_reader;
    class input;
    struct attention_inputs;

    void    attach();
    void    release();
    void    activate(size_t slot_index);
    ggml_backend_sched_ptr new_sched() const;
    void    select(phase p, size_t slot_index, bool choosing = false);
    int32_t run_rows(const llama_token * tokens, int32_t n, llama_pos pos);
    size_t  slot_of(size_t first, int32_t rows) const;
    int32_t run(const llama_token * tokens, int32_t n, llama_pos pos, bool all_logits, bool as_decoding);
    void    shift_adapter();
    void    use_reference_kernels(bool on);

    void          rewrite_verify(llm_graph_context & g, const std::vector<ggml_tensor *> & nodes, size_t cut_at);
    void          rewrite_capture(llm_graph_context & g, const std::vector<ggml_tensor *> & nodes);
    ggml_tensor * build_rope(ggml_context * ctx, ggml_tensor * x, ggml_tensor * pos, bool in_place) const;
    ggml_tensor * build_adapter_kv(ggml_context * ctx, ggml_cgraph * gf, ggml_tensor * h, ggml_tensor * pos, ggml_tensor * cells);
    ggml_tensor * build_adapter(llm_graph_context & g, ggml_tensor * h, ggml_tensor * normed, const attention_inputs & in);
    void          build_draft(llm_graph_context & g, const std::vector<ggml_tensor *> & nodes, ggml_tensor * y);
    void          narrow_to_draft_vocabulary(ggml_tensor * node) const;
    ggml_tensor * build_choices(ggml_context * ctx, ggml_cgraph * gf, ggml_tensor * logits) const;
    ggml_tensor * probe_of(size_t n) const;

    llama_context &            ctx_;
    const llama_exit_adapter * adapter_;
    const int32_t              max_rows_;

    phase   phase_ = phase::off;
    int32_t row_   = 0;
    int64_t built_ = 0;
    double  compute_ms_ = 0.0, compute_began_ms_ = 0.0;
    bool    reference_kernels_ = false;
    bool    choosing_ = false;

    std::vector<std::unique_ptr<slot>> slots_; // main, draft, then state, verify and whole of 1…max_rows each
    size_t                             current_ = 0;

    // Tokens whose exit states are kept, and the adapter's K/V not made of them yet: that is done for many at once, when drafting wants
    // them. While it is paused, a step costs no more than the copy of a row.
    struct kept_token {
        llama_pos pos;
        int64_t   cell;
    };
    std::vector<kept_token> kept_;
    ggml_backend_sched_ptr  kept_sched_;
    bool                    has_positions_ = false; // the base's graph has an input for them

    std::vector<int64_t> cells_; // K/V cell of each row of the round as the draft steps wrote it; then the same for sliding windows
    bool                 cells_moved_ = false;

    std::vector<int32_t> capture_layers_; // of the cached capture graph
    llama_exit_head      head_;
    std::string          head_problem_; // why head_ is none; '' where it is one

    llama_batch        batch_;
    int32_t            batch_capacity_ = 0;
    std::vector<float>   logits_;
    std::vector<int32_t> choices_;

    // the exit states of a round and the adapter's K/V, on the device of the exit layer
    ggml_context_ptr        mem_ctx_;
    ggml_backend_buffer_ptr mem_buffer_;
    ggml_tensor *           states_ = nullptr; // [n_embd, max_rows] F32
    ggml_tensor *           kept_states_ = nullptr; // [n_embd, KEPT_STATES] F32
    ggml_tensor *           k_      = nullptr; // [n_head_kv*n_embd_head, n_cells] F16
    ggml_tensor *           v_      = nullptr; // same

    // a host tensor to read cell indices into
    ggml_context_ptr        probe_ctx_;
    ggml_backend_buffer_ptr probe_buffer_;
    ggml_tensor *           probe_ = nullptr; // [max_rows or n_ubatch] I64
};
