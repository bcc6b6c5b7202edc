// The products that decoding passes multiply by, held against sums in double precision.
#include "check.h"
#include "llama-exit-weights.h"
#include "model.h"
#include "row-kernels.h"

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
    row_product row_kernels::*product;
    enum { plain, packed, by_ggml } layout;
};

ggml_backend_buffer_type_t memory_for(const format & f) {
    return f.layout == format::packed ? packed_weights() : f.layout == format::by_ggml ? repacking() : ggml_backend_dev_buffer_type(ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU));
}

const format FORMATS[] = {
    {"Q8_0", GGML_TYPE_Q8_0, &row_kernels::q8_0, format::plain},
    {"Q8_0 by eights", GGML_TYPE_Q8_0, &row_kernels::q8_0x8, format::packed},
    {"Q6_K by eights", GGML_TYPE_Q6_K, &row_kernels::q6_kx8, format::packed},
    {"Q5_K by eights", GGML_TYPE_Q5_K, &row_kernels::q5_kx8, format::packed},
    {"Q4_0 by eights", GGML_TYPE_Q4_0, &row_kernels::q4_0x8, format::by_ggml},
    {"Q4_K by eights", GGML_TYPE_Q4_K, &row_kernels::q4_kx8, format::by_ggml},
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
    if (k > 32) { // and one whose scale half precision can hardly hold
        std::for_each(x.begin() + 32, x.begin() + 64, [](float & v) { v *= 1e-5f; });
    }
    return x;
}

// Quantised in several pieces, as several threads do.
std::vector<uint8_t> quantized(const row_kernels & p, const std::vector<float> & x, int64_t k, int pieces, bool half) {
    std::vector<uint8_t> rows(MOST_ROWS * p.row_bytes(k));
    for (int64_t r = 0; r < MOST_ROWS; ++r) {
        for (int i = 0; i < pieces; ++i) {
            p.quantize(x.data() + r * k, k / 32 * i / pieces, k / 32 * (i + 1) / pieces, half, rows.data() + r * p.row_bytes(k));
        }
    }
    return rows;
}

} // namespace

TEST(row_products_exact, "row products: every instruction set and format gives the sums, a row the same bits alone and among others")
{
    kangaroo::init_backends();
    if (available_row_kernels().empty()) {
        std::printf("  this processor has none: everything is left to ggml\n");
        return;
    }
    for (const row_kernels * p : available_row_kernels()) {
        for (const format & f : FORMATS) {
            if (f.layout == format::packed && !packed_weights()) {
                continue; // KANGAROO_KERNELS=ggml
            }
            const bool by256 = ggml_blck_size(f.type) == 256;
            double     worst = 0.0;
            for (const int64_t k : {32, 96, 256, 896, 2048}) {
                for (const int64_t m : {1, 3, 4, 8, 37, 104}) {
                    if ((by256 && k % 256 != 0) || (f.layout != format::plain && m % 8 != 0)) {
                        continue;
                    }
                    const matrix         w(f.type, k, m, memory_for(f), static_cast<uint32_t>(k + m));
                    const auto           x     = random_rows(k, static_cast<uint32_t>(m));
                    const auto           rows  = quantized(*p, x, k, 1, !by256);
                    const size_t         bytes = p->row_bytes(k);
                    CHECK(rows == quantized(*p, x, k, 3, !by256), "%s: the pieces that threads quantise differ from the whole", p->name);
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
                        std::vector<double> meant(k);
                        for (int64_t b = 0; b < k / 32; ++b) {
                            const float * from = x.data() + r * k + 32 * b;
                            float         most = 0.0f;
                            for (int64_t i = 0; i < 32; ++i) {
                                most = std::max(most, std::fabs(from[i]));
                            }
                            const float scale = by256 ? most / 127.0f : ggml_fp16_to_fp32(ggml_fp32_to_fp16(most / 127.0f));
                            for (int64_t i = 0; i < 32 && most > 0.0f; ++i) {
                                meant[32 * b + i] = static_cast<double>(scale) * std::nearbyint(from[i] * (127.0f / most));
                            }
                        }
                        for (int64_t o = 0; o < m; ++o) {
                            double sum = 0.0, size = 1e-9;
                            for (int64_t i = 0; i < k; ++i) {
                                sum += static_cast<double>(w.values[o * k + i]) * meant[i];
                                size += std::fabs(static_cast<double>(w.values[o * k + i]) * meant[i]);
                            }
                            worst = std::max(worst, std::fabs(alone[r * m + o] - sum) / size);
                        }
                    }
                    if (f.product == &row_kernels::q8_0x8) {
                        const matrix       file(f.type, k, m, memory_for(FORMATS[0]), static_cast<uint32_t>(k + m));
                        std::vector<float> y(MOST_ROWS * m);
                        p->q8_0(file.tensor->data, k, m, rows.data(), bytes, MOST_ROWS, y.data(), m);
                        CHECK(y == alone, "%s, %lld x %lld: other bits by eights than as it lies in a file", p->name, (long long) k, (long long) m);
                    }
                }
            }
            std::printf("  %s, %s: off by at most %.1e of the sum of absolute products\n", p->name, f.name, worst);
            CHECK(worst < 2e-6, "%s, %s", p->name, f.name);
        }
    }
}

