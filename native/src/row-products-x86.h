// The products of row-kernels.h for x86-64. Included by one file per instruction set, each compiled with its own flags; all
// is local to that file, and nothing of the standard library is used that could be merged with code of other flags.
#pragma once

#include "row-kernels.h"

#include <immintrin.h>

#include <cstring>

namespace {

constexpr int64_t BLOCK = 32; // numbers that share a scale, in weights and rows
constexpr int     GROUP = 8;  // blocks whose scales are multiplied at once
constexpr int     OUTPUTS = 4; // computed side by side

struct weight_block { // ggml's block_q8_0
    uint16_t d;
    int8_t   q[BLOCK];
};
static_assert(sizeof(weight_block) == 34);

// What 32 numbers of a row became.
struct row_block {
    int8_t  q[BLOCK];
    int32_t start[8]; // -128 times the sum of four neighbours each
};

inline __m256i bytes_at(const void * p) { return _mm256_loadu_si256(static_cast<const __m256i *>(p)); }

// start + eight sums of four products each; u is unsigned.
inline __m256i add_products(__m256i start, __m256i u, __m256i q) {
#if defined(__AVX512VNNI__) && defined(__AVX512VL__)
    return _mm256_dpbusd_epi32(start, u, q);
#elif defined(__AVXVNNI__)
    return _mm256_dpbusd_avx_epi32(start, u, q);
#else // sums of two must stay below 2^15: u up to 128
    return _mm256_add_epi32(start, _mm256_madd_epi16(_mm256_set1_epi16(1), _mm256_maddubs_epi16(u, q)));
#endif
}

#if defined(__AVX512VNNI__) && defined(__AVX512VL__) || defined(__AVXVNNI__)
// vpdpbusd wants one factor unsigned: the weights are raised by 128, and each sum begins with what that adds to it.
inline __m256i load(const weight_block & w) { return _mm256_xor_si256(_mm256_set1_epi8(-128), bytes_at(w.q)); }
inline __m256i dot(__m256i w, __m256i q, __m256i start) { return add_products(start, w, q); }
#else // such weights would be too large; the sign moves to the row's numbers
inline __m256i load(const weight_block & w) { return bytes_at(w.q); }
inline __m256i dot(__m256i w, __m256i q, __m256i) { return add_products(_mm256_setzero_si256(), _mm256_sign_epi8(w, w), _mm256_sign_epi8(q, w)); }
#endif

#if defined(__AVX512VL__)
constexpr int ROWS = 4; // computed side by side: as many as the registers hold
#else
constexpr int ROWS = 2;
#endif

inline int64_t padded_blocks(int64_t k) { return (k / BLOCK + GROUP - 1) / GROUP * GROUP; }

// A row: a scale for each block, then the sum of each block's numbers, both padded with zeros to whole groups; then the blocks.
inline const float *     scales_of(const uint8_t * row) { return reinterpret_cast<const float *>(row); }
inline const float *     sums_of(const uint8_t * row, int64_t k) { return scales_of(row) + padded_blocks(k); }
inline const row_block * blocks_of(const uint8_t * row, int64_t k) { return reinterpret_cast<const row_block *>(row + 2 * padded_blocks(k) * sizeof(float)); }

size_t row_bytes(int64_t k) {
    return 2 * padded_blocks(k) * sizeof(float) + k / BLOCK * sizeof(row_block);
}

inline float largest(__m256 v) {
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    m        = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}

// quantize_row_q8_0 of ggml-cpu's arch/x86/quants.c, with another layout of what comes out; see row_kernels::quantize.
void quantize(const float * x, int64_t k, int64_t begin, int64_t end, bool half, uint8_t * row) {
    float *     scales = reinterpret_cast<float *>(row);
    float *     sums   = scales + padded_blocks(k);
    row_block * blocks = const_cast<row_block *>(blocks_of(row, k));
    const __m256 sign  = _mm256_set1_ps(-0.0f);
    for (int64_t b = begin; b < end; ++b) {
        __m256 v[4];
        __m256 most = _mm256_setzero_ps();
        for (int i = 0; i < 4; ++i) {
            v[i] = _mm256_loadu_ps(x + b * BLOCK + 8 * i);
            most = _mm256_max_ps(most, _mm256_andnot_ps(sign, v[i]));
        }
        const float  top    = largest(most);
        const __m256 factor = _mm256_set1_ps(top != 0.0f ? 127.0f / top : 0.0f);
        __m256i n[4];
        for (int i = 0; i < 4; ++i) {
            n[i] = _mm256_cvtps_epi32(_mm256_round_ps(_mm256_mul_ps(v[i], factor), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
        }
        const __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(n[0], n[1]), _mm256_packs_epi32(n[2], n[3])); // fours of bytes out of order
        _mm256_storeu_si256(reinterpret_cast<__m256i *>(blocks[b].q), _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)));
        int sum = 0;
        for (int i = 0; i < 8; ++i) {
            const int8_t * q = blocks[b].q + 4 * i;
            const int      four = q[0] + q[1] + q[2] + q[3];
            blocks[b].start[i]  = -128 * four;
            sum += four;
        }
        const float scale = top / 127.0f;
        scales[b] = half ? _cvtsh_ss(_cvtss_sh(scale, _MM_FROUND_TO_NEAREST_INT)) : scale;
        sums[b]   = scales[b] * static_cast<float>(sum);
    }
    if (end == k / BLOCK) {
        for (int64_t b = end; b < padded_blocks(k); ++b) {
            scales[b] = sums[b] = 0.0f;
        }
    }
}

