// The products of row-kernels.h for x86-64. Included by one file per instruction set, each compiled with its own flags; all
// is local to that file, and nothing of the standard library is used that could be merged with code of other flags.
#pragma once

#include "row-kernels.h"

#include <immintrin.h>

#include <cstring>

namespace {

constexpr int64_t BLOCK = 32; // numbers that share a scale, in weights and rows

// What 32 numbers of a row became. Even and odd: of the fours of neighbours, 1st, 3rd, … and 2nd, 4th, … one.
struct row_block {
    int8_t  q[BLOCK];
    int32_t halves[4]; // -32 times the sums of the first 16 numbers' even fours, odd ones, then the last 16 numbers'
    int32_t whole[2];  // -128 times the sum of all even fours, and of all odd ones
    float   scale, sum; // of the numbers themselves: what q is multiplied by, and what they add up to
};
static_assert(sizeof(row_block) == 64);

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

// start + eight sums of four products each, of signed weights that raise() has seen.
#if defined(__AVX512VNNI__) && defined(__AVX512VL__) || defined(__AVXVNNI__)
// vpdpbusd wants one factor unsigned: the weights are raised by 128, and each sum begins with what that adds to it.
constexpr bool RAISED = true;
inline __m256i raise(__m256i w) { return _mm256_xor_si256(_mm256_set1_epi8(-128), w); }
inline __m256i add_signed(__m256i start, __m256i w, __m256i q) { return add_products(start, w, q); }
#else // such weights would be too large; the sign moves to the row's numbers
constexpr bool RAISED = false;
inline __m256i raise(__m256i w) { return w; }
inline __m256i add_signed(__m256i start, __m256i w, __m256i q) { return add_products(start, _mm256_sign_epi8(w, w), _mm256_sign_epi8(q, w)); }
#endif

#if defined(__AVX512VL__)
constexpr int ROWS = 4; // computed side by side: as many as the registers hold
#else
constexpr int ROWS = 2;
#endif

size_t row_bytes(int64_t k) { return k / BLOCK * sizeof(row_block); }

inline float largest(__m256 v) {
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    m        = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}

// quantize_row_q8_0 of ggml-cpu's arch/x86/quants.c, with another layout of what comes out; see row_kernels::quantize.
void quantize(const float * x, int64_t begin, int64_t end, bool half, uint8_t * row) {
    auto *       blocks = reinterpret_cast<row_block *>(row);
    const __m256 sign   = _mm256_set1_ps(-0.0f);
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
        const __m256i mixed = _mm256_packs_epi16(_mm256_packs_epi32(n[0], n[1]), _mm256_packs_epi32(n[2], n[3])); // fours of bytes out of order
        const __m256i bytes = _mm256_permutevar8x32_epi32(mixed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
        const __m256i fours = _mm256_madd_epi16(_mm256_set1_epi16(1), _mm256_maddubs_epi16(_mm256_set1_epi8(1), bytes));
        const __m256i pairs = _mm256_add_epi32(fours, _mm256_shuffle_epi32(fours, 0x4e)); // even, odd of the first 16 numbers, twice; of the last 16
        const __m128i first = _mm256_castsi256_si128(pairs), last = _mm256_extracti128_si256(pairs, 1);
        const __m128i all   = _mm_add_epi32(first, last);
        const __m128i none  = _mm_setzero_si128();
        row_block &   to    = blocks[b];
        const float   scale = top / 127.0f;
        _mm256_storeu_si256(reinterpret_cast<__m256i *>(to.q), bytes);
        _mm_storeu_si128(reinterpret_cast<__m128i *>(to.halves), _mm_sub_epi32(none, _mm_slli_epi32(_mm_unpacklo_epi64(first, last), 5)));
        _mm_storel_epi64(reinterpret_cast<__m128i *>(to.whole), _mm_sub_epi32(none, _mm_slli_epi32(all, 7)));
        to.scale = half ? _cvtsh_ss(_cvtss_sh(scale, _MM_FROUND_TO_NEAREST_INT)) : scale;
        to.sum   = to.scale * static_cast<float>(_mm_cvtsi128_si32(all) + _mm_extract_epi32(all, 1));
    }
}

// The rows that a product meets, and where its results go.
struct place {
    int64_t         k;
    const uint8_t * rows;
    size_t          row_stride; // bytes
    float *         y;
    size_t          y_stride; // from row to row
    int             outputs;  // up to eight
    size_t          distance; // from output to output

