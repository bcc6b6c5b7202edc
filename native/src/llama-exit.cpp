// The graph surgery behind llama-exit.h. An architecture's own graph is built as always, then cut at the exit state:
//   draft, state: the nodes up to the cut, then the adapter (and the base's own head, taken from the graph's tail)
//   verify:       the nodes behind the cut, which becomes a view of the stored exit states
//   full:         unchanged, plus the adapter's K/V of every token
// Each kind of pass, and each verify width, has its own scheduler and cached graph, so that no round rebuilds one.
#include "llama-exit.h"

#include "llama-context.h"
#include "llama-graph.h"
#include "llama-impl.h"
#include "llama-kv-cache-iswa.h"
#include "llama-kv-cache.h"
#include "llama-model.h"

#include "ggml-cpu.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <unordered_set>

// A scheduler with the graphs it has allocated; swapped into the context while it is the current one.
struct llama_exit::slot {
    ggml_backend_sched_ptr              sched;
    std::array<llm_graph_result_ptr, 2> graphs;
    llm_graph_result *                  active = nullptr;

    ggml_tensor * draft_id     = nullptr; // I32 [1], index into the draft vocabulary
    ggml_tensor * draft_prob   = nullptr; // F32 [1]
    ggml_tensor * draft_logits = nullptr; // F32 [n_draft]
};

namespace {

constexpr size_t SLOT_MAIN = 0, SLOT_DRAFT = 1, SLOT_STATE = 2, SLOT_VERIFY = 2; // verify of n rows: SLOT_VERIFY + n

struct base_cells {
    const llama_kv_cache_context * base = nullptr;
    const llama_kv_cache_context * swa  = nullptr;
};

// The K/V cache contexts behind a memory context; both null for kinds of memory that cannot be rolled back.
base_cells cells_of(const llama_memory_context_i * mctx) {
    if (const auto * kv = dynamic_cast<const llama_kv_cache_context *>(mctx)) {
        return {kv, nullptr};
    }
    if (const auto * iswa = dynamic_cast<const llama_kv_cache_iswa_context *>(mctx)) {
        return {iswa->get_base(), iswa->get_swa()};
    }
    return {};
}

// All tensors that set_inputs() writes: they must stay in a cut graph, or they would not be allocated.
std::vector<ggml_tensor *> input_tensors(ggml_cgraph * gf) {
    std::vector<ggml_tensor *>        found;
    std::unordered_set<ggml_tensor *> seen;
    for (int i = 0; i < ggml_graph_n_nodes(gf); ++i) {
        for (ggml_tensor * src : ggml_graph_node(gf, i)->src) {
            if (src && (src->flags & GGML_TENSOR_FLAG_INPUT) && seen.insert(src).second) {
                found.push_back(src);
            }
        }
    }
    return found;
}

// The exit state in a freshly built graph: architectures that do not record their layer inputs name the layer outputs.
ggml_tensor * find_cut(const llm_graph_result & res, const std::vector<ggml_tensor *> & nodes, int32_t exit_layer) {
    if (ggml_tensor * t = res.get_layer_inp(exit_layer)) {
        return t;
    }
    const std::string name = "l_out-" + std::to_string(exit_layer - 1);
    for (ggml_tensor * node : nodes) {
        if (name == node->name) {
            return node;
        }
    }
    return nullptr;
}

void replace_source(ggml_tensor * node, const ggml_tensor * from, ggml_tensor * to) {
    for (auto & src : node->src) {
        if (src == from) {
            src = to;
        }
    }
    if (node->view_src == from) {
        node->view_src = to;
    }
}

} // namespace

// What the adapter shares with the base's own attention.
struct llama_exit::attention_inputs {
    ggml_tensor * pos    = nullptr; // I32 [n_tokens]
    ggml_tensor * k_idxs = nullptr; // I64 [n_tokens], cells to write
    ggml_tensor * mask   = nullptr; // [n_kv, n_tokens]

        explicit attention_inputs(const llm_graph_result & res) {
        for (const auto & in : res.inputs) {
            if (const auto * pos = dynamic_cast<const llm_graph_input_pos *>(in.get())) {
                this->pos = pos->pos;
            } else if (const auto * kv = dynamic_cast<const llm_graph_input_attn_kv *>(in.get())) {
                this->k_idxs = kv->get_k_idxs();
                this->mask   = kv->get_kq_mask();
            } else if (const auto * iswa = dynamic_cast<const llm_graph_input_attn_kv_iswa *>(in.get())) {
                this->k_idxs = iswa->get_k_idxs();
                this->mask   = iswa->get_kq_mask();
            }
        }
    }
};

