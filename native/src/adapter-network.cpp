#include "adapter-network.h"

#include "error.h"
#include "random.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace kangaroo {

namespace {

constexpr size_t GRAPH_NODES = 512; // forward and backward together need about 120
constexpr float  BETA_1 = 0.9f, BETA_2 = 0.95f, EPSILON = 1e-8f;
constexpr float  OUTPUT_DEVIATION = 0.002f; // of wo at the beginning

ggml_tensor * rms_norm(ggml_context * ctx, ggml_tensor * x, ggml_tensor * weight, float eps) {
    return ggml_mul(ctx, ggml_rms_norm(ctx, x, eps), weight);
}

float * data_of(const ggml_tensor * t) {
    return static_cast<float *>(t->data);
}

} // namespace

const char * adapter_network::tensor_name(int which) {
    static const char * const names[] = {"attn_norm.weight", "attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_output.weight", "norm.weight"};
    return names[which];
}

adapter_network::adapter_network(const compute & compute, const adapter_shape & s, const llama_exit_rotation & rotation)
    : compute_(compute), shape_(s), rotation_(rotation) {
    const int64_t q = static_cast<int64_t>(s.n_embd_head) * s.n_head, kv = static_cast<int64_t>(s.n_embd_head) * s.n_head_kv;
    const int64_t ne[N_TENSORS][2] = {{s.n_embd, 1}, {s.n_embd, q}, {s.n_embd, kv}, {s.n_embd, kv}, {q, s.n_embd}, {s.n_embd, 1}};
    ctx_.reset(ggml_init({ggml_tensor_overhead() * (4 * N_TENSORS + 4), nullptr, true}));
    for (int i = 0; i < N_TENSORS; ++i) {
        const auto create = [&] { return ggml_new_tensor(ctx_.get(), GGML_TYPE_F32, ne[i][1] > 1 ? 2 : 1, ne[i]); };
        parameters_[i]    = {create(), create(), create(), create()};
        ggml_set_name(parameters_[i].weight, tensor_name(i));
        ggml_set_param(parameters_[i].weight);
    }
    one_   = ggml_new_tensor_1d(ctx_.get(), GGML_TYPE_F32, 1);
    adamw_ = ggml_new_tensor_1d(ctx_.get(), GGML_TYPE_F32, 7);
    ggml_tensor * factors = rotation.factors ? ggml_new_tensor_1d(ctx_.get(), GGML_TYPE_F32, rotation.factors->ne[0]) : nullptr;
    buffer_ = compute.allocate(ctx_.get());
    ggml_backend_buffer_clear(buffer_.get(), 0);
    data_of(one_)[0] = 1.0f;
    if (factors) {
        ggml_backend_tensor_get(rotation.factors, factors->data, 0, ggml_nbytes(factors));
    }
    rotation_.factors = factors;

    step_ctx_.reset(ggml_init({ggml_tensor_overhead() * N_TENSORS + ggml_graph_overhead_custom(64, false), nullptr, true}));
    step_ = ggml_new_graph_custom(step_ctx_.get(), 64, false);
    for (const auto & p : parameters_) {
        ggml_build_forward_expand(step_, ggml_opt_step_adamw(step_ctx_.get(), p.weight, p.gradient, p.m, p.v, adamw_));
    }
    allocator_.reset(ggml_gallocr_new(ggml_backend_get_default_buffer_type(compute.backend())));
}

void adapter_network::initialize(uint64_t seed, const std::vector<float> & final_norm) {
    random_numbers random(seed);
    for (int i = 0; i < N_TENSORS; ++i) {
        float *       w = data_of(parameters_[i].weight);
        const int64_t n = ggml_nelements(parameters_[i].weight);
        if (i == norm && static_cast<int64_t>(final_norm.size()) == n) {
            std::copy(final_norm.begin(), final_norm.end(), w);
        } else if (i == norm || i == attn_norm) {
            std::fill(w, w + n, 1.0f);
        } else {
            const float deviation = i == attn_output ? OUTPUT_DEVIATION : 1.0f / std::sqrt(3.0f * static_cast<float>(shape_.n_embd));
            std::generate(w, w + n, [&] { return deviation * random.normal(); });
        }
        std::memset(parameters_[i].m->data, 0, ggml_nbytes(parameters_[i].m));
        std::memset(parameters_[i].v->data, 0, ggml_nbytes(parameters_[i].v));
    }
    clear_gradients();
}

