// The products that decoding passes multiply by, held against sums in double precision and against ggml's own.
#include "check.h"
#include "model.h"
#include "row-products.h"

#include "ggml-cpu.h"
#include "ggml-cpp.h"

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

namespace {

// Random weights in one format, as ggml has them in memory, and what they mean.
struct matrix {
    int64_t                 k, m;
    ggml_context_ptr        ctx;
    ggml_backend_buffer_ptr buffer;
    ggml_tensor *           tensor = nullptr;
    std::vector<float>      values; // [m][k]

    matrix(ggml_type type, int64_t k, int64_t m, ggml_backend_buffer_type_t where, uint32_t seed) : k(k), m(m) {
        std::mt19937                    random(seed);
        std::normal_distribution<float> normal(0.0f, 0.05f);
        values.resize(k * m);
        for (auto & v : values) {
            v = normal(random);
        }
        const size_t         row = ggml_row_size(type, k);
        std::vector<uint8_t> data(row * m);
        ggml_quantize_chunk(type, values.data(), data.data(), 0, m, k, nullptr);
        for (int64_t o = 0; o < m; ++o) {
            ggml_get_type_traits(type)->to_float(data.data() + o * row, values.data() + o * k, k);
        }
        ctx.reset(ggml_init({ggml_tensor_overhead() * 2, nullptr, true}));
        tensor = ggml_new_tensor_2d(ctx.get(), type, k, m);
        buffer.reset(ggml_backend_alloc_ctx_tensors_from_buft(ctx.get(), where));
        ggml_backend_tensor_set(tensor, data.data(), 0, data.size());
    }
};

// The buffer type in which ggml repacks weights for this processor; null where it has none.
ggml_backend_buffer_type_t repacking() {
    ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    const auto         get = reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(
        ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(cpu), "ggml_backend_dev_get_extra_bufts"));
    for (auto * buft = get ? get(cpu) : nullptr; buft && *buft; ++buft) {
        if (std::strcmp(ggml_backend_buft_name(*buft), "CPU_REPACK") == 0) {
            return *buft;
        }
    }
    return nullptr;
}

struct format {
    const char *               name;
    ggml_type                  type;
    row_product row_products::*product;
    bool                       repacked;
};

const format FORMATS[] = {
    {"Q8_0", GGML_TYPE_Q8_0, &row_products::q8_0, false},
    {"Q6_K", GGML_TYPE_Q6_K, &row_products::q6_k, false},
    {"Q4_0 by eights", GGML_TYPE_Q4_0, &row_products::q4_0x8, true},
    {"Q4_K by eights", GGML_TYPE_Q4_K, &row_products::q4_kx8, true},
};

constexpr int64_t MOST_ROWS = 9;

std::vector<float> random_rows(int64_t k, uint32_t seed) {
    std::mt19937                    random(seed);
    std::normal_distribution<float> normal(0.0f, 1.0f);
    std::vector<float>              x(k * MOST_ROWS);
    for (auto & v : x) {
        v = normal(random);
    }
    std::fill(x.begin(), x.begin() + 32, 0.0f); // a block whose scale is 0
    return x;
}

// Quantised in several pieces, as several threads do.
std::vector<uint8_t> quantized(const row_products & p, const std::vector<float> & x, int64_t k, int pieces) {
    std::vector<uint8_t> rows(MOST_ROWS * p.row_bytes(k));
    for (int64_t r = 0; r < MOST_ROWS; ++r) {
        for (int i = 0; i < pieces; ++i) {
            p.quantize(x.data() + r * k, k, k / 32 * i / pieces, k / 32 * (i + 1) / pieces, rows.data() + r * p.row_bytes(k));
        }
    }
    return rows;
}

// ggml's product with rows [k, n], on `threads` threads.
std::vector<float> by_ggml(const matrix & w, const float * x, int64_t n, int threads) {
    ggml_context_ptr ctx(ggml_init({ggml_tensor_overhead() * 8 + ggml_graph_overhead(), nullptr, true}));
    ggml_tensor *    rows = ggml_new_tensor_2d(ctx.get(), GGML_TYPE_F32, w.k, n);
    ggml_tensor *    y    = ggml_mul_mat(ctx.get(), w.tensor, rows);
    ggml_cgraph *    gf   = ggml_new_graph(ctx.get());
    ggml_build_forward_expand(gf, y);
    ggml_backend_ptr        cpu(ggml_backend_init_by_type(GGML_BACKEND_DEVICE_TYPE_CPU, nullptr));
    ggml_backend_buffer_ptr buffer(ggml_backend_alloc_ctx_tensors(ctx.get(), cpu.get()));
    auto *                  reg = ggml_backend_dev_backend_reg(ggml_backend_get_device(cpu.get()));
    reinterpret_cast<ggml_backend_set_n_threads_t>(ggml_backend_reg_get_proc_address(reg, "ggml_backend_set_n_threads"))(cpu.get(), threads);
    ggml_backend_tensor_set(rows, x, 0, w.k * n * sizeof(float));
    ggml_backend_graph_compute(cpu.get(), gf);
    std::vector<float> out(w.m * n);
    ggml_backend_tensor_get(y, out.data(), 0, out.size() * sizeof(float));
    return out;
}

} // namespace

