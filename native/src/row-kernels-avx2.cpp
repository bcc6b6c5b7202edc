// Compiled with AVX2; see row-products-x86.h and row-attention-x86.h.
#include "row-products-x86.h"
#include "row-attention-x86.h"

extern const row_kernels row_kernels_avx2;
const row_kernels        row_kernels_avx2 = {
    "AVX2", row_bytes, quantize, multiply<q8_0>, multiply<q6_k>, multiply<q5_k>, multiply_eights<q4_0x8>, multiply_eights<q4_kx8>, attend,
};
