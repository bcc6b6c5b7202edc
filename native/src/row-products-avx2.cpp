// Compiled with AVX2; see row-products-x86.h.
#include "row-products-x86.h"

extern const row_products row_products_avx2;
const row_products        row_products_avx2 = ROW_PRODUCTS("AVX2");