    const row_block & block(int r, int64_t i) const { return reinterpret_cast<const row_block *>(rows + r * row_stride)[i]; }
    place from(int64_t r) const { return {k, rows + r * row_stride, row_stride, y + r * y_stride, y_stride, outputs, distance}; }
};

// Into the second-level cache, from AHEAD bytes behind what is read now. The processor's own prefetching ends at each page.
constexpr size_t AHEAD = 8192; // measured on Zen 4: half and double are a few per cent slower
inline void fetch(const void * p, size_t bytes) {
    for (size_t line = 0; line < bytes; line += 64) {
        _mm_prefetch(static_cast<const char *>(p) + AHEAD + line, _MM_HINT_T1);
    }
}

// Of bytes by eights, in chunks of eight columns: the c-th chunk of outputs 0 to 3, or 4 to 7.
inline __m256i chunk(const uint8_t * q, int c, int half) { return bytes_at(q + 64 * c + 32 * half); }

// Scales or offsets of eight outputs, each twice, as eight_outputs has its sums: of outputs 0 to 3, and of 4 to 7.
struct twice {
    __m256 first, last;

    explicit inline twice(__m256 v)
        : first(_mm256_permutevar8x32_ps(v, _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3))), last(_mm256_permutevar8x32_ps(v, _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7))) {}
};

inline __m256i two_of(const int32_t * v) {
    int64_t both;
    memcpy(&both, v, sizeof(both));
    return _mm256_set1_epi64x(both);
}

// Integer sums of eight outputs, of even and of odd fours of columns: outputs 0 to 3 in one register, 4 to 7 in the other.
// u: columns 8 * c to 8 * c + 7 of outputs 0 to 3 in u[c] and of 4 to 7 in u[4 + c].
struct integers {
    __m256i first, last;

    template <bool is_signed>
    inline void add(const __m256i * u, const row_block & b, int begin, int end) {
        for (int c = begin; c < end; ++c) {
            int64_t eight;
            memcpy(&eight, b.q + 8 * c, sizeof(eight));
            const __m256i q = _mm256_set1_epi64x(eight);
            first           = is_signed ? add_signed(first, u[c], q) : add_products(first, u[c], q);
            last            = is_signed ? add_signed(last, u[4 + c], q) : add_products(last, u[4 + c], q);
        }
    }
};

// Accumulators that a loop indexes would be kept in memory.
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 4")
#endif

template <int R>
struct eight_outputs {
    __m256 first[R], last[R], least[R]; // of outputs 0 to 3, of 4 to 7, even and odd sums; what offsets take away

    eight_outputs() {
        UNROLL
        for (int r = 0; r < R; ++r) {
            first[r] = last[r] = least[r] = _mm256_setzero_ps();
        }
    }

    // The i-th 32 columns. is_signed: u is what raise() gives; else unsigned.
    template <bool is_signed>
    inline void add(const __m256i * u, const twice & scale, const place & at, int64_t i) {
        UNROLL
        for (int r = 0; r < R; ++r) {
            const row_block & b     = at.block(r, i);
            const __m256i     start = is_signed && RAISED ? two_of(b.whole) : _mm256_setzero_si256();
            integers          s{start, start};
            s.add<is_signed>(u, b, 0, 4);
            const __m256 d = _mm256_broadcast_ss(&b.scale);
            first[r]       = _mm256_fmadd_ps(_mm256_mul_ps(scale.first, d), _mm256_cvtepi32_ps(s.first), first[r]);
            last[r]        = _mm256_fmadd_ps(_mm256_mul_ps(scale.last, d), _mm256_cvtepi32_ps(s.last), last[r]);
        }
    }

