// Capturing what an adapter learns from: the states between layers and the normalised final states of whole texts, computed
// without the head; and what the head does with a final state, read off the base's own graph.
#include "llama-exit-internal.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace {

float op_param(const ggml_tensor * node, int at) {
    float value = 0.0f;
    std::memcpy(&value, reinterpret_cast<const float *>(node->op_params) + at, sizeof(value));
    return value;
}

bool is_parameter(const ggml_tensor * t) {
    return t && t->op == GGML_OP_NONE && t->buffer && !(t->flags & GGML_TENSOR_FLAG_INPUT);
}

// Follows the graph from the final state to the logits. Returns what it met that llama_exit_head has no word for; '' for success.
std::string read_head(const std::vector<ggml_tensor *> & nodes, const ggml_tensor * final, const ggml_tensor * logits, llama_exit_head & head) {
    const ggml_tensor * at = final;
    for (const ggml_tensor * node : nodes) {
        if (at == logits) {
            break;
        }
        if (node->src[0] != at && node->src[1] != at) {
            continue;
        }
        const std::string  unknown = std::string("an operation of the kind ") + ggml_op_desc(node);
        const ggml_tensor * other  = node->src[0] == at ? node->src[1] : node->src[0];
        switch (node->op) {
            case GGML_OP_SCALE:
                if (op_param(node, 1) != 0.0f) {
                    return unknown;
                }
                (!head.weight ? head.in_scale : head.cap > 0.0f ? head.cap : head.scale) *= op_param(node, 0);
                break;
            case GGML_OP_MUL_MAT:
                if (head.weight || !is_parameter(other) || node->src[1] != at) {
                    return unknown;
                }
                head.weight = other;
                break;
            case GGML_OP_ADD:
                if (!head.weight || head.bias || head.scale != 1.0f || head.cap > 0.0f || !is_parameter(other) || ggml_nelements(other) != node->ne[0]) {
                    return unknown;
                }
                head.bias = other;
                break;
            case GGML_OP_UNARY:
                if (!head.weight || head.cap > 0.0f || ggml_get_unary_op(node) != GGML_UNARY_OP_TANH) {
                    return unknown;
                }
                head.cap = 1.0f;
                break;
            case GGML_OP_RESHAPE:
            case GGML_OP_VIEW:
            case GGML_OP_CONT:
                if (ggml_nelements(node) != ggml_nelements(at)) {
                    return unknown;
                }
                break;
            default:
                return unknown;
        }
        at = node;
    }
    return at == logits && head.weight ? "" : "no matrix between the final state and the logits";
}

} // namespace

llama_exit_shape llama_exit_shape_of(const llama_context & ctx, int32_t layer) {
    const auto &     h = ctx.get_model().hparams;
    llama_exit_shape s;
    s.n_head      = static_cast<int32_t>(h.n_head(layer));
    s.n_head_kv   = static_cast<int32_t>(h.n_head_kv(layer));
    s.n_embd_head = static_cast<int32_t>(h.n_embd_head_k_full);
    if (h.is_mla()) {
        s.n_head_kv   = s.n_head;
        s.n_embd_head = static_cast<int32_t>(h.n_embd_head_k_mla());
    }
    if (s.n_head < 1) {
        throw std::runtime_error("it has no attention at layer " + std::to_string(layer));
    }
    if (s.n_head_kv < 1 || s.n_head % s.n_head_kv != 0) {
        s.n_head_kv = s.n_head;
    }
    s.n_rot          = std::min(static_cast<int32_t>(h.n_rot_full), s.n_embd_head) / 2 * 2;
    s.freq_base      = ctx.get_cparams().rope_freq_base;
    s.max_alibi_bias = h.use_alibi ? h.f_max_alibi_bias : 0.0f;
    if (s.n_rot == 0) { // the file's key must fit the head; nothing rotates then
        s.n_rot = s.n_embd_head / 2 * 2;
    }
    return s;
}

