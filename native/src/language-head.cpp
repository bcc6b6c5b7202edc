#include "language-head.h"

#include "error.h"
#include "head-rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace kangaroo {

namespace {

constexpr int64_t SLICE_BYTES  = 8 << 20;   // of one slice of F32 rows
constexpr int64_t LOGITS_BYTES = 128 << 20; // of all logits of a tile of tokens, the adapter's and the model's
constexpr int64_t KEPT_BYTES   = 512 << 20; // a head that needs no more in F32 is widened once
constexpr int64_t MAX_TILE     = 512, LANES = 8;

// e^x for x <= 0, to about one unit in the last place of a float; a loop over it becomes vector code, one over std::exp does not.
inline float exp_of(float x) {
    x             = std::max(x, -87.0f);
    const auto  n = static_cast<int32_t>(x * 1.44269504f - 0.5f);
    const float r = (x - static_cast<float>(n) * 0.693359375f) + static_cast<float>(n) * 2.12194440e-4f;
    float       p = 1.9875691500e-4f;
    for (const float c : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f}) {
        p = p * r + c;
    }
    p = p * r * r + r + 1.0f;
    const uint32_t bits = static_cast<uint32_t>(n + 127) << 23;
    float          power;
    std::memcpy(&power, &bits, sizeof(power));
    return p * power;
}

inline float tanh_of(float x) {
    const float e = exp_of(-2.0f * std::abs(x));
    return std::copysign((1.0f - e) / (1.0f + e), x);
}

struct maximum {
    float   value = -INFINITY;
    int64_t row   = 0;
};

template <typename column_type> maximum largest(const column_type & c) {
    maximum m;
    c.each_slice([&](const float * x, int64_t n, int64_t row) {
        float lanes[LANES];
        std::fill(lanes, lanes + LANES, -INFINITY);
        int64_t i = 0;
        for (; i + LANES <= n; i += LANES) {
            for (int64_t j = 0; j < LANES; ++j) {
                lanes[j] = std::max(lanes[j], x[i + j]);
            }
        }
        float here = *std::max_element(lanes, lanes + LANES);
        for (; i < n; ++i) {
            here = std::max(here, x[i]);
        }
        if (here > m.value) {
            m.value = here;
            m.row   = row + (std::find(x, x + n, here) - x);
        }
    });
    return m;
}

} // namespace

struct language_head::workspace {
    int64_t                 rows_per_slice = 0, n_slices = 0, tile = 0;
    bool                    keeps_all = false; // every slice has its place, filled once
    ggml_context_ptr        ctx;
    ggml_backend_buffer_ptr buffer;
    ggml_tensor * weights = nullptr;    // [n_embd, rows_per_slice * (n_slices or 1)]
    ggml_tensor * transposed = nullptr; // [rows_per_slice, n_embd * (n_slices or 1)]
    ggml_tensor * x = nullptr;          // [n_embd, 2*tile]
    ggml_tensor * logits = nullptr;     // [rows_per_slice, 2*tile * n_slices]
    ggml_tensor * dx = nullptr;         // [n_embd, tile]

    float * weights_of(int64_t slice) const { return static_cast<float *>(weights->data) + (keeps_all ? slice * rows_per_slice * weights->ne[0] : 0); }
    float * transposed_of(int64_t slice) const { return static_cast<float *>(transposed->data) + (keeps_all ? slice * rows_per_slice * weights->ne[0] : 0); }
};

// out [m, n] = a [k, m] times b [k, n], all of them at given places.
static void product(const compute & c, ggml_backend_buffer_t buffer, float * a, float * b, float * out, int64_t k, int64_t m, int64_t n) {
    const ggml_context_ptr ctx(ggml_init({ggml_tensor_overhead() * 4 + ggml_graph_overhead_custom(8, false), nullptr, true}));
    ggml_tensor * ta  = ggml_new_tensor_2d(ctx.get(), GGML_TYPE_F32, k, m);
    ggml_tensor * tb  = ggml_new_tensor_2d(ctx.get(), GGML_TYPE_F32, k, n);
    ggml_tensor * to  = ggml_mul_mat(ctx.get(), ta, tb);
    ggml_cgraph * all = ggml_new_graph_custom(ctx.get(), 8, false);
    ggml_backend_tensor_alloc(buffer, ta, a);
    ggml_backend_tensor_alloc(buffer, tb, b);
    ggml_backend_tensor_alloc(buffer, to, out);
    ggml_build_forward_expand(all, to);
    c.run(all);
}