    // Likewise, each half of the columns with a scale of its own; u is too large by 32.
    inline void add_halves(const __m256i * u, const twice & scale0, const twice & scale1, const place & at, int64_t i) {
        UNROLL
        for (int r = 0; r < R; ++r) {
            const row_block & b = at.block(r, i);
            integers          s0{two_of(b.halves), two_of(b.halves)}, s1{two_of(b.halves + 2), two_of(b.halves + 2)};
            s0.add<false>(u, b, 0, 2);
            s1.add<false>(u, b, 2, 4);
            const __m256 d = _mm256_broadcast_ss(&b.scale);
            first[r] = _mm256_fmadd_ps(d, _mm256_fmadd_ps(scale1.first, _mm256_cvtepi32_ps(s1.first), _mm256_mul_ps(scale0.first, _mm256_cvtepi32_ps(s0.first))), first[r]);
            last[r]  = _mm256_fmadd_ps(d, _mm256_fmadd_ps(scale1.last, _mm256_cvtepi32_ps(s1.last), _mm256_mul_ps(scale0.last, _mm256_cvtepi32_ps(s0.last))), last[r]);
        }
    }

    // Output o is less by offset[o] for each of the i-th 32 columns.
    inline void subtract(__m256 offset, const place & at, int64_t i) {
        UNROLL
        for (int r = 0; r < R; ++r) {
            least[r] = _mm256_fmadd_ps(offset, _mm256_broadcast_ss(&at.block(r, i).sum), least[r]);
        }
    }

    inline void store(const place & at) const {
        UNROLL
        for (int r = 0; r < R; ++r) {
            const __m256 pairs = _mm256_hadd_ps(first[r], last[r]); // 0, 1, 4, 5, 2, 3, 6, 7
            const __m256 sums  = _mm256_sub_ps(_mm256_permutevar8x32_ps(pairs, _mm256_setr_epi32(0, 1, 4, 5, 2, 3, 6, 7)), least[r]);
            float *      y    = at.y + r * at.y_stride;
            if (at.outputs == 8 && at.distance == 1) {
                _mm256_storeu_ps(y, sums);
                continue;
            }
            alignas(32) float s[8];
            _mm256_store_ps(s, sums);
            for (int o = 0; o < at.outputs; ++o) {
                y[o * at.distance] = s[o];
            }
        }
    }
};

// As it lies in a file: outputs one after the other. Their bytes are brought side by side here, which costs as much as a row or two.
struct q8_0 {
    struct block { // ggml's block_q8_0
        uint16_t d;
        int8_t   q[BLOCK];
    };
    static_assert(sizeof(block) == 34);
    static constexpr int64_t COLUMNS = BLOCK; // of a block

    // u[0 … 3]: columns 8 * c to 8 * c + 7 of four outputs side by side.
    static inline void interleave(const block * const * of, int64_t b, __m256i * u) {
        __m256i v[4];
        for (int o = 0; o < 4; ++o) {
            v[o] = raise(bytes_at(of[o][b].q));
        }
        const __m256i even0 = _mm256_unpacklo_epi64(v[0], v[1]), even1 = _mm256_unpacklo_epi64(v[2], v[3]);
        const __m256i odd0 = _mm256_unpackhi_epi64(v[0], v[1]), odd1 = _mm256_unpackhi_epi64(v[2], v[3]);
        u[0] = _mm256_permute2x128_si256(even0, even1, 0x20);
        u[1] = _mm256_permute2x128_si256(odd0, odd1, 0x20);
        u[2] = _mm256_permute2x128_si256(even0, even1, 0x31);
        u[3] = _mm256_permute2x128_si256(odd0, odd1, 0x31);
    }

    template <int R>
    static inline void tile(const block * w, const place & at) {
        const int64_t n_blocks = at.k / BLOCK;
        const block * of[8];
        for (int o = 0; o < 8; ++o) {
            of[o] = w + (o < at.outputs ? o * at.distance * n_blocks : 0);
        }
        eight_outputs<R> sum;
        for (int64_t b = 0; b < n_blocks; ++b) {
            __m256i u[8];
            interleave(of, b, u);
            interleave(of + 4, b, u + 4);
            const __m128i d = _mm_setr_epi16(of[0][b].d, of[1][b].d, of[2][b].d, of[3][b].d, of[4][b].d, of[5][b].d, of[6][b].d, of[7][b].d);
            sum.template add<true>(u, twice(_mm256_cvtph_ps(d)), at, b);
        }
        sum.store(at);
    }
};

struct q8_0x8 {
    struct block {
        uint16_t d[8];
        uint8_t  q[8 * BLOCK]; // raised by 128
    };
    static_assert(sizeof(block) == 8 * sizeof(q8_0::block));
    static constexpr bool SIGNED = true;

