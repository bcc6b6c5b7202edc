// Passes compute with row-kernels.h where it has what they need and the weights lie in the host's memory: each
// product of a graph becomes two nodes, one that quantises the rows (once for all matrices that they meet) and one that multiplies.
#include "llama-exit-internal.h"
#include "llama-exit-weights.h"
#include "row-kernels.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string_view>
#include <vector>

namespace {

using counter = std::atomic<int32_t>;

// In front of the quantised rows: for each product that reads them, how many parts of its outputs were taken by a thread.
constexpr size_t HEADER = 64, COUNTERS = HEADER / sizeof(counter);

// KANGAROO_KERNELS names an instruction set to compare with, or leaves everything to ggml (`ggml`).
const row_kernels * chosen() {
    static const row_kernels * const found = [] {
        const char * wanted = std::getenv("KANGAROO_KERNELS");
        for (const row_kernels * k : available_row_kernels()) {
            if (!wanted || std::string_view(wanted) == k->name) {
                return k;
            }
        }
        return static_cast<const row_kernels *>(nullptr);
    }();
    return found;
}

counter * counters_of(const ggml_tensor * rows) { return reinterpret_cast<counter *>(rows->data); }
uint8_t * data_of(const ggml_tensor * rows) { return static_cast<uint8_t *>(rows->data) + HEADER; }

// What a custom node needs to know stands behind what ggml keeps in its parameters.
constexpr size_t KEPT = 32;

template <typename T> void keep(ggml_tensor * node, const T & what) {
    static_assert(KEPT + sizeof(T) <= GGML_MAX_OP_PARAMS);
    std::memcpy(reinterpret_cast<char *>(node->op_params) + KEPT, &what, sizeof(T));
}

template <typename T> T kept(const ggml_tensor * node) {
    T what;
    std::memcpy(&what, reinterpret_cast<const char *>(node->op_params) + KEPT, sizeof(T));
    return what;
}

// dst: I8 [HEADER + rows * row_bytes], keeps whether scales are halves; its source: F32 [k, …].
void quantize_rows(ggml_tensor * dst, int ith, int nth, void *) {
    const ggml_tensor * x      = dst->src[0];
    const row_kernels & p      = *chosen();
    const bool          half   = kept<bool>(dst);
    const int64_t       blocks = x->ne[0] / 32;
    const size_t        bytes  = p.row_bytes(x->ne[0]);
    if (ith == 0) {
        for (size_t i = 0; i < COUNTERS; ++i) {
            counters_of(dst)[i].store(0, std::memory_order_relaxed);
        }
    }
    for (int64_t r = 0; r < ggml_nrows(x); ++r) {
        const size_t offset = r % x->ne[1] * x->nb[1] + r / x->ne[1] % x->ne[2] * x->nb[2] + r / x->ne[1] / x->ne[2] * x->nb[3];
        const auto * row    = reinterpret_cast<const float *>(static_cast<const char *>(x->data) + offset);
        p.quantize(row, blocks * ith / nth, blocks * (ith + 1) / nth, half, data_of(dst) + r * bytes);
    }
}

// What a product keeps. The weights are no source of its node: ggml lets only its own products read what it has repacked.
struct task {
    const ggml_tensor * weights; // [k, m]
    row_product         multiply;
    int32_t             which; // of the counters
};

// dst: F32 [m, …], contiguous; its source: what quantize_rows() made of F32 [k, …].
void multiply_rows(ggml_tensor * dst, int ith, int nth, void *) {
    constexpr int64_t   PART = 64, PARTS_PER_THREAD = 4; // threads of unequal speed take as many parts as they can
    constexpr int64_t   EIGHT = 8;
    constexpr int64_t   FEW_ROWS = 16;
    constexpr size_t    CACHED = 256 << 10;
    const ggml_tensor * rows = dst->src[0];
    const task          t    = kept<task>(dst);
    const ggml_tensor & w      = *t.weights;
    const int64_t       n      = ggml_nrows(dst);
    const int64_t       eights = (w.ne[1] + EIGHT - 1) / EIGHT; // of outputs
    const size_t        bytes  = chosen()->row_bytes(w.ne[0]);
    const int64_t       parts  = n > FEW_ROWS ? std::max<int64_t>(nth, w.ne[1] / PART) // small enough to stay in the cache for all rows
                               : nth == 1              ? 1
                                                       : std::max<int64_t>(nth, std::min(w.ne[1] / PART, nth * PARTS_PER_THREAD));
    const int64_t       at_once = std::max<int64_t>(1, CACHED / bytes / 4) * 4; // rows that stay in a core's cache while the weights pass by
    counter &           taken   = counters_of(rows)[t.which];
    for (int64_t part; (part = taken.fetch_add(1, std::memory_order_relaxed)) < parts;) {
        const int64_t begin = EIGHT * (eights * part / parts), end = std::min(w.ne[1], EIGHT * (eights * (part + 1) / parts));
        for (int64_t r = 0; r < n && begin < end; r += at_once) {
            t.multiply(static_cast<const char *>(w.data) + begin * w.nb[1], w.ne[0], end - begin, data_of(rows) + r * bytes, bytes, std::min(at_once, n - r),
                reinterpret_cast<float *>(static_cast<char *>(dst->data) + r * dst->nb[1]) + begin, dst->nb[1] / sizeof(float));
        }
    }
}

bool is_packed(const ggml_tensor & w) { return w.buffer && packed_weights() && ggml_backend_buffer_get_type(w.buffer) == packed_weights(); }

// Of weights that ggml too can multiply by. Null where they are of another format, or elsewhere.
row_product product_for(const ggml_tensor & w) {
    if (w.op != GGML_OP_NONE || w.view_src || !w.buffer || !ggml_is_contiguous(&w) || !ggml_is_matrix(&w)) {
        return nullptr;
    }
    if (ggml_backend_buffer_is_host(w.buffer)) {
        return w.type == GGML_TYPE_Q8_0 ? chosen()->q8_0 : nullptr;
    }
    // with AVX2, which all of the products need, ggml repacks these by eights (ggml_repack_get_optimal_repack_type)
    if (std::strcmp(ggml_backend_buft_name(ggml_backend_buffer_get_type(w.buffer)), "CPU_REPACK") == 0 && w.ne[1] % 8 == 0) {
        return w.type == GGML_TYPE_Q4_0 ? chosen()->q4_0x8 : w.type == GGML_TYPE_Q4_K ? chosen()->q4_kx8 : nullptr;
    }
    return nullptr;
}

row_product product_for(const ggml_tensor * node, bool packed_only) {
    if (node->op != GGML_OP_MUL_MAT) {
        return nullptr;
    }
    const ggml_tensor & w = *node->src[0], & x = *node->src[1];
    const bool          fits = x.type == GGML_TYPE_F32 && x.nb[0] == sizeof(float) && ggml_is_contiguous(node);
    if (is_packed(w)) { // nobody else can
        GGML_ASSERT(fits && "packed weights are multiplied by rows in single precision");
        return w.type == GGML_TYPE_Q8_0 ? chosen()->q8_0x8 : w.type == GGML_TYPE_Q6_K ? chosen()->q6_kx8 : chosen()->q5_kx8;
    }
    return fits && !packed_only ? product_for(w) : nullptr;
}

// A node that was GGML_OP_FLASH_ATTN_EXT, with the sources it had; it keeps its scale.
void attend_rows(ggml_tensor * dst, int ith, int nth, void *) {
    const ggml_tensor & q = *dst->src[0], & k = *dst->src[1], & v = *dst->src[2], & mask = *dst->src[3];
    const row_attention a = {static_cast<const char *>(q.data), static_cast<const char *>(k.data), static_cast<const char *>(v.data), static_cast<const char *>(mask.data), static_cast<char *>(dst->data),
        q.nb[1], q.nb[2], k.nb[1], k.nb[2], v.nb[1], v.nb[2], mask.nb[1], dst->nb[2], dst->nb[1],
        q.ne[1], q.ne[2], k.ne[2], k.ne[1], k.ne[0], v.ne[0], kept<float>(dst)};
    const int64_t group = a.n_head / a.n_head_kv;
    // all heads that share keys and values together, unless some threads would have nothing to do
    const int64_t at_once = a.n_head_kv % nth == 0 || a.n_head_kv >= 4 * nth ? group : 1;
    for (int64_t head = ith * at_once; head < a.n_head; head += nth * at_once) {
        chosen()->attend(a, head, at_once);
    }
}

bool is_attention(const ggml_tensor * node) {
    if (node->op != GGML_OP_FLASH_ATTN_EXT) {
        return false;
    }
    const ggml_tensor * q = node->src[0], * k = node->src[1], * v = node->src[2], * mask = node->src[3];
    const float *       params = reinterpret_cast<const float *>(node->op_params); // scale, ALiBi's bias, soft cap
    const auto          fits   = [](const ggml_tensor * t) {
        const ggml_tensor * owner = t->view_src ? t->view_src : t;
        return t->type == GGML_TYPE_F16 && t->nb[0] == sizeof(ggml_fp16_t) && t->ne[0] % row_attention::LANES == 0 && t->ne[0] <= row_attention::MOST_WIDTH && t->ne[3] == 1 && owner->buffer
            && ggml_backend_buffer_is_host(owner->buffer);
    };
    return mask && !node->src[4] && params[1] == 0.0f && params[2] == 0.0f && fits(k) && fits(v) && k->ne[1] % row_attention::POSITIONS == 0 && k->ne[2] == v->ne[2]
        && q->ne[2] % k->ne[2] == 0 && mask->ne[1] >= q->ne[1] && q->type == GGML_TYPE_F32 && q->nb[0] == sizeof(float) && q->ne[3] == 1 && mask->type == GGML_TYPE_F16 && mask->ne[2] == 1 && mask->ne[3] == 1;
}

// Others point to the node: it becomes the custom one.
void become(ggml_tensor * node, const ggml_tensor * custom) {
    node->op = custom->op;
    std::memcpy(node->op_params, custom->op_params, sizeof(node->op_params));
}

} // namespace