language_head::language_head(const compute & compute, std::shared_ptr<const model> base, const llama_exit_head & head, std::vector<llama_token> draft_vocab)
    : compute_(compute), base_(std::move(base)), head_(head), draft_vocab_(std::move(draft_vocab)), n_embd_(head.weight->ne[0]) {
    const int64_t n_vocab = head.weight->ne[1];
    for (const llama_token id : draft_vocab_) {
        if (id < 0 || id >= n_vocab) {
            throw error("invalid-argument", "The draft vocabulary names the token " + std::to_string(id) + ", which the model does not have.");
        }
    }
    n_rows_ = draft_vocab_.empty() ? n_vocab : static_cast<int64_t>(draft_vocab_.size());
    rows_   = std::make_unique<head_rows>(base_->info().path, *head.weight, draft_vocab_);
    if (head.bias) {
        std::vector<float> all(n_vocab);
        ggml_backend_tensor_get(head.bias, all.data(), 0, all.size() * sizeof(float));
        bias_.resize(n_rows_);
        for (int64_t i = 0; i < n_rows_; ++i) {
            bias_[i] = head.scale * all[draft_vocab_.empty() ? i : draft_vocab_[i]];
        }
    }

    workspace_ = std::make_unique<workspace>();
    workspace & w    = *workspace_;
    w.rows_per_slice = std::min<int64_t>(std::max<int64_t>(SLICE_BYTES / 4 / n_embd_ / 64 * 64, 64), (n_rows_ + 63) / 64 * 64);
    w.n_slices       = (n_rows_ + w.rows_per_slice - 1) / w.rows_per_slice;
    w.tile           = std::min<int64_t>(MAX_TILE, std::max<int64_t>(16, LOGITS_BYTES / 8 / (w.n_slices * w.rows_per_slice)));
    w.keeps_all      = 8 * n_embd_ * w.rows_per_slice * w.n_slices <= KEPT_BYTES;
    const int64_t kept = w.keeps_all ? w.n_slices : 1;
    w.ctx.reset(ggml_init({ggml_tensor_overhead() * 8, nullptr, true}));
    w.weights    = ggml_new_tensor_2d(w.ctx.get(), GGML_TYPE_F32, n_embd_, w.rows_per_slice * kept);
    w.transposed = ggml_new_tensor_2d(w.ctx.get(), GGML_TYPE_F32, w.rows_per_slice, n_embd_ * kept);
    w.x          = ggml_new_tensor_2d(w.ctx.get(), GGML_TYPE_F32, n_embd_, 2 * w.tile);
    w.logits     = ggml_new_tensor_2d(w.ctx.get(), GGML_TYPE_F32, w.rows_per_slice, 2 * w.tile * w.n_slices);
    w.dx         = ggml_new_tensor_2d(w.ctx.get(), GGML_TYPE_F32, n_embd_, w.tile);
    w.buffer     = compute_.allocate(w.ctx.get());
    for (int64_t slice = 0; w.keeps_all && slice < w.n_slices; ++slice) {
        widen(slice);
        transpose(slice);
    }
}

language_head::~language_head() = default;

size_t language_head::memory_bytes() const {
    return ggml_backend_buffer_get_size(workspace_->buffer.get());
}

void language_head::widen(int64_t slice) const {
    const workspace & w     = *workspace_;
    const int64_t     first = slice * w.rows_per_slice, n = std::min(w.rows_per_slice, n_rows_ - first);
    float *           to    = w.weights_of(slice);
    rows_->read(compute_, first, n, to);
    std::fill(to + n * n_embd_, to + w.rows_per_slice * n_embd_, 0.0f);
}

