#include "compute.h"

#include "error.h"
#include "model.h"

#include <algorithm>
#include <thread>
#include <vector>

namespace kangaroo {

static error no_room() {
    return {"out-of-memory", "There is not enough memory for training. Close other programs, or train with shorter texts."};
}

int32_t training_threads() {
    return std::max(1, static_cast<int32_t>(std::thread::hardware_concurrency()) - 1);
}

compute::compute(int32_t threads) : threads_(threads > 0 ? threads : training_threads()) {
    init_backends();
    backend_.reset(ggml_backend_init_by_type(GGML_BACKEND_DEVICE_TYPE_CPU, nullptr));
    if (!backend_) {
        throw no_room();
    }
    auto * reg = ggml_backend_dev_backend_reg(ggml_backend_get_device(backend_.get()));
    auto * set = reinterpret_cast<ggml_backend_set_n_threads_t>(ggml_backend_reg_get_proc_address(reg, "ggml_backend_set_n_threads"));
    if (set) {
        set(backend_.get(), threads_);
    }
}

void compute::run(ggml_cgraph * graph) const {
    if (ggml_backend_graph_compute(backend_.get(), graph) != GGML_STATUS_SUCCESS) {
        throw error("internal", "A step of the training could not be computed. Start the training again; it goes on where it was saved.");
    }
}

void compute::parallel(int64_t n, const std::function<void(int64_t begin, int64_t end)> & body) const {
    const int64_t parts = std::min<int64_t>(threads_, n);
    const auto    part  = [&](int64_t i) { body(n * i / parts, n * (i + 1) / parts); };
    std::vector<std::thread> others;
    for (int64_t i = 1; i < parts; ++i) {
        others.emplace_back(part, i);
    }
    if (parts > 0) {
        part(0);
    }
    for (auto & t : others) {
        t.join();
    }
}

ggml_backend_buffer_ptr compute::allocate(ggml_context * ctx) const {
    ggml_backend_buffer_ptr buffer(ggml_backend_alloc_ctx_tensors(ctx, backend_.get()));
    if (!buffer) {
        throw no_room();
    }
    return buffer;
}

} // namespace kangaroo
