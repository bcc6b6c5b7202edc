// The graph surgery behind llama-exit.h. An architecture's own graph is built as always, then cut at the exit state:
//   draft, state: the nodes up to the cut, then the adapter (and the base's own head, taken from the graph's tail)
//   verify:       the nodes behind the cut, which becomes a view of the stored exit states
//   full:         unchanged, plus the adapter's K/V of every token
//   keep:         unchanged, but the exit states are kept
//   follow:       the nodes up to the cut but for what they write, then the adapter's K/V
#include "llama-exit-internal.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <unordered_set>

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

// Architectures that do not record their layer inputs name the layer outputs.
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

namespace {

// What the graph itself computes has no memory yet.
bool writes_to_cache(const ggml_tensor * node) {
    return (node->op == GGML_OP_SET_ROWS || node->op == GGML_OP_CPY) && node->view_src && node->view_src->buffer;
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
    ggml_tensor * pos    = nullptr; // I32 [n_tokens], M-RoPE: [4*n_tokens]; null where the base has no positions but in its mask (ALiBi)
    ggml_tensor * k_idxs = nullptr; // I64 [n_tokens], cells to write
    ggml_tensor * mask   = nullptr; // [n_kv, n_tokens]

    explicit attention_inputs(const llm_graph_result & res) {
        for (const auto & in : res.inputs) {
            if (const auto * pos = dynamic_cast<const llm_graph_input_pos *>(in.get())) {
                this->pos = pos->pos;
            } else if (const auto * kv = dynamic_cast<const llm_graph_input_attn_kv *>(in.get())) {
                this->k_idxs = kv->get_k_idxs();
                this->mask   = kv->get_kq_mask();
            } else if (const auto * k = dynamic_cast<const llm_graph_input_attn_k *>(in.get())) { // latent attention: no V of its own
                this->k_idxs = k->get_k_idxs();
                this->mask   = k->get_kq_mask();
            } else if (const auto * iswa = dynamic_cast<const llm_graph_input_attn_kv_iswa *>(in.get())) {
                this->k_idxs = iswa->get_k_idxs();
                this->mask   = iswa->get_kq_mask();
            }
        }
    }
};

// Sets which rows of the round a draft or state pass fills, and watches that verification gets the cells that the drafts wrote.
class llama_exit::input : public llm_graph_input_i {
public:
    input(llama_exit & owner, const llama_memory_context_i * mctx) : owner(owner), mctx(mctx) {}