// The sums of the eight parts of four accumulators, each in the order of ggml's hsum_float_8.
inline __m128 sums(const __m256 * a) {
    __m128 s[4];
    for (int i = 0; i < 4; ++i) {
        s[i] = _mm_add_ps(_mm256_extractf128_ps(a[i], 1), _mm256_castps256_ps128(a[i]));
    }
    _MM_TRANSPOSE4_PS(s[0], s[1], s[2], s[3]);
    return _mm_add_ps(_mm_add_ps(s[0], s[2]), _mm_add_ps(s[1], s[3]));
}

// Where a product begins in memory and where its results go. Outputs are computed some side by side, far apart in memory, so that the
// processor sees streams of their own to fetch ahead; close together they share pages and are fetched late.
struct place {
    int64_t         k;
    const uint8_t * rows;
    size_t          row_stride; // bytes
    float *         y;
    size_t          y_stride; // from row to row
    size_t          distance; // from output to output

    const uint8_t * row(int r) const { return rows + r * row_stride; }
    place from(int64_t r) const { return {k, rows + r * row_stride, row_stride, y + r * y_stride, y_stride, distance}; }
};

// Outputs that are far apart in memory: eight sums for each output and row, added up in the end.
template <int R>
struct apart {
    __m256 sum[R][OUTPUTS];

    apart() {
        for (int r = 0; r < R; ++r) {
            for (int o = 0; o < OUTPUTS; ++o) {
                sum[r][o] = _mm256_setzero_ps();
            }
        }
    }

    template <int N>
    inline void store(const place & at) const {
        for (int r = 0; r < R; ++r) {
            alignas(16) float s[OUTPUTS];
            _mm_store_ps(s, sums(sum[r]));
            for (int o = 0; o < N; ++o) {
                at.y[r * at.y_stride + o * at.distance] = s[o];
            }
        }
    }
};

// Into the second-level cache, from `ahead` bytes behind what is read now. The processor's own prefetching ends at each page.
inline void fetch(const void * p, size_t bytes, size_t ahead) {
    for (size_t line = 0; line < bytes; line += 64) {
        _mm_prefetch(static_cast<const char *>(p) + ahead + line, _MM_HINT_T1);
    }
}
constexpr size_t AHEAD = 3072, AHEAD_IN_ONE_STREAM = 8192; // measured on Zen 4: half and double are a few per cent slower

struct q8_0 {
    using block = weight_block;
    static constexpr int64_t COLUMNS = BLOCK;

