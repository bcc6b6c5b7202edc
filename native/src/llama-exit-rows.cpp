// A row of several gives the same bits as a row alone: the second half of what llama_exit::use_reference_kernels begins.
//
// ggml-cpu multiplies F32 and F16 matrices by one row with other kernels than by several, and their sums round differently.
// Quantised weights are safe. But in quantised files, too, the routers of experts are F32, and attention without flash attention
// multiplies by the F16 cache: there each row gets a product of its own. Without that, 21 of 64 tokens of an answer of a random
// qwen3moe in Q8_0 depended on the width of verification. Where most weights are F32 or F16 they are left alone: each row
// would stream them again.
#include "llama-exit-internal.h"

#include <cstring>
#include <vector>

namespace {

bool is_weight(const ggml_tensor * t) {
    return t->buffer && ggml_backend_buffer_get_usage(t->buffer) == GGML_BACKEND_BUFFER_USAGE_WEIGHTS;
}

// Of the matrices that a graph multiplies by, at most an eighth of all bytes is not quantised.
bool mostly_quantized(ggml_cgraph * gf) {
    size_t all = 0, plain = 0;
    for (int i = 0; i < ggml_graph_n_nodes(gf); ++i) {
        const ggml_tensor * node = ggml_graph_node(gf, i);
        if ((node->op == GGML_OP_MUL_MAT || node->op == GGML_OP_MUL_MAT_ID) && is_weight(node->src[0])) {
            all += ggml_nbytes(node->src[0]);
            plain += ggml_is_quantized(node->src[0]->type) ? 0 : ggml_nbytes(node->src[0]);
        }
    }
    return plain <= all / 8;
}

bool depends_on_width(const ggml_tensor * node, int64_t n_tokens, bool weights_too) {
    if (node->op != GGML_OP_MUL_MAT) {
        return false;
    }
    const ggml_tensor * a = node->src[0];
    const ggml_tensor * b = node->src[1];
    // columns that are no tokens are several for one token too, as the heads in the rotation of a quantised cache
    if (ggml_is_quantized(a->type) || b->ne[1] != n_tokens || b->ne[3] != 1 || (is_weight(a) && !weights_too)) {
        return false;
    }
    const ggml_tensor * owner = a->view_src ? a->view_src : a;
    return !owner->buffer || ggml_backend_buffer_is_host(owner->buffer); // a GPU has kernels and rounding of its own
}

// a [k, m, x] times b [k, n, y] becomes a times b [k, 1, y, n]: n products of one row. The node itself, which others point to,
// becomes the copy that brings the result [m, 1, y, n] back into its place as [m, n, y].
void separate_rows(ggml_context * ctx, ggml_tensor * node) {
    ggml_tensor * b    = node->src[1];
    ggml_tensor * rows = ggml_view_4d(ctx, b, b->ne[0], 1, b->ne[2], b->ne[1], b->nb[2], b->nb[2], b->nb[1], 0);
    ggml_tensor * product = ggml_mul_mat(ctx, node->src[0], rows);
    std::memcpy(product->op_params, node->op_params, sizeof(node->op_params));
    std::memset(node->op_params, 0, sizeof(node->op_params));
    node->op     = GGML_OP_CONT;
    node->src[0] = ggml_permute(ctx, product, 0, 3, 2, 1);
    node->src[1] = nullptr;
}

} // namespace

void compute_rows_alone(const llm_graph_context & g) {
    std::vector<ggml_tensor *> nodes;
    const bool                 weights_too = mostly_quantized(g.gf);
    bool                       changed     = false;
    for (int i = 0; i < ggml_graph_n_nodes(g.gf); ++i) {
        ggml_tensor * node = ggml_graph_node(g.gf, i);
        nodes.push_back(node);
        if (depends_on_width(node, g.n_tokens, weights_too)) {
            separate_rows(g.ctx0, node);
            changed = true;
        }
    }
    if (!changed) {
        return;
    }
    ggml_graph_clear(g.gf); // again in the same order, with what is new
    for (ggml_tensor * node : nodes) {
        ggml_build_forward_expand(g.gf, node);
    }
}