// In blocks that fit into the nearest cache.
void language_head::transpose(int64_t slice) const {
    constexpr int64_t BLOCK = 32;
    const workspace & w     = *workspace_;
    const float *     from  = w.weights_of(slice);
    float *           to    = w.transposed_of(slice);
    const int64_t     rows  = w.rows_per_slice;
    compute_.parallel((n_embd_ + BLOCK - 1) / BLOCK, [&](int64_t begin, int64_t end) {
        for (int64_t d0 = begin * BLOCK; d0 < std::min(end * BLOCK, n_embd_); d0 += BLOCK) {
            for (int64_t r0 = 0; r0 < rows; r0 += BLOCK) {
                for (int64_t d = d0; d < std::min(d0 + BLOCK, n_embd_); ++d) {
                    for (int64_t r = r0; r < r0 + BLOCK; ++r) {
                        to[d * rows + r] = from[r * n_embd_ + d];
                    }
                }
            }
        }
    });
}

// Logits of the first `columns` states in the workspace: scale, bias and soft cap applied.
void language_head::project(int64_t columns) const {
    const workspace & w = *workspace_;
    for (int64_t slice = 0; slice < w.n_slices; ++slice) {
        if (!w.keeps_all) {
            widen(slice);
        }
        float * out = static_cast<float *>(w.logits->data) + slice * columns * w.rows_per_slice;
        product(compute_, w.buffer.get(), w.weights_of(slice), static_cast<float *>(w.x->data), out, n_embd_, w.rows_per_slice, columns);
    }
    const float scale = head_.in_scale * head_.scale, cap = head_.cap;
    compute_.parallel(columns, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            column_of(i, columns).each_slice([&](float * z, int64_t n, int64_t row) {
                for (int64_t v = 0; v < n; ++v) {
                    z[v] = scale * z[v] + (bias_.empty() ? 0.0f : bias_[row + v]);
                }
                for (int64_t v = 0; cap > 0.0f && v < n; ++v) {
                    z[v] = cap * tanh_of(z[v]);
                }
            });
        }
    });
}

language_head::column language_head::column_of(int64_t i, int64_t columns) const {
    const workspace & w = *workspace_;
    return {static_cast<float *>(w.logits->data) + i * w.rows_per_slice, w.rows_per_slice, columns * w.rows_per_slice, n_rows_};
}

// The columns of one position, the adapter's and the model's: what they add to the loss. The adapter's then holds the gradient of
// the loss with respect to the head's product, before its scale.
head_loss language_head::judge(const column & adapter, const column & full, int64_t likeliest) const {
    const maximum drafted = largest(adapter), wanted = largest(full);
    const float   cap     = head_.cap;
    double        sum_a = 0.0, sum_f = 0.0, dot = 0.0, dot_f = 0.0; // of e^a, e^f, e^f * a, e^f * f, all from their maxima
    adapter.each_slice([&](float * a, int64_t n, int64_t row) {
        float * f = full.first + (a - adapter.first);
        float   part_a[LANES] = {}, part_f[LANES] = {}, part_dot[LANES] = {}, part_dot_f[LANES] = {};
        const auto one = [&](int64_t v, int64_t lane) {
            const float from_a = a[v] - drafted.value, from_f = f[v] - wanted.value;
            const float ea = exp_of(from_a), ef = exp_of(from_f);
            part_a[lane] += ea;
            part_f[lane] += ef;
            part_dot[lane] += ef * from_a;
            part_dot_f[lane] += ef * from_f;
            const float slope = cap > 0.0f ? 1.0f - (a[v] / cap) * (a[v] / cap) : 1.0f; // of the soft cap
            a[v] = slope * ea;
            f[v] = slope * ef;
        };
        int64_t v = 0;
        for (; v + LANES <= n; v += LANES) {
            for (int64_t j = 0; j < LANES; ++j) {
                one(v + j, j);
            }
        }
        for (; v < n; ++v) {
            one(v, 0);
        }
        for (int64_t j = 0; j < LANES; ++j) {
            sum_a += part_a[j];
            sum_f += part_f[j];
            dot += part_dot[j];
            dot_f += part_dot_f[j];
        }
    });
    // cap * tanh(z): d/dz = cap * (1 - tanh^2)
    const float by_a = static_cast<float>((cap > 0.0f ? cap : 1.0f) / sum_a), by_f = static_cast<float>((cap > 0.0f ? cap : 1.0f) / sum_f);
    adapter.each_slice([&](float * a, int64_t n, int64_t) {
        const float * f = full.first + (a - adapter.first);
        for (int64_t v = 0; v < n; ++v) {
            a[v] = a[v] * by_a - f[v] * by_f;
        }
    });
    head_loss l;
    l.cross_entropy = std::log(sum_a) - dot / sum_f;
    l.entropy       = std::log(sum_f) - dot_f / sum_f;
    const int64_t drafted_id = draft_vocab_.empty() ? drafted.row : draft_vocab_[drafted.row];
    l.agreed                 = drafted_id == (likeliest >= 0 ? likeliest : wanted.row);
    l.positions              = 1;
    return l;
}