    // N outputs times R rows; the outputs' blocks begin at `w`, `distance` outputs apart.
    template <int R, int N>
    static inline void tile(const block * w, const place & at) {
        const int64_t n_blocks = at.k / BLOCK;
        const size_t  distance = at.distance * n_blocks;
        apart<R>      all;
        auto &        sum = all.sum;
        alignas(32) float scale[R][N][GROUP];
        const auto        one = [&](int64_t first, int i) __attribute__((always_inline)) {
            __m256i q[N];
            for (int o = 0; o < N; ++o) {
                q[o] = load(w[o * distance + first + i]);
            }
            for (int r = 0; r < R; ++r) {
                const row_block & b     = blocks_of(at.row(r), at.k)[first + i];
                const __m256i     bytes = bytes_at(b.q);
                const __m256i     start = bytes_at(b.start);
                for (int o = 0; o < N; ++o) {
                    sum[r][o] = _mm256_fmadd_ps(_mm256_broadcast_ss(&scale[r][o][i]), _mm256_cvtepi32_ps(dot(q[o], bytes, start)), sum[r][o]);
                }
            }
        };
        for (int64_t first = 0; first < n_blocks; first += GROUP) {
            const bool whole = first + GROUP <= n_blocks;
            for (int o = 0; o < N; ++o) {
                const block * of = w + o * distance + first;
                alignas(16) uint16_t d[GROUP] = {};
                if (whole) {
                    for (int i = 0; i < GROUP; ++i) {
                        d[i] = of[i].d;
                    }
                } else {
                    for (int64_t i = 0; first + i < n_blocks; ++i) {
                        d[i] = of[i].d;
                    }
                }
                const __m256 scales = _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i *>(d)));
                for (int r = 0; r < R; ++r) {
                    _mm256_store_ps(scale[r][o], _mm256_mul_ps(scales, _mm256_loadu_ps(scales_of(at.row(r)) + first)));
                }
                fetch(of, GROUP * sizeof(block), AHEAD);
            }
            if (whole) {
                for (int i = 0; i < GROUP; ++i) {
                    one(first, i);
                }
            } else {
                for (int i = 0; first + i < n_blocks; ++i) {
                    one(first, i);
                }
            }
        }
        all.template store<N>(at);
    }
};

inline __m256i low_nibbles(__m256i v) { return _mm256_and_si256(v, _mm256_set1_epi8(15)); }
inline __m256i high_nibbles(__m256i v) { return _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15)); }

// The K formats' eight scales and eight offsets of six bits in twelve bytes.
struct scales_and_offsets {
    __m256 scales, offsets;

    explicit inline scales_and_offsets(const uint8_t * packed) {
        uint32_t s[3];
        memcpy(s, packed, sizeof(s));
        scales  = eight(s[0] & 0x3f3f3f3f, (s[2] & 0x0f0f0f0f) | (s[0] >> 2 & 0x30303030));
        offsets = eight(s[1] & 0x3f3f3f3f, (s[2] >> 4 & 0x0f0f0f0f) | (s[1] >> 2 & 0x30303030));
    }

    static inline __m256 eight(uint32_t low, uint32_t high) {
        return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_set_epi32(0, 0, static_cast<int>(high), static_cast<int>(low))));
    }
};

struct q5_k {
    struct block { // ggml's block_q5_K: eight parts of 32 numbers, with a scale and an offset each; low and high nibbles are parts side by side
        uint16_t d, least;
        uint8_t  scales[12];
        uint8_t  high[32]; // bit p: the fifth of part p
        uint8_t  low[128];
    };
    static_assert(sizeof(block) == 176);
    static constexpr int64_t COLUMNS = 256;

    static inline __m256i unpack(const block & w, int part) {
        const __m256i low  = bytes_at(w.low + 32 * (part / 2));
        const __m256i high = bytes_at(w.high);
        const __m256i bit  = _mm256_and_si256(part < 4 ? _mm256_slli_epi16(high, 4 - part) : _mm256_srli_epi16(high, part - 4), _mm256_set1_epi8(16));
        return _mm256_or_si256(part % 2 == 0 ? low_nibbles(low) : high_nibbles(low), bit);
    }

