// Attention of a few rows for x86-64. ggml's reference kernel, which alone gives a row the same bits alone and among others, reads keys
// and values anew for each head and row, and adds up in half precision. Here a block of them is read once for all rows and
// heads that share it, and sums are single. As local to the file that includes it as row-products-x86.h.
#include "row-products-x86.h"

#include <immintrin.h>

#include <cmath>

namespace {

constexpr int LANES      = row_attention::LANES;
constexpr int POSITIONS  = row_attention::POSITIONS;
constexpr int MOST_WIDTH = row_attention::MOST_WIDTH;
constexpr int MOST_QUERIES = 16; // heads times rows that share a block

// e^x for x <= 0, within 2e-7 of it; 0 below -87. The polynomial is Cephes' (expf).
inline __m256 exponential(__m256 x) {
    const __m256 n = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504088896341f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m256       r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375f), x);
    r              = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4f), r);
    __m256 p       = _mm256_set1_ps(1.9875691500e-4f);
    for (const float c : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f}) {
        p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(c));
    }
    p                  = _mm256_fmadd_ps(_mm256_mul_ps(r, r), p, _mm256_add_ps(r, _mm256_set1_ps(1.0f)));
    const __m256i two_n = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    return _mm256_and_ps(_mm256_mul_ps(p, _mm256_castsi256_ps(two_n)), _mm256_cmp_ps(x, _mm256_set1_ps(-87.0f), _CMP_GE_OQ));
}

inline float total(__m256 v) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s        = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

// The sums of the eight parts of four accumulators.
inline __m128 sums(const __m256 * a) {
    __m128 s[4];
    for (int i = 0; i < 4; ++i) {
        s[i] = _mm_add_ps(_mm256_extractf128_ps(a[i], 1), _mm256_castps256_ps128(a[i]));
    }
    _MM_TRANSPOSE4_PS(s[0], s[1], s[2], s[3]);
    return _mm_add_ps(_mm_add_ps(s[0], s[2]), _mm_add_ps(s[1], s[3]));
}

// One query of a head and row: what it has gathered so far.
struct query {
    const float *    q;
    const uint16_t * mask; // F16 [n_kv]
    float *          y;
    float            most, sum;            // the largest score; the sum of e^(score - most)
    float            p[POSITIONS];         // scores of this block, then their weights
    float            acc[MOST_WIDTH];
};

// scores[r][i] = q[r] . k[i] for positions [0, n) of the block; k: [POSITIONS][width].
template <int R>
inline void score(query * const * qs, const float * k, int n, int width) {
    for (int i = 0; i < n; i += 4) {
        __m256 s[R][4];
        for (int r = 0; r < R; ++r) {
            for (int j = 0; j < 4; ++j) {
                s[r][j] = _mm256_setzero_ps();
            }
        }
        for (int d = 0; d < width; d += LANES) {
            __m256 kd[4];
            for (int j = 0; j < 4; ++j) {
                kd[j] = _mm256_loadu_ps(k + (i + j) * width + d);
            }
            for (int r = 0; r < R; ++r) {
                const __m256 qd = _mm256_loadu_ps(qs[r]->q + d);
                for (int j = 0; j < 4; ++j) {
                    s[r][j] = _mm256_fmadd_ps(qd, kd[j], s[r][j]);
                }
            }
        }
        for (int r = 0; r < R; ++r) {
            _mm_storeu_ps(qs[r]->p + i, sums(s[r]));
        }
    }
}

// acc[r] += p[r][i] * v[i] for all positions of the block; v: [POSITIONS][width].
template <int R>
inline void gather(query * const * qs, const float * v, int n, int width) {
    constexpr int SIDE_BY_SIDE = 4;
    for (int d = 0; d < width; d += SIDE_BY_SIDE * LANES) {
        const int vectors = (width - d) / LANES < SIDE_BY_SIDE ? (width - d) / LANES : SIDE_BY_SIDE;
        if (vectors == SIDE_BY_SIDE) {
            __m256 a[R][SIDE_BY_SIDE];
            for (int r = 0; r < R; ++r) {
                for (int j = 0; j < SIDE_BY_SIDE; ++j) {
                    a[r][j] = _mm256_loadu_ps(qs[r]->acc + d + j * LANES);
                }
            }
            for (int i = 0; i < n; ++i) {
                __m256 vd[SIDE_BY_SIDE];
                for (int j = 0; j < SIDE_BY_SIDE; ++j) {
                    vd[j] = _mm256_loadu_ps(v + i * width + d + j * LANES);
                }
                for (int r = 0; r < R; ++r) {
                    const __m256 p = _mm256_broadcast_ss(qs[r]->p + i);
                    for (int j = 0; j < SIDE_BY_SIDE; ++j) {
                        a[r][j] = _mm256_fmadd_ps(p, vd[j], a[r][j]);
                    }
                }
            }
            for (int r = 0; r < R; ++r) {
                for (int j = 0; j < SIDE_BY_SIDE; ++j) {
                    _mm256_storeu_ps(qs[r]->acc + d + j * LANES, a[r][j]);
                }
            }
            continue;
        }
        for (int r = 0; r < R; ++r) {
            for (int j = 0; j < vectors; ++j) {
                __m256 a = _mm256_loadu_ps(qs[r]->acc + d + j * LANES);
                for (int i = 0; i < n; ++i) {
                    a = _mm256_fmadd_ps(_mm256_broadcast_ss(qs[r]->p + i), _mm256_loadu_ps(v + i * width + d + j * LANES), a);
                }
                _mm256_storeu_ps(qs[r]->acc + d + j * LANES, a);
            }
        }
    }
}