    void set_input(const llama_ubatch * ubatch) override {
        const phase p = owner.phase_;
        if (rows) {
            std::vector<int64_t> r(rows->ne[0]);
            std::iota(r.begin(), r.end(), owner.row_);
            ggml_backend_tensor_set(rows, r.data(), 0, r.size() * sizeof(r[0]));
        }
        if (p == phase::off || p == phase::full) {
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
                if (p == phase::keep) {
                    if (kv == cells.base) {
                        owner.kept_.push_back({ubatch->pos[i], idxs[i]});
                    }
                } else if (p == phase::follow) { // a cache without holes has each position in the cell of that number
                    owner.cells_moved_ |= idxs[i] != ubatch->pos[i];
                } else if (p == phase::verify) {
                    owner.cells_moved_ |= owner.cells_[offset + i] != idxs[i];
                } else {
                    owner.cells_[offset + owner.row_ + i] = idxs[i];
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
    ggml_tensor *                  rows = nullptr; // I64 [n_tokens]
};

void llama_exit::rewrite(llm_graph_context & g, const llm_graph_params & params) {
    ++built_;
    const auto inputs = input_tensors(g.gf);
    if (reference_kernels_ && g.n_tokens > 1) {
        compute_rows_alone(g);
    }
    cut_graph(g, params, inputs);
    if (slot & s = *slots_[current_]; s.choosing) {
        s.choices       = build_choices(g.ctx0, g.gf, g.res->t_logits);
        g.res->t_logits = nullptr;
    }
    const bool ours = reference_kernels_ || on_cpu(); // a GPU takes the products of long prompts from the CPU, and is faster
    use_row_kernels(g.ctx0, g.gf, inputs, ctx_.sched.get(), ctx_.backend_cpu, !ours);
}

void llama_exit::rewrite_without(llm_graph_context & g, const llm_graph_params & params) {
    use_row_kernels(g.ctx0, g.gf, input_tensors(g.gf), params.sched, params.backend_cpu, true);
}

void llama_exit::cut_graph(llm_graph_context & g, const llm_graph_params & params, const std::vector<ggml_tensor *> & inputs) {
    if (phase_ != phase::capture && (phase_ == phase::off || !adapter_)) {
        return;
    }
    ggml_cgraph *              gf = g.gf;
    std::vector<ggml_tensor *> nodes;
    nodes.reserve(ggml_graph_n_nodes(gf));
    for (int i = 0; i < ggml_graph_n_nodes(gf); ++i) {
        nodes.push_back(ggml_graph_node(gf, i));
    }
    if (phase_ == phase::capture) {
        rewrite_capture(g, nodes);
        return;
    }
    ggml_tensor * cut    = find_cut(*g.res, nodes, adapter_->exit_layer);
    const auto    cut_at = std::find(nodes.begin(), nodes.end(), cut);
    if (!cut || cut_at == nodes.end() || !is_state(cut, g)) {
        throw std::runtime_error("this architecture does not show one state per token between its layers");
    }
    const attention_inputs in(*g.res);
    if (!in.k_idxs || !in.mask) {
        throw std::runtime_error("this architecture has no ordinary causal attention for the adapter to share");
    }

    has_positions_ = in.pos != nullptr;
    if (phase_ == phase::full) {
        build_adapter_kv(g.ctx0, gf, cut, in.pos, in.k_idxs);
        return;
    }

    auto own = std::make_unique<input>(*this, params.mctx);
    if (phase_ == phase::keep || phase_ == phase::draft || phase_ == phase::state) {
        own->rows = ggml_new_tensor_1d(g.ctx0, GGML_TYPE_I64, g.n_tokens);
        ggml_set_input(own->rows);
    }
    if (phase_ == phase::keep) {
        ggml_build_forward_expand(gf, ggml_set_rows(g.ctx0, kept_states_, cut, own->rows));
        g.res->add_input(std::move(own));
        return;
    }
    ggml_graph_clear(gf);

    if (phase_ == phase::verify) {
        rewrite_verify(g, nodes, cut_at - nodes.begin());
    } else if (phase_ == phase::follow) {
        for (auto it = nodes.begin(); it != cut_at + 1; ++it) {
            if (!writes_to_cache(*it)) {
                ggml_build_forward_expand(gf, *it);
            }
        }
        build_adapter_kv(g.ctx0, gf, cut, in.pos, in.k_idxs);
        g.res->t_logits = nullptr;
    } else {
        for (auto it = nodes.begin(); it != cut_at + 1; ++it) {
            ggml_build_forward_expand(gf, *it);
        }
        ggml_build_forward_expand(gf, ggml_set_rows(g.ctx0, states_, cut, own->rows));
        ggml_tensor * normed = build_adapter_kv(g.ctx0, gf, cut, in.pos, in.k_idxs);
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
    // What late nodes need of the early part besides the cut is computed again. Masks and position tables may be, and small
    // matrices (Gemma 4 projects the embeddings of all its layers at once, in 2% of its weights); more than that means that the
    // layers are entangled, and drafting would be slow in silence.
    const std::unordered_set<ggml_tensor *> early(nodes.begin(), nodes.begin() + cut_at);
    size_t again = 0, all = 0;
    for (int i = 0; i < ggml_graph_n_nodes(g.gf); ++i) {
        ggml_tensor * node = ggml_graph_node(g.gf, i);
        if (node->op == GGML_OP_MUL_MAT || node->op == GGML_OP_MUL_MAT_ID) {
            all += ggml_nbytes(node->src[0]);
            again += early.count(node) ? ggml_nbytes(node->src[0]) : 0;
        }
    }
    if (again > all / 16) {
        throw std::runtime_error("its late layers also read from its early layers past the exit");
    }
}

static ggml_tensor * build_rms_norm(ggml_context * ctx, ggml_tensor * x, ggml_tensor * weight, float eps) {
    return ggml_mul(ctx, ggml_rms_norm(ctx, x, eps), weight);
}

llama_exit_rotation llama_exit_rotation_of(const llama_context & ctx, int32_t layer) {
    const auto &        c = ctx.get_cparams();
    const auto &        m = ctx.get_model();
    llama_exit_rotation r;
    r.type = m.hparams.rope_type == LLAMA_ROPE_TYPE_NONE ? -1 : m.hparams.rope_type;
    if (r.type & GGML_ROPE_TYPE_MROPE && r.type >= 0) { // text has the same position in all sections
        r.type = LLAMA_ROPE_TYPE_NEOX;
    }
    r.n_ctx_orig  = static_cast<int32_t>(c.n_ctx_orig_yarn);
    r.freq_base   = c.rope_freq_base;
    r.freq_scale  = c.rope_freq_scale;
    r.ext_factor  = c.yarn_ext_factor;
    r.attn_factor = c.yarn_attn_factor;
    r.beta_fast   = c.yarn_beta_fast;
    r.beta_slow   = c.yarn_beta_slow;
    r.factors     = m.get_rope_factors(c, layer);
    return r;
}

ggml_tensor * llama_exit_rotate(ggml_context * ctx, const llama_exit_rotation & r, ggml_tensor * x, ggml_tensor * pos, int32_t n_rot, float freq_base, bool in_place) {
    if (!pos || r.type < 0) {
        return x;
    }
    if (r.factors && r.factors->ne[0] < n_rot / 2) {
        throw std::runtime_error("its adapter rotates " + std::to_string(n_rot) + " dimensions of a head, and the model only " + std::to_string(2 * r.factors->ne[0]));
    }
    if (pos->ne[0] > x->ne[2]) { // M-RoPE: the first n_tokens are those of the first section
        pos = ggml_view_1d(ctx, pos, x->ne[2], 0);
    }
    return (in_place ? ggml_rope_ext_inplace : ggml_rope_ext)(ctx, x, pos, const_cast<ggml_tensor *>(r.factors), n_rot, r.type, r.n_ctx_orig, freq_base,
        r.freq_scale, r.ext_factor, r.attn_factor, r.beta_fast, r.beta_slow);
}

// As the base rotates, with the adapter's own base frequency; not at all where the base learned its positions or has them in
// its mask.
ggml_tensor * llama_exit::build_rope(ggml_context * ctx, ggml_tensor * x, ggml_tensor * pos, bool in_place) const {
    return llama_exit_rotate(ctx, llama_exit_rotation_of(ctx_, adapter_->exit_layer), x, pos, adapter_->n_rot, adapter_->freq_base, in_place);
}

// Writes the adapter's K/V of tokens with exit states h and positions `pos` into `cells` I64 [n_tokens]; returns the normed states.
ggml_tensor * llama_exit::build_adapter_kv(ggml_context * ctx, ggml_cgraph * gf, ggml_tensor * h, ggml_tensor * pos, ggml_tensor * cells) {
    const llama_exit_adapter & a = *adapter_;
    const int64_t   n_head  = a.wk->ne[1] / a.n_head_kv;
    ggml_tensor *   normed  = build_rms_norm(ctx, h, a.attn_norm, a.norm_eps);

    ggml_tensor * k = ggml_reshape_3d(ctx, ggml_mul_mat(ctx, a.wk, normed), n_head, a.n_head_kv, h->ne[1]);
    k               = build_rope(ctx, k, pos, false);
    k               = ggml_reshape_2d(ctx, k, a.wk->ne[1], h->ne[1]);
    ggml_tensor * v = ggml_mul_mat(ctx, a.wv, normed);
    ggml_build_forward_expand(gf, ggml_set_rows(ctx, k_, k, cells));
    ggml_build_forward_expand(gf, ggml_set_rows(ctx, v_, v, cells));
    return normed;
}

// What the passes that kept states left to do.
void llama_exit::ready_to_draft(int32_t unless_fit) {
    if (kept_.empty() || (unless_fit > 0 && kept_.size() + unless_fit <= KEPT_STATES)) {
        return;
    }
    const auto       n = static_cast<int64_t>(kept_.size());
    ggml_context_ptr ctx(ggml_init({ggml_tensor_overhead() * 64 + ggml_graph_overhead(), nullptr, true}));
    ggml_cgraph *    graph = ggml_new_graph(ctx.get());
    ggml_tensor *    pos   = has_positions_ ? ggml_new_tensor_1d(ctx.get(), GGML_TYPE_I32, n) : nullptr;
    ggml_tensor *    cells = ggml_new_tensor_1d(ctx.get(), GGML_TYPE_I64, n);
    std::vector<ggml_tensor *> inputs = {cells};
    if (pos) {
        inputs.push_back(pos);
    }
    for (ggml_tensor * t : inputs) {
        ggml_set_input(t);
    }
    if (!kept_sched_) {
        kept_sched_ = new_sched();
    }
    build_adapter_kv(ctx.get(), graph, ggml_view_2d(ctx.get(), kept_states_, kept_states_->ne[0], n, kept_states_->nb[1], 0), pos, cells);
    ggml_backend_sched_reset(kept_sched_.get());
    use_row_kernels(ctx.get(), graph, inputs, kept_sched_.get(), ctx_.backend_cpu, !on_cpu());
    if (!ggml_backend_sched_alloc_graph(kept_sched_.get(), graph)) {
        throw std::bad_alloc();
    }
    std::vector<int32_t> positions;
    std::vector<int64_t> places;
    for (const kept_token & t : kept_) {
        positions.push_back(t.pos);
        places.push_back(t.cell);
    }
    if (pos) {
        ggml_backend_tensor_set(pos, positions.data(), 0, ggml_nbytes(pos));
    }
    ggml_backend_tensor_set(cells, places.data(), 0, ggml_nbytes(cells));
    const auto callback = ctx_.abort_callback; // what is stopped halfway would be missing later, and a stop finds enough else to end
    const auto data     = ctx_.abort_callback_data;
    ctx_.set_abort_callback(nullptr, nullptr);
    computing(true);
    const ggml_status status = ggml_backend_sched_graph_compute(kept_sched_.get(), graph);
    computing(false);
    ctx_.set_abort_callback(callback, data);
    if (status != GGML_STATUS_SUCCESS) {
        throw std::runtime_error("the adapter's keys and values could not be computed");
    }
    kept_.clear();
}

// norm(h + wo * MHA(normed)), [n_embd, n_tokens]; reads the cells that build_adapter_kv has written.
ggml_tensor * llama_exit::build_adapter(llm_graph_context & g, ggml_tensor * h, ggml_tensor * normed, const attention_inputs & in) {
    const llama_exit_adapter & a = *adapter_;
    ggml_context * ctx      = g.ctx0;
    const int64_t  n_tokens = h->ne[1];
    const int64_t  n_head   = a.wq->ne[1] / a.n_head; // width of a head
    const int64_t  n_kv     = in.mask->ne[0];
    const float    scale    = 1.0f / std::sqrt(static_cast<float>(n_head));
    const float    bias     = g.hparams.f_max_alibi_bias; // 0: none

    ggml_tensor * q = ggml_reshape_3d(ctx, ggml_mul_mat(ctx, a.wq, normed), n_head, a.n_head, n_tokens);
    q               = ggml_permute(ctx, build_rope(ctx, q, in.pos, false), 0, 2, 1, 3);

    const auto cells = [&](ggml_tensor * t) { // [n_embd_head, n_kv, n_head_kv]
        const size_t head_bytes = ggml_row_size(t->type, n_head);
        return ggml_view_3d(ctx, t, n_head, n_kv, a.n_head_kv, t->nb[1], head_bytes, 0);
    };
    ggml_tensor * out;
    if (ctx_.get_cparams().flash_attn) {
        out = ggml_flash_attn_ext(ctx, q, cells(k_), cells(v_), in.mask, scale, bias, 0.0f);
        ggml_prec_set_acc(out, GGML_PREC_F32);
        out = ggml_reshape_2d(ctx, out, out->ne[0] * out->ne[1], n_tokens);
    } else {
        ggml_tensor * kq = ggml_mul_mat(ctx, cells(k_), q);
        ggml_prec_set_acc(kq, GGML_PREC_F32);
        kq = ggml_soft_max_ext(ctx, kq, in.mask, scale, bias);
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
    ggml_tensor * id   = build_choices(ctx, g.gf, logits);
    ggml_tensor * prob = ggml_soft_max(ctx, logits);
    prob               = ggml_get_rows(ctx, ggml_reshape_2d(ctx, prob, 1, logits->ne[0]), id);
    for (ggml_tensor * t : {logits, prob}) {
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