    template <int R, int N>
    static inline void tile(const block * w, const place & at) {
        const int64_t n_blocks = at.k / COLUMNS;
        const size_t  distance = at.distance * n_blocks;
        apart<R>      all;
        auto &        sum = all.sum;
        alignas(32) float scale[R][N][GROUP];
        for (int64_t b = 0; b < n_blocks; ++b) {
            for (int o = 0; o < N; ++o) {
                const block &            of = w[o * distance + b];
                const scales_and_offsets s(of.scales);
                const __m256             scales  = _mm256_mul_ps(_mm256_set1_ps(_cvtsh_ss(of.d)), s.scales);
                const __m256             offsets = _mm256_mul_ps(_mm256_set1_ps(_cvtsh_ss(of.least)), s.offsets);
                for (int r = 0; r < R; ++r) {
                    _mm256_store_ps(scale[r][o], _mm256_mul_ps(scales, _mm256_loadu_ps(scales_of(at.row(r)) + GROUP * b)));
                    sum[r][o] = _mm256_fnmadd_ps(offsets, _mm256_loadu_ps(sums_of(at.row(r), at.k) + GROUP * b), sum[r][o]); // all of it is added up in the end
                }
                fetch(&of, sizeof(block), AHEAD);
            }
#pragma GCC unroll 8
            for (int part = 0; part < 8; ++part) {
                __m256i q[N];
                for (int o = 0; o < N; ++o) {
                    q[o] = unpack(w[o * distance + b], part);
                }
                for (int r = 0; r < R; ++r) {
                    const __m256i bytes = bytes_at(blocks_of(at.row(r), at.k)[GROUP * b + part].q);
                    for (int o = 0; o < N; ++o) {
                        sum[r][o] = _mm256_fmadd_ps(_mm256_broadcast_ss(&scale[r][o][part]), _mm256_cvtepi32_ps(add_products(_mm256_setzero_si256(), q[o], bytes)), sum[r][o]);
                    }
                }
            }
        }
        all.template store<N>(at);
    }
};

struct q6_k {
    struct block { // ggml's block_q6_K: 256 numbers of six bits, a scale for each 16
        uint8_t  low[128], high[64];
        int8_t   scales[16];
        uint16_t d;
    };
    static_assert(sizeof(block) == 210);
    static constexpr int64_t COLUMNS = 256;

    // Numbers 32 * part to 32 * part + 31, raised by 32.
    static inline __m256i unpack(const block & w, int part) {
        const int     half = part / 4, quarter = part % 4;
        const __m256i low  = bytes_at(w.low + 64 * half + 32 * (quarter % 2));
        const __m256i high = bytes_at(w.high + 32 * half);
        const __m256i four = quarter < 2 ? low_nibbles(low) : high_nibbles(low);
        const __m256i two  = _mm256_and_si256(quarter == 0 ? _mm256_slli_epi16(high, 4) : quarter == 1 ? _mm256_slli_epi16(high, 2) : quarter == 2 ? high : _mm256_srli_epi16(high, 2), _mm256_set1_epi8(48));
        return _mm256_or_si256(four, two);
    }

    template <int R, int N>
    static inline void tile(const block * w, const place & at) {
        const int64_t n_blocks = at.k / COLUMNS;
        const size_t  distance = at.distance * n_blocks;
        apart<R>      all;
        auto &        sum = all.sum;
        for (int64_t b = 0; b < n_blocks; ++b) {
            alignas(32) float scale[N][16];
            for (int o = 0; o < N; ++o) {
                const block & of = w[o * distance + b];
                const __m128i s  = _mm_loadu_si128(reinterpret_cast<const __m128i *>(of.scales));
                const __m256  d  = _mm256_set1_ps(_cvtsh_ss(of.d));
                _mm256_store_ps(scale[o], _mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(s))));
                _mm256_store_ps(scale[o] + 8, _mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(s, 8)))));
                fetch(&of, sizeof(block), AHEAD);
            }
