#include "row-kernels.h"

#include "ggml-backend.h"

#include <cstdlib>
#include <cstring>
#include <string_view>

extern const row_kernels row_kernels_avx512_vnni, row_kernels_avx_vnni, row_kernels_avx2;

namespace {

std::vector<const row_kernels *> find() {
    std::vector<const row_kernels *> found;
    ggml_backend_dev_t               cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    if (!cpu) {
        return found;
    }
    ggml_backend_reg_t          reg      = ggml_backend_dev_backend_reg(cpu);
    const auto                  features = reinterpret_cast<ggml_backend_get_features_t>(ggml_backend_reg_get_proc_address(reg, "ggml_backend_get_features"));
    [[maybe_unused]] const auto has      = [&](std::string_view name) {
        for (const ggml_backend_feature * f = features ? features(reg) : nullptr; f && f->name; ++f) {
            if (f->name == name && std::strcmp(f->value, "1") == 0) {
                return true;
            }
        }
        return false;
    };
    [[maybe_unused]] const bool avx2 = has("AVX2") && has("FMA") && has("F16C");
#ifdef KANGAROO_ROW_KERNELS_AVX512_VNNI
    if (avx2 && has("AVX512") && has("AVX512_VNNI")) {
        found.push_back(&row_kernels_avx512_vnni);
    }
#endif
#ifdef KANGAROO_ROW_KERNELS_AVX_VNNI
    if (avx2 && has("AVX_VNNI")) {
        found.push_back(&row_kernels_avx_vnni);
    }
#endif
#ifdef KANGAROO_ROW_KERNELS_AVX2
    if (avx2) {
        found.push_back(&row_kernels_avx2);
    }
#endif
    return found;
}

} // namespace

const std::vector<const row_kernels *> & available_row_kernels() {
    static const std::vector<const row_kernels *> found = find();
    return found;
}