// Scores become weights relative to the largest score so far; false where this query sees nothing of the block.
inline bool weigh(query & q, int64_t first, float scale, int width) {
    __m256 s[POSITIONS / LANES];
    __m256 most = _mm256_set1_ps(-INFINITY);
    for (int i = 0; i < POSITIONS / LANES; ++i) {
        const __m256 mask = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(q.mask + first + i * LANES)));
        const __m256 sum  = _mm256_fmadd_ps(_mm256_loadu_ps(q.p + i * LANES), _mm256_set1_ps(scale), mask);
        s[i]              = _mm256_blendv_ps(sum, mask, _mm256_cmp_ps(mask, _mm256_set1_ps(-INFINITY), _CMP_EQ_OQ)); // whatever lies in unused cells
        most              = _mm256_max_ps(most, s[i]);
    }
    const float m = largest(most);
    if (m == -INFINITY) {
        return false;
    }
    if (m > q.most) {
        const float shrink = q.most == -INFINITY ? 0.0f : _mm256_cvtss_f32(exponential(_mm256_set1_ps(q.most - m)));
        q.most             = m;
        q.sum *= shrink;
        for (int d = 0; d < width; d += LANES) {
            _mm256_storeu_ps(q.acc + d, _mm256_mul_ps(_mm256_loadu_ps(q.acc + d), _mm256_set1_ps(shrink)));
        }
    }
    __m256 sum = _mm256_setzero_ps();
    for (int i = 0; i < POSITIONS / LANES; ++i) {
        const __m256 p = exponential(_mm256_sub_ps(s[i], _mm256_set1_ps(q.most)));
        _mm256_storeu_ps(q.p + i * LANES, p);
        sum = _mm256_add_ps(sum, p);
    }
    q.sum += total(sum);
    return true;
}

// `finite`: what is no finite number becomes 0. Values that a row does not see are multiplied by 0, and must not spoil it.
template <bool finite>
inline void widen(const char * from, size_t stride, int width, float * to) {
    for (int i = 0; i < POSITIONS; ++i) {
        const auto * half = reinterpret_cast<const uint16_t *>(from + i * stride);
        for (int d = 0; d < width; d += LANES) {
            __m256 v = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(half + d)));
            if (finite) {
                v = _mm256_and_ps(v, _mm256_cmp_ps(_mm256_sub_ps(v, v), _mm256_setzero_ps(), _CMP_EQ_OQ));
            }
            _mm256_storeu_ps(to + i * width + d, v);
        }
    }
}

// Whether any query sees a position of the block.
inline bool seen(const query * qs, int n, int64_t first) {
    for (int r = 0; r < n; ++r) {
        for (int i = 0; i < POSITIONS; ++i) {
            if (qs[r].mask[first + i] != 0xfc00) { // minus infinity
                return true;
            }
        }
    }
    return false;
}

void attend(const row_attention & a, int64_t head, int64_t n_heads) {
    const int64_t kv_head = head / (a.n_head / a.n_head_kv);
    const int64_t queries = n_heads * a.n_rows;
    static thread_local query qs[MOST_QUERIES];
    alignas(32) float         block[POSITIONS * MOST_WIDTH];
    for (int64_t begin = 0; begin < queries; begin += MOST_QUERIES) {
        const int n = static_cast<int>(queries - begin < MOST_QUERIES ? queries - begin : MOST_QUERIES);
        for (int i = 0; i < n; ++i) {
            const int64_t h = head + (begin + i) / a.n_rows, r = (begin + i) % a.n_rows;
            qs[i].q         = reinterpret_cast<const float *>(a.q + h * a.q_head + r * a.q_row);
            qs[i].mask      = reinterpret_cast<const uint16_t *>(a.mask + r * a.mask_row);
            qs[i].y         = reinterpret_cast<float *>(a.y + h * a.y_head + r * a.y_row);
            qs[i].most      = -INFINITY;
            qs[i].sum       = 0.0f;
            for (int64_t d = 0; d < a.v_width; ++d) {
                qs[i].acc[d] = 0.0f;
            }
        }
        for (int64_t first = 0; first < a.n_kv; first += POSITIONS) {
            if (!seen(qs, n, first)) {
                continue;
            }
            query * use[MOST_QUERIES];
            int     used = 0;
            widen<false>(a.k + first * a.k_position + kv_head * a.k_head, a.k_position, static_cast<int>(a.k_width), block);
            for (int i = 0; i < n; i += 2) {
                query * pair[2] = {qs + i, qs + i + 1};
                if (i + 1 < n) {
                    score<2>(pair, block, POSITIONS, static_cast<int>(a.k_width));
                } else {
                    score<1>(pair, block, POSITIONS, static_cast<int>(a.k_width));
                }
            }
            for (int i = 0; i < n; ++i) {
                if (weigh(qs[i], first, a.scale, static_cast<int>(a.v_width))) {
                    use[used++] = qs + i;
                }
            }
            widen<true>(a.v + first * a.v_position + kv_head * a.v_head, a.v_position, static_cast<int>(a.v_width), block);
            for (int i = 0; i < used; i += 2) {
                if (i + 1 < used) {
                    gather<2>(use + i, block, POSITIONS, static_cast<int>(a.v_width));
                } else {
                    gather<1>(use + i, block, POSITIONS, static_cast<int>(a.v_width));
                }
            }
        }
        for (int i = 0; i < n; ++i) {
            const float share = qs[i].sum > 0.0f ? 1.0f / qs[i].sum : 0.0f;
            for (int64_t d = 0; d < a.v_width; d += LANES) {
                _mm256_storeu_ps(qs[i].y + d, _mm256_mul_ps(_mm256_loadu_ps(qs[i].acc + d), _mm256_set1_ps(share)));
            }
        }
    }
}

} // namespace