TEST(row_attention_exact, "row attention: every instruction set gives what it should, a row the same bits alone and among others")
{
    kangaroo::init_backends();
    struct shape {
        int64_t k_width, v_width, n_head, n_head_kv, n_kv;
    };
    std::mt19937                    random(7);
    std::normal_distribution<float> normal(0.0f, 1.0f);
    for (const row_kernels * kernels : available_row_kernels()) {
        double worst = 0.0;
        for (const shape & s : {shape{64, 64, 4, 2, 256}, {32, 32, 4, 4, 512}, {128, 128, 8, 1, 1024}, {80, 80, 5, 5, 64}, {192, 128, 2, 2, 32}, {256, 256, 20, 1, 96}, {8, 8, 3, 1, 32}}) {
            // cells of a cache: all heads of a position side by side. Behind what a row may see lies whatever was there before
            std::vector<ggml_fp16_t> k(s.n_kv * s.n_head_kv * s.k_width), v(s.n_kv * s.n_head_kv * s.v_width), mask(MOST_ROWS * s.n_kv);
            std::vector<float>       q(MOST_ROWS * s.n_head * s.k_width);
            for (auto & x : k) {
                x = ggml_fp32_to_fp16(normal(random));
            }
            for (auto & x : v) {
                x = ggml_fp32_to_fp16(normal(random));
            }
            for (auto & x : q) {
                x = 3.0f * normal(random);
            }
            const auto sees = [&](int64_t row, int64_t cell) { // the last rows' own cells, some holes, and for row 0 only the very first
                return row == 0 ? cell == 0 : cell < s.n_kv - MOST_ROWS - 3 + row && cell % 7 != 3 && (cell < 40 || cell > 75);
            };
            for (int64_t r = 0; r < MOST_ROWS; ++r) {
                for (int64_t c = 0; c < s.n_kv; ++c) {
                    mask[r * s.n_kv + c] = ggml_fp32_to_fp16(sees(r, c) ? 0.0f : -INFINITY);
                }
            }
            for (int64_t h = 0; h < s.n_head_kv; ++h) { // no row sees the last cell
                k[((s.n_kv - 1) * s.n_head_kv + h) * s.k_width] = ggml_fp32_to_fp16(NAN);
                v[((s.n_kv - 1) * s.n_head_kv + h) * s.v_width] = ggml_fp32_to_fp16(INFINITY);
            }
            std::vector<float> alone(MOST_ROWS * s.n_head * s.v_width), among(alone.size());
            row_attention a = {};
            a.q_row      = s.n_head * s.k_width * sizeof(float);
            a.q_head     = s.k_width * sizeof(float);
            a.k          = reinterpret_cast<const char *>(k.data());
            a.v          = reinterpret_cast<const char *>(v.data());
            a.k_position = s.n_head_kv * s.k_width * sizeof(ggml_fp16_t);
            a.k_head     = s.k_width * sizeof(ggml_fp16_t);
            a.v_position = s.n_head_kv * s.v_width * sizeof(ggml_fp16_t);
            a.v_head     = s.v_width * sizeof(ggml_fp16_t);
            a.mask_row   = s.n_kv * sizeof(ggml_fp16_t);
            a.y_row      = s.n_head * s.v_width * sizeof(float);
            a.y_head     = s.v_width * sizeof(float);
            a.n_head     = s.n_head;
            a.n_head_kv  = s.n_head_kv;
            a.n_kv       = s.n_kv;
            a.k_width    = s.k_width;
            a.v_width    = s.v_width;
            a.scale      = 1.0f / std::sqrt(static_cast<float>(s.k_width));
            const int64_t group = s.n_head / s.n_head_kv;
            const auto    rows  = [&](int64_t first, int64_t n, int64_t heads_at_once, std::vector<float> & to) {
                a.q      = reinterpret_cast<const char *>(q.data()) + first * a.q_row;
                a.mask   = reinterpret_cast<const char *>(mask.data()) + first * a.mask_row;
                a.y      = reinterpret_cast<char *>(to.data()) + first * a.y_row;
                a.n_rows = n;
                for (int64_t h = 0; h < s.n_head; h += heads_at_once) {
                    kernels->attend(a, h, heads_at_once);
                }
            };
            for (int64_t r = 0; r < MOST_ROWS; ++r) {
                rows(r, 1, 1, alone);
            }
            for (int64_t n = 1; n <= MOST_ROWS; ++n) {
                for (const int64_t at_once : {int64_t(1), group}) {
                    std::fill(among.begin(), among.end(), -1.0f);
                    rows(MOST_ROWS - n, n, at_once, among);
                    const size_t from = (MOST_ROWS - n) * s.n_head * s.v_width;
                    CHECK(std::memcmp(&among[from], &alone[from], (alone.size() - from) * sizeof(float)) == 0, "%s, width %lld: %lld rows have other bits than alone",
                        kernels->name, (long long) s.k_width, (long long) n);
                    CHECK(from == 0 || among[from - 1] == -1.0f, "%s: wrote in front of its rows", kernels->name);
                }
            }
            for (int64_t r = 0; r < MOST_ROWS; ++r) {
                for (int64_t h = 0; h < s.n_head; ++h) {
                    const int64_t       kv = h / group;
                    std::vector<double> score(s.n_kv, -INFINITY);
                    double              most = -INFINITY, sum = 0.0;
                    for (int64_t c = 0; c < s.n_kv; ++c) {
                        if (sees(r, c)) {
                            double dot = 0.0;
                            for (int64_t d = 0; d < s.k_width; ++d) {
                                dot += static_cast<double>(q[(r * s.n_head + h) * s.k_width + d]) * ggml_fp16_to_fp32(k[(c * s.n_head_kv + kv) * s.k_width + d]);
                            }
                            score[c] = dot * a.scale;
                            most     = std::max(most, score[c]);
                        }
                    }
                    for (auto & x : score) {
                        sum += x = std::exp(x - most);
                    }
                    for (int64_t d = 0; d < s.v_width; ++d) {
                        double want = 0.0;
                        for (int64_t c = 0; c < s.n_kv; ++c) {
                            want += score[c] == 0.0 ? 0.0 : score[c] / sum * ggml_fp16_to_fp32(v[(c * s.n_head_kv + kv) * s.v_width + d]);
                        }
                        worst = std::max(worst, std::fabs(want - alone[(r * s.n_head + h) * s.v_width + d]));
                    }
                }
            }
        }
        std::printf("  %s: off by at most %.1e, with values of deviation 1\n", kernels->name, worst);
        CHECK(worst < 1e-5, "%s", kernels->name);
    }
}