int64_t adapter_network::n_params() const {
    int64_t n = 0;
    for (const auto & p : parameters_) {
        n += ggml_nelements(p.weight);
    }
    return n;
}

// As llama_exit::build_adapter, without a cache and in F32. One text at a time: ggml's gradient of grouped heads needs ne3 = 1.
ggml_tensor * adapter_network::network(ggml_context * ctx, ggml_tensor * h, ggml_tensor * pos, ggml_tensor * mask) const {
    const auto &  s        = shape_;
    const int64_t n_tokens = h->ne[1];
    const auto    w        = [&](int which) { return parameters_[which].weight; };
    ggml_tensor * normed   = rms_norm(ctx, h, w(attn_norm), s.norm_eps);

    ggml_tensor * q = ggml_reshape_3d(ctx, ggml_mul_mat(ctx, w(attn_q), normed), s.n_embd_head, s.n_head, n_tokens);
    ggml_tensor * k = ggml_reshape_3d(ctx, ggml_mul_mat(ctx, w(attn_k), normed), s.n_embd_head, s.n_head_kv, n_tokens);
    ggml_tensor * v = ggml_reshape_3d(ctx, ggml_mul_mat(ctx, w(attn_v), normed), s.n_embd_head, s.n_head_kv, n_tokens);
    q = ggml_permute(ctx, llama_exit_rotate(ctx, rotation_, q, pos, s.n_rot, s.freq_base, false), 0, 2, 1, 3);
    k = ggml_permute(ctx, llama_exit_rotate(ctx, rotation_, k, pos, s.n_rot, s.freq_base, false), 0, 2, 1, 3);
    v = ggml_cont(ctx, ggml_permute(ctx, v, 1, 2, 0, 3)); // [n_tokens, n_embd_head, n_head_kv]

    ggml_tensor * kq  = ggml_soft_max_ext(ctx, ggml_mul_mat(ctx, k, q), mask, 1.0f / std::sqrt(static_cast<float>(s.n_embd_head)), 0.0f);
    ggml_tensor * out = ggml_permute(ctx, ggml_mul_mat(ctx, v, kq), 0, 2, 1, 3);
    out               = ggml_cont_2d(ctx, out, static_cast<int64_t>(s.n_embd_head) * s.n_head, n_tokens);
    return rms_norm(ctx, ggml_add(ctx, h, ggml_mul_mat(ctx, w(attn_output), out)), w(norm), s.norm_eps);
}

// Causal; with ALiBi the bias of each head, as ggml's own softmax would add it.
void adapter_network::fill_mask(ggml_tensor * mask) const {
    const int64_t n = mask->ne[0];
    const auto    n_pow2 = static_cast<float>(1u << static_cast<uint32_t>(std::floor(std::log2(static_cast<float>(shape_.n_head)))));
    const float   m0 = std::pow(2.0f, -shape_.max_alibi_bias / n_pow2), m1 = std::pow(2.0f, -shape_.max_alibi_bias / 2.0f / n_pow2);
    for (int64_t head = 0; head < mask->ne[2]; ++head) {
        const float h     = static_cast<float>(head);
        const float slope = shape_.max_alibi_bias == 0.0f ? 0.0f : h < n_pow2 ? std::pow(m0, h + 1.0f) : std::pow(m1, 2.0f * (h - n_pow2) + 1.0f);
        for (int64_t i = 0; i < n; ++i) {
            float * row = data_of(mask) + (head * n + i) * n;
            for (int64_t j = 0; j < n; ++j) {
                row[j] = j > i ? -INFINITY : slope * static_cast<float>(j - i);
            }
        }
    }
}