// Sets which row of the round a draft step fills, and watches that verification gets the cells that the drafts wrote.
class llama_exit::input : public llm_graph_input_i {
public:
    input(llama_exit & owner, const llama_memory_context_i * mctx) : owner(owner), mctx(mctx) {}

    void set_input(const llama_ubatch * ubatch) override {
        const phase p = owner.phase_;
        if (row) {
            const int64_t r = owner.row_;
            ggml_backend_tensor_set(row, &r, 0, sizeof(r));
        }
        if (p != phase::draft && p != phase::state && p != phase::verify) {
            return;
        }
        const auto cells = cells_of(mctx);
        const size_t n   = ubatch->n_tokens;
        for (const auto * kv : {cells.base, cells.swa}) {
            if (!kv) {
                continue;
            }
            const size_t offset = kv == cells.base ? 0 : owner.max_rows_;
            kv->set_input_k_idxs(owner.probe_of(n), ubatch);
            const auto * idxs = static_cast<const int64_t *>(owner.probe_of(n)->data);
            for (size_t i = 0; i < n; ++i) {
                if (p == phase::verify) {
                    owner.cells_moved_ |= owner.cells_[offset + i] != idxs[i];
                } else {
                    owner.cells_[offset + owner.row_] = idxs[i];
                }
            }
        }
    }

    bool can_reuse(const llm_graph_params & params) override {
        mctx = params.mctx;
        return true;
    }

    llama_exit &                   owner;
    const llama_memory_context_i * mctx;
    ggml_tensor *                  row = nullptr; // I64 [1]
};

ggml_tensor * llama_exit::probe_of(size_t n) const {
    probe_->ne[0] = static_cast<int64_t>(n);
    return probe_;
}

ggml_backend_buffer_type_t llama_exit_buffer_type(const llama_model & model, int32_t layer) {
    return ggml_backend_dev_buffer_type(model.dev_layer(layer));
}

llama_exit::llama_exit(llama_context & ctx, const llama_exit_adapter * adapter, int32_t max_rows)
    : ctx_(ctx), adapter_(adapter), max_rows_(max_rows), cells_(2 * max_rows, -1), batch_(llama_batch_init(max_rows, 0, 1)), batch_capacity_(max_rows) {
    slots_.push_back(std::make_unique<slot>());
    ctx_.layer_exit = this;
    if (!adapter) {
        return;
    }
    try {
        attach();
    } catch (...) {
        release();
        throw;
    }
}

llama_exit::~llama_exit() {
    release();
}

void llama_exit::release() {
    use_reference_kernels(false);
    activate(SLOT_MAIN);
    slots_.clear();
    ctx_.layer_exit = nullptr;
    llama_batch_free(batch_);
}

// Allocates what a round keeps on the device, and runs one round on a dummy token, so that whatever an architecture
// cannot do shows now and not in the middle of an answer.
void llama_exit::attach() {
    const llama_model & model   = ctx_.get_model();
    const auto &        hparams = model.hparams;
    if (adapter_->exit_layer < 1 || adapter_->exit_layer >= static_cast<int32_t>(hparams.n_layer())) {
        throw std::runtime_error("the exit layer must lie inside the network");
    }
    if (ctx_.n_seq_max() != 1) {
        throw std::runtime_error("an exit serves contexts of one sequence");
    }
    llama_memory_context_ptr mctx(ctx_.get_memory() ? ctx_.get_memory()->init_full() : nullptr);
    if (!mctx || !cells_of(mctx.get()).base) {
        throw std::runtime_error("its memory cannot be rolled back to an earlier token (recurrent, hybrid or no K/V cache)");
    }

    slots_.resize(SLOT_VERIFY + max_rows_ + 1);
    for (auto & s : slots_) {
        if (!s) {
            s = std::make_unique<slot>();
        }
    }

    mem_ctx_.reset(ggml_init({ggml_tensor_overhead() * 4, nullptr, true}));
    states_ = ggml_new_tensor_2d(mem_ctx_.get(), GGML_TYPE_F32, hparams.n_embd, max_rows_);
    k_      = ggml_new_tensor_2d(mem_ctx_.get(), GGML_TYPE_F16, adapter_->wk->ne[1], ctx_.n_ctx());
    v_      = ggml_new_tensor_2d(mem_ctx_.get(), GGML_TYPE_F16, adapter_->wv->ne[1], ctx_.n_ctx());
    mem_buffer_.reset(ggml_backend_alloc_ctx_tensors_from_buft(
        mem_ctx_.get(), llama_exit_buffer_type(model, adapter_->exit_layer)));

    probe_ctx_.reset(ggml_init({ggml_tensor_overhead() * 2, nullptr, true}));
    probe_ = ggml_new_tensor_1d(probe_ctx_.get(), GGML_TYPE_I64, max_rows_);
    probe_buffer_.reset(ggml_backend_alloc_ctx_tensors_from_buft(probe_ctx_.get(), ggml_backend_get_default_buffer_type(ctx_.backend_cpu)));
    if (!mem_buffer_ || !probe_buffer_) {
        throw std::bad_alloc();
    }
    ggml_backend_buffer_clear(mem_buffer_.get(), 0); // masked cells are multiplied by 0: they must not hold NaN

    ctx_.sched_reserve();
    const llama_token token      = 0;
    bool              recomputed = false;
    llama_exit_draft  out;
    if (draft(token, 0, 0, out, false) != 0 || verify(&token, 1, 0, recomputed) != 0) {
        throw std::runtime_error("a trial round failed");
    }
    keep(0);
}