head_loss language_head::loss(const float * y, const float * finals, int64_t n, float * dy, const std::vector<llama_token> & likeliest) const {
    const workspace & w = *workspace_;
    head_loss         sum;
    for (int64_t first = 0; first < n; first += w.tile) {
        const int64_t here = std::min(w.tile, n - first);
        auto *        x    = static_cast<float *>(w.x->data);
        std::copy(y + first * n_embd_, y + (first + here) * n_embd_, x);
        std::copy(finals + first * n_embd_, finals + (first + here) * n_embd_, x + here * n_embd_);
        project(2 * here);
        std::vector<head_loss> losses(here);
        compute_.parallel(here, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                losses[i] = judge(column_of(i, 2 * here), column_of(here + i, 2 * here), likeliest.empty() ? -1 : likeliest[first + i]);
            }
        });
        for (const auto & l : losses) { // in their order, so that the sum does not depend on threads
            sum.add(l);
        }
        if (dy) {
            pull_back(here, dy + first * n_embd_);
        }
    }
    return sum;
}

// dy [n_embd, n] = the transposed head times the gradients in the first n columns of the logits.
void language_head::pull_back(int64_t n, float * dy) const {
    const workspace & w     = *workspace_;
    const float       scale = head_.in_scale * head_.scale;
    auto *            part  = static_cast<float *>(w.dx->data);
    std::fill(dy, dy + n * n_embd_, 0.0f);
    for (int64_t slice = 0; slice < w.n_slices; ++slice) {
        float * gradients = static_cast<float *>(w.logits->data) + slice * 2 * n * w.rows_per_slice;
        if (!w.keeps_all) {
            widen(slice);
            transpose(slice);
        }
        if (slice == w.n_slices - 1) { // rows that only fill up the last slice
            for (int64_t i = 0; i < n; ++i) {
                std::fill(gradients + i * w.rows_per_slice + n_rows_ - slice * w.rows_per_slice, gradients + (i + 1) * w.rows_per_slice, 0.0f);
            }
        }
        product(compute_, w.buffer.get(), w.transposed_of(slice), gradients, part, w.rows_per_slice, n_embd_, n);
        for (int64_t i = 0; i < n * n_embd_; ++i) {
            dy[i] += scale * part[i];
        }
    }
}

std::vector<float> language_head::logits(const float * x, int64_t n) const {
    const workspace &  w = *workspace_;
    std::vector<float> out(n * n_rows_);
    for (int64_t i = 0; i < n; ++i) {
        std::copy(x + i * n_embd_, x + (i + 1) * n_embd_, static_cast<float *>(w.x->data));
        project(1);
        column_of(0, 1).each_slice([&](const float * z, int64_t count, int64_t row) { std::copy(z, z + count, out.begin() + i * n_rows_ + row); });
    }
    return out;
}

std::vector<llama_token> language_head::likeliest(const float * x, int64_t n) const {
    const workspace &        w = *workspace_;
    std::vector<llama_token> out(n);
    for (int64_t first = 0; first < n; first += 2 * w.tile) {
        const int64_t here = std::min(2 * w.tile, n - first);
        std::copy(x + first * n_embd_, x + (first + here) * n_embd_, static_cast<float *>(w.x->data));
        project(here);
        compute_.parallel(here, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                const int64_t row = largest(column_of(i, here)).row;
                out[first + i]    = static_cast<llama_token>(draft_vocab_.empty() ? row : draft_vocab_[row]);
            }
        });
    }
    return out;
}

} // namespace kangaroo