void adapter_network::build(int64_t n_tokens, bool learn) {
    graph_memory_.resize(ggml_tensor_overhead() * GRAPH_NODES + ggml_graph_overhead_custom(GRAPH_NODES, true) + 2 * ggml_graph_overhead_custom(GRAPH_NODES, false));
    graph_ctx_.reset(ggml_init({graph_memory_.size(), graph_memory_.data(), true}));
    ggml_context * ctx = graph_ctx_.get();
    ggml_tensor *  h    = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, shape_.n_embd, n_tokens);
    ggml_tensor *  pos  = ggml_new_tensor_1d(ctx, GGML_TYPE_I32, n_tokens);
    ggml_tensor *  mask = ggml_new_tensor_3d(ctx, GGML_TYPE_F32, n_tokens, n_tokens, shape_.max_alibi_bias == 0.0f ? 1 : shape_.n_head);
    for (ggml_tensor * t : {h, pos, mask}) {
        ggml_set_input(t);
    }
    ggml_set_name(h, "h");
    ggml_set_name(pos, "pos");
    ggml_set_name(mask, "mask");

    ggml_cgraph * all = ggml_new_graph_custom(ctx, GRAPH_NODES, true);
    y_                = network(ctx, h, pos, mask);
    ggml_set_output(y_);
    ggml_build_forward_expand(all, y_);
    const int n_forward = ggml_graph_n_nodes(all);
    forward_            = ggml_new_graph_custom(ctx, GRAPH_NODES, false);
    for (int i = 0; i < n_forward; ++i) {
        ggml_graph_add_node(forward_, ggml_graph_node(all, i));
    }
    if (learn) { // the gradient of sum(y * dy) with respect to y is dy
        dy_ = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, shape_.n_embd, n_tokens);
        ggml_set_input(dy_);
        ggml_tensor * loss = ggml_sum(ctx, ggml_mul(ctx, y_, dy_));
        ggml_set_loss(loss);
        ggml_build_forward_expand(all, loss);
        std::vector<ggml_tensor *> accumulators(ggml_graph_n_nodes(all), nullptr);
        for (int i = 0; i < ggml_graph_n_nodes(all); ++i) {
            const ggml_tensor * node = ggml_graph_node(all, i);
            for (const auto & p : parameters_) {
                accumulators[i] = node == p.weight ? p.gradient : accumulators[i];
            }
            accumulators[i] = node == loss ? one_ : accumulators[i];
        }
        ggml_build_backward_expand(ctx, all, accumulators.data());
        backward_ = ggml_new_graph_custom(ctx, GRAPH_NODES, false);
        for (int i = n_forward; i < ggml_graph_n_nodes(all); ++i) {
            ggml_graph_add_node(backward_, ggml_graph_node(all, i));
        }
    }
    if (!ggml_gallocr_alloc_graph(allocator_.get(), all)) {
        throw error("out-of-memory", "A text of " + std::to_string(n_tokens) + " tokens does not fit into memory for training. Capture shorter texts.");
    }
    for (int32_t i = 0; pos->data && i < n_tokens; ++i) { // a base that does not rotate has no use for it
        static_cast<int32_t *>(pos->data)[i] = i;
    }
    fill_mask(mask);
}

std::vector<float> adapter_network::forward(const std::vector<float> & h, bool learn) {
    build(static_cast<int64_t>(h.size()) / shape_.n_embd, learn);
    std::memcpy(ggml_get_tensor(graph_ctx_.get(), "h")->data, h.data(), h.size() * sizeof(float));
    compute_.run(forward_);
    return {data_of(y_), data_of(y_) + ggml_nelements(y_)};
}

void adapter_network::backward(const std::vector<float> & dy) {
    std::memcpy(dy_->data, dy.data(), ggml_nbytes(dy_));
    compute_.run(backward_);
}

void adapter_network::clear_gradients() {
    for (const auto & p : parameters_) {
        std::memset(p.gradient->data, 0, ggml_nbytes(p.gradient));
    }
}

float adapter_network::gradient_norm() const {
    double sum = 0.0;
    for (const auto & p : parameters_) {
        for (int64_t i = 0; i < ggml_nelements(p.gradient); ++i) {
            sum += static_cast<double>(data_of(p.gradient)[i]) * data_of(p.gradient)[i];
        }
    }
    return static_cast<float>(std::sqrt(sum));
}

void adapter_network::scale_gradients(float factor) {
    for (const auto & p : parameters_) {
        std::for_each(data_of(p.gradient), data_of(p.gradient) + ggml_nelements(p.gradient), [factor](float & g) { g *= factor; });
    }
}

void adapter_network::step(int64_t nth, float learning_rate, float weight_decay) {
    const double n     = static_cast<double>(nth);
    const float  params[] = {learning_rate, BETA_1, BETA_2, EPSILON, weight_decay, static_cast<float>(1.0 / (1.0 - std::pow(BETA_1, n))), static_cast<float>(1.0 / (1.0 - std::pow(BETA_2, n)))};
    std::memcpy(adamw_->data, params, sizeof(params));
    compute_.run(step_);
}

} // namespace kangaroo