    static inline void unpack(const block & w, __m256i * u) {
        for (int half = 0; half < 2; ++half) {
            for (int c = 0; c < 4; ++c) {
                const __m256i raised = chunk(w.q, c, half);
                u[4 * half + c]      = RAISED ? raised : _mm256_xor_si256(_mm256_set1_epi8(-128), raised);
            }
        }
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

// The K formats by eights: parts of 32 columns, with a scale and an offset each; low and high nibbles are parts side by side.
// u[c] and u[4 + c] of a part, in chunks of eight columns.
inline void nibbles(const uint8_t * q, int part, __m256i * u) {
    for (int half = 0; half < 2; ++half) {
        for (int c = 0; c < 4; ++c) {
            const __m256i v = chunk(q + 256 * (part / 2), c, half);
            u[4 * half + c] = part % 2 == 0 ? low_nibbles(v) : high_nibbles(v);
        }
    }
}

struct q4_0x8 {
    struct block { // ggml's block_q4_0x8: low nibbles are columns 0 to 15, high ones 16 to 31; the highest bit of each is flipped
        uint16_t d[8];
        uint8_t  q[128];
    };
    static_assert(sizeof(block) == 144);
    static constexpr bool SIGNED = false; // numbers are too large by 8

    static inline void unpack(const block & w, __m256i * u) {
        for (int half = 0; half < 2; ++half) {
            for (int c = 0; c < 2; ++c) {
                const __m256i v      = _mm256_xor_si256(chunk(w.q, c, half), _mm256_set1_epi8(static_cast<char>(0x88)));
                u[4 * half + c]      = low_nibbles(v);
                u[4 * half + 2 + c]  = high_nibbles(v);
            }
        }
    }
};

struct q4_kx8 {
    struct block { // ggml's block_q4_Kx8
        uint16_t d[8], least[8];
        uint8_t  scales[96]; // 12 bytes for each part: eight scales and eight offsets of six bits
        uint8_t  q[1024];
    };
    static_assert(sizeof(block) == 1152);
    static constexpr int64_t COLUMNS = 256;

    static inline void unpack(const block & w, int part, __m256i * u) { nibbles(w.q, part, u); }
};

struct q5_kx8 {
    struct block {
        uint16_t d[8], least[8];
        uint8_t  scales[96];
        uint8_t  high[256]; // bit p: the fifth of part p
        uint8_t  q[1024];
    };
    static_assert(sizeof(block) == 1408);
    static constexpr int64_t COLUMNS = 256;

    static inline void unpack(const block & w, int part, __m256i * u) {
        nibbles(w.q, part, u);
        for (int half = 0; half < 2; ++half) {
            for (int c = 0; c < 4; ++c) {
                const __m256i high = chunk(w.high, c, half);
                const __m256i bit  = part < 4 ? _mm256_slli_epi16(high, 4 - part) : _mm256_srli_epi16(high, part - 4);
                u[4 * half + c]    = _mm256_or_si256(u[4 * half + c], _mm256_and_si256(bit, _mm256_set1_epi8(16)));
            }
        }
    }
};

struct q6_kx8 {
    struct block { // a scale for each 16 columns
        uint16_t d[8];
        int8_t   scales[128];
        uint8_t  low[1024], high[512];
    };
    static_assert(sizeof(block) == 1680);
    static constexpr int64_t COLUMNS = 256;

    template <int R>
    static inline void tile(const block * w, const place & at) {
        eight_outputs<R> sum;
        for (int64_t b = 0; b < at.k / COLUMNS; ++b) {
            const __m256 d = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(w[b].d)));
#pragma GCC unroll 8
            for (int part = 0; part < 8; ++part) {
                const int quarter = part % 4;
                __m256i   u[8];
                for (int half = 0; half < 2; ++half) {
                    for (int c = 0; c < 4; ++c) {
                        const __m256i low  = chunk(w[b].low + 512 * (part / 4) + 256 * (quarter % 2), c, half);
                        const __m256i high = chunk(w[b].high + 256 * (part / 4), c, half);
                        const __m256i two  = quarter == 0 ? _mm256_slli_epi16(high, 4) : quarter == 1 ? _mm256_slli_epi16(high, 2) : quarter == 2 ? high : _mm256_srli_epi16(high, 2);
                        u[4 * half + c]    = _mm256_or_si256(quarter < 2 ? low_nibbles(low) : high_nibbles(low), _mm256_and_si256(two, _mm256_set1_epi8(48)));
                    }
                }
                fetch(w[b].scales + sizeof(block) / 8 * part, sizeof(block) / 8);
                const auto scale = [&](int i) { return twice(_mm256_mul_ps(d, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(w[b].scales + 8 * i)))))); };
                sum.add_halves(u, scale(2 * part), scale(2 * part + 1), at, 8 * b + part);
            }
        }
        sum.store(at);
    }
};