void llama_exit::activate(size_t index) {
    if (index == current_) {
        return;
    }
    ctx_.synchronize();
    const auto exchange = [this](slot & s) {
        std::swap(ctx_.sched, s.sched);
        std::swap(ctx_.gf_res_prev, s.graphs);
        std::swap(ctx_.gf_res_prev_active, s.active);
    };
    exchange(*slots_[current_]); // back to its owner; the context now holds nothing
    exchange(*slots_[index]);
    current_ = index;
    if (!ctx_.sched) {
        ctx_.sched.reset(ggml_backend_sched_new(ctx_.backend_ptrs.data(), ctx_.backend_buft.data(), ctx_.backend_ptrs.size(),
            ctx_.graph_max_nodes(max_rows_), false, ctx_.cparams.op_offload));
    }
}

void llama_exit::select(phase p, int32_t rows) {
    switch (p) {
        case phase::off:
        case phase::full:
            activate(SLOT_MAIN);
            if (main_phase_ != p) {
                ctx_.gf_res_prev_active = nullptr; // the other kind of full graph
                main_phase_             = p;
            }
            break;
        case phase::draft:  activate(SLOT_DRAFT); break;
        case phase::state:  activate(SLOT_STATE); break;
        case phase::verify: activate(SLOT_VERIFY + rows); break;
    }
    phase_ = p;
}

// ggml-cpu picks other attention kernels for one row than for several, and their sums round differently. Its reference
// kernels treat every row alike, so that a row gives the same bits alone and among others: without that, greedy output
// would depend on the width of verification. Prompts keep the fast kernels: both modes read them in the same widths.
void llama_exit::use_reference_kernels(bool on) {
    if (on == reference_kernels_ || !ctx_.backend_cpu) {
        return;
    }
    auto * reg = ggml_backend_dev_backend_reg(ggml_backend_get_device(ctx_.backend_cpu));
    auto * set = reinterpret_cast<decltype(ggml_backend_cpu_set_use_ref) *>(
        ggml_backend_reg_get_proc_address(reg, "ggml_backend_cpu_set_use_ref"));
    if (set) {
        set(ctx_.backend_cpu, on);
    }
    reference_kernels_ = on;
}

int32_t llama_exit::run(const llama_token * tokens, int32_t n, llama_pos pos, bool all_logits, bool as_decoding) {
    if (n > batch_capacity_) {
        llama_batch_free(batch_);
        batch_          = llama_batch_init(n, 0, 1);
        batch_capacity_ = n;
    }
    batch_.n_tokens = n;
    for (int32_t i = 0; i < n; ++i) {
        batch_.token[i]     = tokens[i];
        batch_.pos[i]       = pos + i;
        batch_.n_seq_id[i]  = 1;
        batch_.seq_id[i][0] = 0;
        batch_.logits[i]    = all_logits || i == n - 1;
    }
    use_reference_kernels(as_decoding);
    return ctx_.decode(batch_);
}