TEST(row_products_exact, "row products: every instruction set and format gives the sums, a row the same bits alone and among others")
{
    kangaroo::init_backends();
    if (available_row_products().empty()) {
        std::printf("  this processor has none: everything is left to ggml\n");
        return;
    }
    for (const row_products * p : available_row_products()) {
        for (const format & f : FORMATS) {
            const bool by256 = ggml_blck_size(f.type) == 256;
            double     worst = 0.0;
            for (const int64_t k : {32, 96, 256, 896, 2048}) {
                for (const int64_t m : {1, 3, 4, 8, 37, 104}) {
                    if ((by256 && k % 256 != 0) || (f.repacked && m % 8 != 0)) {
                        continue;
                    }
                    const auto           where = f.repacked ? repacking() : ggml_backend_dev_buffer_type(ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU));
                    const matrix         w(f.type, k, m, where, static_cast<uint32_t>(k + m));
                    const auto           x     = random_rows(k, static_cast<uint32_t>(m));
                    const auto           rows  = quantized(*p, x, k, 1);
                    const size_t         bytes = p->row_bytes(k);
                    CHECK(rows == quantized(*p, x, k, 3), "%s: the pieces that threads quantise differ from the whole", p->name);
                    std::vector<float>   alone(MOST_ROWS * m);
                    for (int64_t r = 0; r < MOST_ROWS; ++r) {
                        (p->*f.product)(w.tensor->data, k, m, rows.data() + r * bytes, bytes, 1, alone.data() + r * m, m);
                    }
                    for (int64_t n = 2; n <= MOST_ROWS; ++n) {
                        std::vector<float> y(n * (m + 5), -1.0f); // rows further apart than they are long
                        (p->*f.product)(w.tensor->data, k, m, rows.data(), bytes, n, y.data(), m + 5);
                        for (int64_t r = 0; r < n; ++r) {
                            CHECK(std::memcmp(&y[r * (m + 5)], &alone[r * m], m * sizeof(float)) == 0, "%s, %s, %lld x %lld: row %lld of %lld has other bits than alone",
                                p->name, f.name, (long long) k, (long long) m, (long long) r, (long long) n);
                            CHECK(r == n - 1 || y[r * (m + 5) + m] == -1.0f, "%s, %s: wrote behind a row", p->name, f.name);
                        }
                    }
                    // against the sums of what the weights and the quantised rows mean
                    for (int64_t r = 0; r < MOST_ROWS; ++r) {
                        std::vector<uint8_t> blocks(ggml_row_size(GGML_TYPE_Q8_0, k));
                        std::vector<float>   meant(k);
                        ggml_quantize_chunk(GGML_TYPE_Q8_0, x.data() + r * k, blocks.data(), 0, 1, k, nullptr);
                        ggml_get_type_traits(GGML_TYPE_Q8_0)->to_float(blocks.data(), meant.data(), k);
                        for (int64_t o = 0; o < m; ++o) {
                            double sum = 0.0, size = 1e-9;
                            for (int64_t i = 0; i < k; ++i) {
                                sum += static_cast<double>(w.values[o * k + i]) * meant[i];
                                size += std::fabs(static_cast<double>(w.values[o * k + i]) * meant[i]);
                            }
                            worst = std::max(worst, std::fabs(alone[r * m + o] - sum) / size);
                        }
                    }
                    if (f.type == GGML_TYPE_Q8_0) {
                        for (int64_t r = 0; r < 3; ++r) {
                            const auto theirs = by_ggml(w, x.data() + r * k, 1, 1);
                            CHECK(std::memcmp(theirs.data(), &alone[r * m], m * sizeof(float)) == 0, "%s, %lld x %lld: other bits than ggml's product", p->name, (long long) k, (long long) m);
                        }
                    }
                }
            }
            std::printf("  %s, %s: off by at most %.1e of the sum of absolute products\n", p->name, f.name, worst);
            CHECK(worst < 2e-6, "%s, %s", p->name, f.name);
        }
    }
}
