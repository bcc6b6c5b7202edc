// Compiled with AVX-VNNI; see row-products-x86.h and row-attention-x86.h.
#include "row-products-x86.h"
#include "row-attention-x86.h"

extern const row_kernels row_kernels_avx_vnni;
const row_kernels        row_kernels_avx_vnni = {
    "AVX-VNNI", row_bytes, quantize, multiply_apart<q8_0>, multiply<with_scales<q8_0x8>>, multiply<q6_kx8>, multiply<with_offsets<q5_kx8>>, multiply<with_scales<q4_0x8>>, multiply<with_offsets<q4_kx8>>, attend,
};