int32_t llama_exit::decode(const llama_token * tokens, int32_t n, llama_pos pos, bool adapter_kv, bool all_logits) {
    select(adapter_kv && adapter_ ? phase::full : phase::off, n);
    return run(tokens, n, pos, all_logits, n == 1);
}

int32_t llama_exit::draft(llama_token token, llama_pos pos, int32_t row, llama_exit_draft & out, bool want_logits) {
    select(phase::draft, 1);
    row_ = row;
    if (const int32_t status = run(&token, 1, pos, true, true)) {
        return status;
    }
    ctx_.synchronize();
    const slot & s = *slots_[SLOT_DRAFT];
    int32_t index  = 0;
    ggml_backend_tensor_get(s.draft_id, &index, 0, sizeof(index));
    ggml_backend_tensor_get(s.draft_prob, &out.confidence, 0, sizeof(out.confidence));
    out.id = adapter_->draft_vocab.empty() ? index : adapter_->draft_vocab.at(index);
    if (want_logits) {
        logits_.resize(ggml_nelements(s.draft_logits));
        ggml_backend_tensor_get(s.draft_logits, logits_.data(), 0, logits_.size() * sizeof(float));
    }
    return 0;
}

int32_t llama_exit::state(llama_token token, llama_pos pos, int32_t row) {
    select(phase::state, 1);
    row_ = row;
    return run(&token, 1, pos, true, true);
}

int32_t llama_exit::verify(const llama_token * tokens, int32_t n, llama_pos pos, bool & recomputed) {
    keep(pos); // the same cells are handed out again: the drafts' K/V are still in them
    cells_moved_ = false;
    select(phase::verify, n);
    int32_t status = run(tokens, n, pos, true, true);
    recomputed     = cells_moved_;
    if (status == 0 && cells_moved_) {
        keep(pos);
        select(phase::full, n);
        status = run(tokens, n, pos, true, true);
    }
    return status;
}

std::vector<float> llama_exit::exit_state(int32_t row) const {
    std::vector<float> h(states_->ne[0]);
    ggml_backend_tensor_get(states_, h.data(), row * states_->nb[1], h.size() * sizeof(float));
    return h;
}

bool llama_exit::keep(llama_pos pos) {
    return ctx_.get_memory() && ctx_.get_memory()->seq_rm(0, pos, -1);
}

int64_t llama_exit::graphs_reused() const {
    return ctx_.perf_get_data().n_reused;
}

void llama_exit::rewrite(llm_graph_context & g, const llm_graph_params & params) {
    ++built_;
    if (phase_ == phase::off || !adapter_) {
        return;
    }
    ggml_cgraph *              gf = g.gf;
    std::vector<ggml_tensor *> nodes;
    nodes.reserve(ggml_graph_n_nodes(gf));
    for (int i = 0; i < ggml_graph_n_nodes(gf); ++i) {
        nodes.push_back(ggml_graph_node(gf, i));
    }
    ggml_tensor * cut   = find_cut(*g.res, nodes, adapter_->exit_layer);
    const auto    cut_at = std::find(nodes.begin(), nodes.end(), cut);
    if (!cut || cut_at == nodes.end() || cut->ne[0] != g.n_embd || cut->ne[1] != g.n_tokens || cut->type != GGML_TYPE_F32) {
        throw std::runtime_error("this architecture does not show the state between its layers");
    }
    const attention_inputs in(*g.res);
    if (!in.pos || !in.k_idxs || !in.mask) {
        throw std::runtime_error("this architecture has no ordinary causal attention for the adapter to share");
    }

    if (phase_ == phase::full) {
        build_adapter_kv(g, cut, in);
        return;
    }

    const auto inputs = input_tensors(gf);
    auto own = std::make_unique<input>(*this, params.mctx);
    ggml_graph_clear(gf);

    if (phase_ == phase::verify) {
        rewrite_verify(g, nodes, cut_at - nodes.begin());
    } else {
        own->row = ggml_new_tensor_1d(g.ctx0, GGML_TYPE_I64, 1);
        ggml_set_input(own->row);
        for (auto it = nodes.begin(); it != cut_at + 1; ++it) {
            ggml_build_forward_expand(gf, *it);
        }
        ggml_build_forward_expand(gf, ggml_set_rows(g.ctx0, states_, cut, own->row));
        ggml_tensor * normed = build_adapter_kv(g, cut, in);
        if (phase_ == phase::draft) {
            build_draft(g, nodes, build_adapter(g, cut, normed, in));
        }
        g.res->t_logits = nullptr;
    }
    g.res->t_embd = nullptr;
    for (ggml_tensor * t : inputs) {
        ggml_build_forward_expand(gf, t);
    }
    g.res->add_input(std::move(own));
}

