// What a decoding pass of a few rows spends its time in: products of quantised matrices, and attention. ggml-cpu computes several rows
// nearly as slowly as each of them alone; here a block of weights, or of keys and values, is read and unpacked once for several
// rows, so that verification is cheap. Every row has the same bits alone and among others.
//
// k: columns of a matrix. Outputs: its rows, one number of the result for each. Rows: those of the pass, one per token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

// y[r * y_stride + o] = weights[o] . rows[r] for n_rows >= 1 rows, row_stride bytes apart, and outputs o in [0, n_outputs).
using row_product = void (*)(const void * weights, int64_t k, int64_t n_outputs, const uint8_t * rows, size_t row_stride, int64_t n_rows, float * y, size_t y_stride);

// Attention of n_rows tokens over the cells of a cache in half precision, as ggml_flash_attn_ext has it. Strides in bytes.
struct row_attention {
    static constexpr int POSITIONS = 32, LANES = 8, MOST_WIDTH = 256; // cells of a block; what a head's width is a multiple of, and its most

    const char * q; // F32 [k_width]
    const char * k; // F16 [k_width]
    const char * v; // F16 [v_width]
    const char * mask; // F16 [n_kv]: 0, or minus infinity where a row must not look
    char *       y; // F32 [v_width]
    size_t       q_row, q_head, k_position, k_head, v_position, v_head, mask_row, y_row, y_head;
    int64_t      n_rows, n_head, n_head_kv;
    int64_t      n_kv; // a multiple of POSITIONS
    int64_t      k_width, v_width; // multiples of LANES up to MOST_WIDTH
    float        scale;
};

struct row_kernels {
    const char * name; // of the instruction set

    // Bytes of one quantised row of k numbers; k is a multiple of 32.
    size_t (*row_bytes)(int64_t k);

    // Quantises the blocks [begin, end) of 32 numbers of a row x to 8 bits. `half`: with scales in half precision, to the numbers of ggml's
    // Q8_0, which it multiplies Q8_0 and Q4_0 by; the K formats are multiplied by scales in single precision there.
    void (*quantize)(const float * x, int64_t begin, int64_t end, bool half, uint8_t * row);

    // By the format of the weights: as it lies in a file; then eight outputs side by side in chunks of eight columns, as packed_weights()
    // has them, or as ggml repacks them. For those n_outputs is a multiple of 8. Q8_0 gives the same bits in both.
    row_product q8_0;
    row_product q8_0x8, q6_kx8, q5_kx8;
    row_product q4_0x8, q4_kx8;

    // The results of heads [head, head + n_heads), which share one head of keys and values.
    void (*attend)(const row_attention & a, int64_t head, int64_t n_heads);
};

// For the instructions that the loaded CPU backend says this processor has, best first; empty where only ggml's products are there.
const std::vector<const row_kernels *> & available_row_kernels();