#pragma GCC unroll 8
            for (int part = 0; part < 8; ++part) {
                __m256i q[N];
                __m256  s[N];
                for (int o = 0; o < N; ++o) {
                    q[o] = unpack(w[o * distance + b], part);
                    s[o] = _mm256_set_m128(_mm_broadcast_ss(&scale[o][2 * part + 1]), _mm_broadcast_ss(&scale[o][2 * part]));
                }
                for (int r = 0; r < R; ++r) {
                    const int64_t     i     = 8 * b + part;
                    const row_block & rb    = blocks_of(at.row(r), at.k)[i];
                    const __m256i     bytes = bytes_at(rb.q);
                    const __m256i     start = _mm256_srai_epi32(bytes_at(rb.start), 2); // -32 times the sums
                    const __m256      d     = _mm256_broadcast_ss(scales_of(at.row(r)) + i);
                    for (int o = 0; o < N; ++o) {
                        sum[r][o] = _mm256_fmadd_ps(_mm256_mul_ps(s[o], d), _mm256_cvtepi32_ps(add_products(start, q[o], bytes)), sum[r][o]);
                    }
                }
            }
        }
        all.template store<N>(at);
    }
};

// Eight outputs side by side in memory. Two registers hold four outputs each, two sums of 16 columns for each of them.
template <int R>
struct eight_outputs {
    __m256 first[R], last[R], least[R]; // of outputs 0 to 3, of 4 to 7; what the smallest values add

    eight_outputs() {
        for (int r = 0; r < R; ++r) {
            first[r] = last[r] = least[r] = _mm256_setzero_ps();
        }
    }

    // 32 columns, the i-th block of the rows. u: unsigned, columns 8 * c to 8 * c + 7 of outputs 0 to 3 in u[c] and of 4 to 7 in u[4 + c].
    // Output o is scale[o] * u - offset[o].
    inline void add(const __m256i * u, __m256 scale, __m256 offset, const place & at, int64_t i) {
        const __m256 scale0 = _mm256_permutevar8x32_ps(scale, _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3));
        const __m256 scale4 = _mm256_permutevar8x32_ps(scale, _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7));
        for (int r = 0; r < R; ++r) {
            const row_block & b = blocks_of(at.row(r), at.k)[i];
            __m256i           s0 = _mm256_setzero_si256(), s4 = s0;
            for (int c = 0; c < 4; ++c) {
                int64_t eight;
                memcpy(&eight, b.q + 8 * c, sizeof(eight));
                const __m256i q = _mm256_set1_epi64x(eight);
                s0 = add_products(s0, u[c], q);
                s4 = add_products(s4, u[4 + c], q);
            }
            const __m256 d = _mm256_broadcast_ss(scales_of(at.row(r)) + i);
            first[r]       = _mm256_fmadd_ps(_mm256_mul_ps(scale0, d), _mm256_cvtepi32_ps(s0), first[r]);
            last[r]        = _mm256_fmadd_ps(_mm256_mul_ps(scale4, d), _mm256_cvtepi32_ps(s4), last[r]);
            least[r]       = _mm256_fmadd_ps(offset, _mm256_broadcast_ss(sums_of(at.row(r), at.k) + i), least[r]);
        }
    }

    inline void store(const place & at) const {
        for (int r = 0; r < R; ++r) {
            const __m256 pairs = _mm256_hadd_ps(first[r], last[r]); // 0, 1, 4, 5, 2, 3, 6, 7
            const __m256 sums  = _mm256_permutevar8x32_ps(pairs, _mm256_setr_epi32(0, 1, 4, 5, 2, 3, 6, 7));
            _mm256_storeu_ps(at.y + r * at.y_stride, _mm256_sub_ps(sums, least[r]));
        }
    }
};

struct q4_0x8 {
    struct block { // ggml's block_q4_0x8: low nibbles are columns 0 to 15, high ones 16 to 31; the highest bit of each is flipped
        uint16_t d[8];
        uint8_t  q[128];
    };
    static_assert(sizeof(block) == 144);
    static constexpr int64_t COLUMNS = BLOCK;