// Late layers only: the cut is no longer computed but read from the stored states.
void llama_exit::rewrite_verify(llm_graph_context & g, const std::vector<ggml_tensor *> & nodes, size_t cut_at) {
    ggml_tensor * cut = nodes[cut_at];
    cut->op    = GGML_OP_NONE;
    cut->flags = 0;
    std::fill(std::begin(cut->src), std::end(cut->src), nullptr);
    cut->buffer    = nullptr;
    cut->view_src  = states_;
    cut->view_offs = 0;
    if (ggml_backend_view_init(cut) != GGML_STATUS_SUCCESS) {
        throw std::runtime_error("the exit states could not be read from their device");
    }
    for (size_t i = cut_at + 1; i < nodes.size(); ++i) {
        ggml_build_forward_expand(g.gf, nodes[i]);
    }
    // What late nodes need of the early part besides the cut is computed again. Masks and position tables may be; a
    // matrix product means that the layers are entangled, and drafting would be slow in silence.
    const std::unordered_set<ggml_tensor *> early(nodes.begin(), nodes.begin() + cut_at);
    for (int i = 0; i < ggml_graph_n_nodes(g.gf); ++i) {
        ggml_tensor * node = ggml_graph_node(g.gf, i);
        if ((node->op == GGML_OP_MUL_MAT || node->op == GGML_OP_MUL_MAT_ID) && early.count(node)) {
            throw std::runtime_error("its late layers also read from its early layers past the exit");
        }
    }
}

static ggml_tensor * build_rms_norm(ggml_context * ctx, ggml_tensor * x, ggml_tensor * weight, float eps) {
    return ggml_mul(ctx, ggml_rms_norm(ctx, x, eps), weight);
}

static ggml_tensor * build_rope(const llm_graph_context & g, const llama_exit_adapter & a, ggml_tensor * x, ggml_tensor * pos, ggml_tensor * factors) {
    return ggml_rope_ext(g.ctx0, x, pos, factors, a.n_rot, g.rope_type, g.n_ctx_orig, a.freq_base, g.freq_scale, g.ext_factor,
        g.attn_factor, g.beta_fast, g.beta_slow);
}

// Writes the adapter's K/V of all tokens into their cells; returns the normed exit state.
ggml_tensor * llama_exit::build_adapter_kv(llm_graph_context & g, ggml_tensor * h, const attention_inputs & in) {
    const llama_exit_adapter & a = *adapter_;
    ggml_context *  ctx     = g.ctx0;
    const int64_t   n_head  = a.wk->ne[1] / a.n_head_kv;
    ggml_tensor *   factors = ctx_.get_model().get_rope_factors(ctx_.get_cparams(), a.exit_layer);
    ggml_tensor *   normed  = build_rms_norm(ctx, h, a.attn_norm, a.norm_eps);

    ggml_tensor * k = ggml_reshape_3d(ctx, ggml_mul_mat(ctx, a.wk, normed), n_head, a.n_head_kv, h->ne[1]);
    k               = build_rope(g, a, k, in.pos, factors);
    k               = ggml_reshape_2d(ctx, k, a.wk->ne[1], h->ne[1]);
    ggml_tensor * v = ggml_mul_mat(ctx, a.wv, normed);
    ggml_build_forward_expand(g.gf, ggml_set_rows(ctx, k_, k, in.k_idxs));
    ggml_build_forward_expand(g.gf, ggml_set_rows(ctx, v_, v, in.k_idxs));
    return normed;
}

