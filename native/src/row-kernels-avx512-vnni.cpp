// Compiled with AVX-512-VNNI; see row-products-x86.h and row-attention-x86.h.
#include "row-products-x86.h"
#include "row-attention-x86.h"

extern const row_kernels row_kernels_avx512_vnni;
const row_kernels        row_kernels_avx512_vnni = {
    "AVX-512-VNNI", row_bytes, quantize, multiply<q8_0>, multiply<q6_k>, multiply<q5_k>, multiply_eights<q4_0x8>, multiply_eights<q4_kx8>, attend,
};