    template <int R, int N>
    static inline void tile(const block * w, const place & at) {
        eight_outputs<R> sum;
        for (int64_t b = 0; b < at.k / BLOCK; ++b) {
            __m256i u[8];
            for (int half = 0; half < 2; ++half) {
                for (int c = 0; c < 2; ++c) {
                    const __m256i v      = _mm256_xor_si256(bytes_at(w[b].q + 64 * c + 32 * half), _mm256_set1_epi8(static_cast<char>(0x88)));
                    u[4 * half + c]      = low_nibbles(v);
                    u[4 * half + 2 + c]  = high_nibbles(v);
                }
            }
            fetch(w + b, sizeof(block), AHEAD_IN_ONE_STREAM);
            const __m256 d = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(w[b].d)));
            sum.add(u, d, _mm256_mul_ps(d, _mm256_set1_ps(8.0f)), at, b);
        }
        sum.store(at);
    }
};

struct q4_kx8 {
    struct block { // ggml's block_q4_Kx8: eight parts of 32 columns, with a scale and an offset each; low and high nibbles are parts side by side
        uint16_t d[8], least[8];
        uint8_t  scales[96]; // 12 bytes for each part: eight scales and eight offsets of six bits
        uint8_t  q[1024];
    };
    static_assert(sizeof(block) == 1152);
    static constexpr int64_t COLUMNS = 256;

    template <int R, int N>
    static inline void tile(const block * w, const place & at) {
        eight_outputs<R> sum;
        for (int64_t b = 0; b < at.k / COLUMNS; ++b) {
            const __m256 d     = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(w[b].d)));
            const __m256 least = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(w[b].least)));
            for (int part = 0; part < 8; ++part) {
                __m256i u[8];
                for (int half = 0; half < 2; ++half) {
                    for (int c = 0; c < 4; ++c) {
                        const __m256i v = bytes_at(w[b].q + 256 * (part / 2) + 64 * c + 32 * half);
                        u[4 * half + c] = part % 2 == 0 ? low_nibbles(v) : high_nibbles(v);
                    }
                }
                fetch(w[b].scales + sizeof(block) / 8 * part, sizeof(block) / 8, AHEAD_IN_ONE_STREAM);
                const scales_and_offsets s(w[b].scales + 12 * part);
                sum.add(u, _mm256_mul_ps(d, s.scales), _mm256_mul_ps(least, s.offsets), at, 8 * b + part);
            }
        }
        sum.store(at);
    }
};

// All rows times N outputs: as many at once as there are registers for.
template <typename format, int N>
void all_rows(const typename format::block * w, int64_t n_rows, const place & at) {
    for (int64_t r = 0; r < n_rows;) {
        const int64_t left = n_rows - r;
        if (ROWS >= 4 && left >= 4) {
            format::template tile<4, N>(w, at.from(r));
            r += 4;
        } else if (ROWS >= 4 && left == 3) {
            format::template tile<3, N>(w, at.from(r));
            r += 3;
        } else if (left >= 2) {
            format::template tile<2, N>(w, at.from(r));
            r += 2;
        } else {
            format::template tile<1, N>(w, at.from(r));
            r += 1;
        }
    }
}

template <typename format>
void multiply(const void * weights, int64_t k, int64_t n_outputs, const uint8_t * rows, size_t row_stride, int64_t n_rows, float * y, size_t y_stride) {
    const auto *  w       = static_cast<const typename format::block *>(weights);
    const int64_t blocks  = k / format::COLUMNS;
    const int64_t streams = n_outputs / OUTPUTS;
    for (int64_t o = 0; o < streams; ++o) {
        all_rows<format, OUTPUTS>(w + o * blocks, n_rows, {k, rows, row_stride, y + o, y_stride, static_cast<size_t>(streams)});
    }
    for (int64_t o = streams * OUTPUTS; o < n_outputs; ++o) {
        all_rows<format, 1>(w + o * blocks, n_rows, {k, rows, row_stride, y + o, y_stride, 0});
    }
}

template <typename format>
void multiply_eights(const void * weights, int64_t k, int64_t n_outputs, const uint8_t * rows, size_t row_stride, int64_t n_rows, float * y, size_t y_stride) {
    const auto *  w      = static_cast<const typename format::block *>(weights);
    const int64_t blocks = k / format::COLUMNS;
    for (int64_t o = 0; o < n_outputs; o += 8) {
        all_rows<format, 8>(w + o / 8 * blocks, n_rows, {k, rows, row_stride, y + o, y_stride, 1});
    }
}

} // namespace