// The graph ends at the final state; the wanted states are kept until the next graph.
void llama_exit::rewrite_capture(llm_graph_context & g, const std::vector<ggml_tensor *> & nodes) {
    std::vector<ggml_tensor *> wanted;
    for (const int32_t layer : capture_layers_) {
        ggml_tensor * state = find_cut(*g.res, nodes, layer);
        if (!state || !is_state(state, g) || std::find(nodes.begin(), nodes.end(), state) == nodes.end()) {
            throw std::runtime_error("this architecture does not show one state per token between its layers");
        }
        wanted.push_back(state);
    }
    ggml_tensor * final = g.res->t_embd;
    if (!final || !g.res->t_logits || final->ne[0] != g.n_embd || final->type != GGML_TYPE_F32) {
        throw std::runtime_error("this architecture has no separate head");
    }
    wanted.push_back(final);
    head_         = {};
    head_problem_ = read_head(nodes, final, g.res->t_logits, head_);

    const auto inputs = input_tensors(g.gf);
    ggml_graph_clear(g.gf);
    for (ggml_tensor * t : wanted) {
        ggml_set_output(t);
    }
    for (ggml_tensor * node : nodes) { // in their own order, up to the last one that is wanted
        ggml_build_forward_expand(g.gf, node);
        if (node == final) {
            break;
        }
    }
    for (ggml_tensor * t : inputs) {
        ggml_build_forward_expand(g.gf, t);
    }
    slots_[current_]->captured = std::move(wanted);
    g.res->t_logits            = nullptr;
    g.res->t_embd              = nullptr;
}

int32_t llama_exit::capture(const std::vector<llama_exit_piece> & pieces, const std::vector<int32_t> & layers, llama_exit_captured & out) {
    int32_t n = 0;
    for (const auto & p : pieces) {
        n += p.n;
    }
    if (n < 1 || n > static_cast<int32_t>(ctx_.get_cparams().n_ubatch)) {
        throw std::runtime_error("a capture takes up to n_ubatch tokens");
    }
    if (capture_layers_ != layers) {
        capture_layers_          = layers;
        slots_[SLOT_MAIN]->holds = phase::off; // the cached graph is for other layers
    }
    select(phase::capture, SLOT_MAIN);
    use_reference_kernels(false);

    if (n > batch_capacity_) {
        llama_batch_free(batch_);
        batch_          = llama_batch_init(n, 0, 1);
        batch_capacity_ = n;
    }
    batch_.n_tokens = 0;
    for (const auto & p : pieces) {
        for (int32_t i = 0; i < p.n; ++i) {
            const int32_t at     = batch_.n_tokens++;
            batch_.token[at]     = p.tokens[i];
            batch_.pos[at]       = p.pos + i;
            batch_.n_seq_id[at]  = 1;
            batch_.seq_id[at][0] = p.text;
            batch_.logits[at]    = true;
        }
    }
    if (const int32_t status = ctx_.decode(batch_)) {
        return status;
    }
    ctx_.synchronize();
    const auto fetch = [n](const ggml_tensor * t, std::vector<float> & to) {
        if (ggml_nelements(t) != n * t->ne[0]) { // split into several passes, of which only the last one's states are left
            throw std::runtime_error("this architecture does not take several texts in one pass");
        }
        to.resize(ggml_nelements(t));
        ggml_backend_tensor_get(t, to.data(), 0, ggml_nbytes(t));
    };
    const auto & captured = slots_[SLOT_MAIN]->captured;
    out.states.resize(layers.size());
    for (size_t i = 0; i < layers.size(); ++i) {
        fetch(captured[i], out.states[i]);
    }
    fetch(captured.back(), out.finals);
    return 0;
}

const llama_exit_head & llama_exit::head() const {
    if (!head_problem_.empty() || !head_.weight) {
        throw std::runtime_error("its head cannot be trained against: it has " + (head_problem_.empty() ? std::string("not been seen") : head_problem_));
    }
    return head_;
}