// norm(h + wo * MHA(normed)), [n_embd, n_tokens]; reads the cells that build_adapter_kv has written.
ggml_tensor * llama_exit::build_adapter(llm_graph_context & g, ggml_tensor * h, ggml_tensor * normed, const attention_inputs & in) {
    const llama_exit_adapter & a = *adapter_;
    ggml_context * ctx      = g.ctx0;
    const int64_t  n_tokens = h->ne[1];
    const int64_t  n_head   = a.wq->ne[1] / a.n_head; // width of a head
    const int64_t  n_kv     = in.mask->ne[0];
    const float    scale    = 1.0f / std::sqrt(static_cast<float>(n_head));
    ggml_tensor *  factors  = ctx_.get_model().get_rope_factors(ctx_.get_cparams(), a.exit_layer);

    ggml_tensor * q = ggml_reshape_3d(ctx, ggml_mul_mat(ctx, a.wq, normed), n_head, a.n_head, n_tokens);
    q               = ggml_permute(ctx, build_rope(g, a, q, in.pos, factors), 0, 2, 1, 3);

    const auto cells = [&](ggml_tensor * t) { // [n_embd_head, n_kv, n_head_kv]
        const size_t head_bytes = ggml_row_size(t->type, n_head);
        return ggml_view_3d(ctx, t, n_head, n_kv, a.n_head_kv, t->nb[1], head_bytes, 0);
    };
    ggml_tensor * out;
    if (ctx_.get_cparams().flash_attn) {
        out = ggml_flash_attn_ext(ctx, q, cells(k_), cells(v_), in.mask, scale, 0.0f, 0.0f);
        ggml_prec_set_acc(out, GGML_PREC_F32);
        out = ggml_reshape_2d(ctx, out, out->ne[0] * out->ne[1], n_tokens);
    } else {
        ggml_tensor * kq = ggml_mul_mat(ctx, cells(k_), q);
        ggml_prec_set_acc(kq, GGML_PREC_F32);
        kq = ggml_soft_max_ext(ctx, kq, in.mask, scale, 0.0f);
        ggml_tensor * v = ggml_cont(ctx, ggml_transpose(ctx, cells(v_)));
        out = ggml_permute(ctx, ggml_mul_mat(ctx, v, kq), 0, 2, 1, 3);
        out = ggml_cont_2d(ctx, out, out->ne[0] * out->ne[1], n_tokens);
    }
    ggml_tensor * y = ggml_add(ctx, h, ggml_mul_mat(ctx, a.wo, out));
    return build_rms_norm(ctx, y, a.norm, a.norm_eps);
}

// The base's own head on the adapter's output: the tail of the built graph, from its normalised final state to its logits
// (scales and soft caps included), is hung behind `y`. Then the likeliest token and its probability.
void llama_exit::build_draft(llm_graph_context & g, const std::vector<ggml_tensor *> & nodes, ggml_tensor * y) {
    ggml_context * ctx    = g.ctx0;
    ggml_tensor *  normed = g.res->t_embd;
    ggml_tensor *  logits = g.res->t_logits;
    if (!normed || !logits) {
        throw std::runtime_error("this architecture has no separate head");
    }
    std::unordered_set<ggml_tensor *> tail = {normed};
    for (ggml_tensor * node : nodes) {
        bool after = false;
        for (ggml_tensor * src : node->src) {
            after |= src && tail.count(src);
        }
        if (!after) {
            continue;
        }
        tail.insert(node);
        replace_source(node, normed, y);
        if (adapter_->head) {
            narrow_to_draft_vocabulary(node);
        }
    }
    if (!tail.count(logits)) {
        throw std::runtime_error("the head of this architecture does not read its normalised final state");
    }
    logits = ggml_reshape_2d(ctx, logits, logits->ne[0], 1);
    ggml_build_forward_expand(g.gf, logits);
    ggml_tensor * id   = ggml_argmax(ctx, logits);
    ggml_tensor * prob = ggml_soft_max(ctx, logits);
    prob               = ggml_get_rows(ctx, ggml_reshape_2d(ctx, prob, 1, logits->ne[0]), id);
    for (ggml_tensor * t : {logits, id, prob}) {
        ggml_set_output(t);
        ggml_build_forward_expand(g.gf, t);
    }
    slot & s       = *slots_[SLOT_DRAFT];
    s.draft_id     = id;
    s.draft_prob   = prob;
    s.draft_logits = logits;
}

// Gives a node of the head the width of the draft vocabulary; its weights are replaced by their gathered rows.
void llama_exit::narrow_to_draft_vocabulary(ggml_tensor * node) const {
    switch (node->op) {
        case GGML_OP_MUL_MAT:
            node->src[0] = adapter_->head;
            break;
        case GGML_OP_SCALE:
        case GGML_OP_UNARY:
            break;
        default:
            throw std::runtime_error("the head of this architecture cannot be narrowed to a draft vocabulary");
    }
    node->ne[0] = adapter_->head->ne[1];
    for (int i = 1; i < GGML_MAX_DIMS; ++i) {
        node->nb[i] = node->nb[i - 1] * node->ne[i - 1];
    }
}
