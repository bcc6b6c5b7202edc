// Compiled with AVX-512-VNNI; see row-products-x86.h.
#include "row-products-x86.h"

extern const row_products row_products_avx512_vnni;
const row_products        row_products_avx512_vnni = ROW_PRODUCTS("AVX-512-VNNI");
