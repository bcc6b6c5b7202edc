// An adapter that learns: F32 master weights, y = RMSNorm_norm(h + wo * MHA(RMSNorm_attn_norm(h))) over one text at a time, its
// gradients by ggml's autodiff, AdamW. What the loss is, others know: they give its gradient with respect to y.
#pragma once

#include "compute.h"
#include "llama-exit.h"

#include <array>
#include <string>
#include <vector>

namespace kangaroo {

struct adapter_shape {
    int32_t exit_layer = 0, n_embd = 0, n_head = 0, n_head_kv = 0, n_embd_head = 0, n_rot = 0;
    float   freq_base = 0.0f, norm_eps = 1e-5f, max_alibi_bias = 0.0f; // 0: no ALiBi
};

class adapter_network {
public:
    enum tensor { attn_norm, attn_q, attn_k, attn_v, attn_output, norm, N_TENSORS };
    static const char * tensor_name(int which); // as in the adapter's file

    struct parameter {
        ggml_tensor * weight, * gradient, * m, * v; // F32, in the machine's memory; m and v are AdamW's moments
    };

    // `rotation`: the base's, whose factors are copied. Weights are 0 until initialize(). Throws out-of-memory.
    adapter_network(const compute & compute, const adapter_shape & shape, const llama_exit_rotation & rotation);

    // Norms 1 (the last one as given, [n_embd], where it has that size), matrices drawn from a normal distribution: wq, wk, wv with
    // 1/sqrt(3 n_embd), wo so small that y begins near the normalised exit state.
    void initialize(uint64_t seed, const std::vector<float> & final_norm);

    const adapter_shape & shape() const { return shape_; }
    const std::array<parameter, N_TENSORS> & parameters() const { return parameters_; }
    int64_t n_params() const;

    // h [n_embd, n_tokens] at positions 0…: y, the same shape. With `learn`, backward() may follow.
    std::vector<float> forward(const std::vector<float> & h, bool learn);

    // dy: the gradient of the loss with respect to y of the last forward(). Adds to the gradients of all parameters.
    void backward(const std::vector<float> & dy);

    void  clear_gradients();
    float gradient_norm() const;           // over all parameters
    void  scale_gradients(float factor);
    void  step(int64_t nth, float learning_rate, float weight_decay); // AdamW, betas 0.9 and 0.95; nth counts from 1

private:
    struct graph;

    ggml_tensor * network(ggml_context * ctx, ggml_tensor * h, ggml_tensor * pos, ggml_tensor * mask) const;
    void          build(int64_t n_tokens, bool learn);
    void          fill_mask(ggml_tensor * mask) const;

    const compute &                    compute_;
    const adapter_shape                shape_;
    llama_exit_rotation                rotation_;
    std::array<parameter, N_TENSORS>   parameters_;
    ggml_context_ptr                   ctx_;
    ggml_backend_buffer_ptr            buffer_;
    ggml_tensor *                      one_ = nullptr;        // F32 [1]: the gradient of the loss with respect to itself
    ggml_tensor *                      adamw_ = nullptr;      // F32 [7]
    ggml_context_ptr                   step_ctx_;
    ggml_cgraph *                      step_ = nullptr;

    // the graph of the last forward()
    ggml_context_ptr  graph_ctx_;
    ggml_gallocr_ptr  allocator_;
    ggml_cgraph *     forward_ = nullptr, * backward_ = nullptr;
    ggml_tensor *     y_ = nullptr, * dy_ = nullptr;
    std::vector<uint8_t> graph_memory_;
};

} // namespace kangaroo
