// Compiled with AVX-VNNI; see row-products-x86.h.
#include "row-products-x86.h"

extern const row_products row_products_avx_vnni;
const row_products        row_products_avx_vnni = ROW_PRODUCTS("AVX-VNNI");