void llama_exit_init() {
    ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    if (cpu && chosen()) {
        install_packed_weights(cpu);
    }
}

void use_row_kernels(ggml_context * ctx, ggml_cgraph * gf, const std::vector<ggml_tensor *> & inputs, ggml_backend_sched_t sched, ggml_backend_t cpu, bool packed_only) {
    if (!chosen()) {
        return;
    }
    struct quantized {
        ggml_tensor * rows    = nullptr;
        size_t        readers = 0;
    };
    std::map<std::pair<const ggml_tensor *, bool>, quantized> made; // rows with scales in single precision, and in half
    std::vector<ggml_tensor *>                         nodes;
    for (int i = 0; i < ggml_graph_n_nodes(gf); ++i) {
        ggml_tensor * node = ggml_graph_node(gf, i);
        nodes.push_back(node);
        if (!packed_only && is_attention(node)) {
            float scale;
            std::memcpy(&scale, node->op_params, sizeof(scale));
            become(node, ggml_custom_4d(ctx, GGML_TYPE_F32, 1, 1, 1, 1, &node->src[0], 1, attend_rows, GGML_N_TASKS_MAX, nullptr));
            keep(node, scale);
            ggml_backend_sched_set_tensor_backend(sched, node, cpu);
            continue;
        }
        const row_product multiply = product_for(node, packed_only);
        if (!multiply) {
            continue;
        }
        ggml_tensor * x = node->src[1];
        const bool    half = node->src[0]->type == GGML_TYPE_Q8_0 || node->src[0]->type == GGML_TYPE_Q4_0;
        quantized &   q    = made[{x, half}];
        if (!q.rows || q.readers == COUNTERS) {
            const int64_t bytes = HEADER + ggml_nrows(x) * chosen()->row_bytes(x->ne[0]);
            q = {ggml_custom_4d(ctx, GGML_TYPE_I8, bytes, 1, 1, 1, &x, 1, quantize_rows, GGML_N_TASKS_MAX, nullptr), 0};
            keep(q.rows, half);
            ggml_backend_sched_set_tensor_backend(sched, q.rows, cpu); // no weights tell the scheduler where
        }
        const task          t       = {node->src[0], multiply, static_cast<int32_t>(q.readers++)};
        become(node, ggml_custom_4d(ctx, GGML_TYPE_F32, 1, 1, 1, 1, &q.rows, 1, multiply_rows, GGML_N_TASKS_MAX, nullptr));
        keep(node, t);
        node->src[0] = q.rows;
        node->src[1] = nullptr;
        ggml_backend_sched_set_tensor_backend(sched, node, cpu);
    }
    if (made.empty()) {
        return;
    }
    ggml_graph_clear(gf);
    for (ggml_tensor * node : nodes) {
        ggml_build_forward_expand(gf, node);
    }
    for (ggml_tensor * t : inputs) {
        ggml_build_forward_expand(gf, t);
    }
}