// Formats of which each 32 columns have a scale, and no more.
template <typename format>
struct with_scales : format {
    using typename format::block;
    static constexpr int64_t COLUMNS = BLOCK;

    template <int R>
    static inline void tile(const block * w, const place & at) {
        eight_outputs<R> sum;
        for (int64_t b = 0; b < at.k / COLUMNS; ++b) {
            __m256i u[8];
            format::unpack(w[b], u);
            fetch(w + b, sizeof(block));
            const __m256 d = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(w[b].d)));
            sum.template add<format::SIGNED>(u, twice(d), at, b);
            if constexpr (!format::SIGNED) {
                sum.subtract(_mm256_mul_ps(d, _mm256_set1_ps(8.0f)), at, b);
            }
        }
        sum.store(at);
    }
};

// Formats with scales and offsets of six bits.
template <typename format>
struct with_offsets : format {
    using typename format::block;

    template <int R>
    static inline void tile(const block * w, const place & at) {
        eight_outputs<R> sum;
        for (int64_t b = 0; b < at.k / format::COLUMNS; ++b) {
            const __m256 d     = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(w[b].d)));
            const __m256 least = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(w[b].least)));
            for (int part = 0; part < 8; ++part) {
                __m256i u[8];
                format::unpack(w[b], part, u);
                fetch(w[b].scales + sizeof(block) / 8 * part, sizeof(block) / 8);
                const scales_and_offsets s(w[b].scales + 12 * part);
                sum.template add<false>(u, twice(_mm256_mul_ps(d, s.scales)), at, 8 * b + part);
                sum.subtract(_mm256_mul_ps(least, s.offsets), at, 8 * b + part);
            }
        }
        sum.store(at);
    }
};

// All rows times up to eight outputs: as many at once as there are registers for.
template <typename format>
void all_rows(const typename format::block * w, int64_t n_rows, const place & at) {
    for (int64_t r = 0; r < n_rows;) {
        const int64_t left = n_rows - r;
        if (ROWS >= 4 && left >= 4) {
            format::template tile<4>(w, at.from(r));
            r += 4;
        } else if (ROWS >= 4 && left == 3) {
            format::template tile<3>(w, at.from(r));
            r += 3;
        } else if (left >= 2) {
            format::template tile<2>(w, at.from(r));
            r += 2;
        } else {
            format::template tile<1>(w, at.from(r));
            r += 1;
        }
    }
}

template <typename format>
void multiply(const void * weights, int64_t k, int64_t n_outputs, const uint8_t * rows, size_t row_stride, int64_t n_rows, float * y, size_t y_stride) {
    const auto *  w      = static_cast<const typename format::block *>(weights);
    const int64_t blocks = k / format::COLUMNS;
    for (int64_t o = 0; o < n_outputs; o += 8) {
        all_rows<format>(w + o / 8 * blocks, n_rows, {k, rows, row_stride, y + o, y_stride, 8, 1});
    }
}

// Weights as they lie in a file: outputs far apart, so that the processor sees eight streams to fetch ahead. Close together they
// share pages, and are fetched late.
template <typename format>
void multiply_apart(const void * weights, int64_t k, int64_t n_outputs, const uint8_t * rows, size_t row_stride, int64_t n_rows, float * y, size_t y_stride) {
    const auto *  w       = static_cast<const typename format::block *>(weights);
    const int64_t blocks  = k / format::COLUMNS;
    const int64_t streams = n_outputs / 8, rest = 8 * streams;
    for (int64_t o = 0; o < streams; ++o) {
        all_rows<format>(w + o * blocks, n_rows, {k, rows, row_stride, y + o, y_stride, 8, static_cast<size_t>(streams)});
    }
    if (rest < n_outputs) {
        all_rows<format>(w + rest * blocks, n_rows, {k, rows, row_stride, y + rest, y_stride, static_cast<int>(n_outputs - rest), 1});
    }
}

} // namespace
