// Plain computation on the CPU for training: ggml graphs and loops, both on the same number of threads.
#pragma once

#include "ggml-cpp.h"

#include <cstdint>
#include <functional>

namespace kangaroo {

// All cores but one: training runs beside other work for a long time, and threads that wait for one that got no core waste the rest.
int32_t training_threads();

class compute {
public:
    // threads: 0 for training_threads(). Throws out-of-memory.
    explicit compute(int32_t threads);

    int32_t        threads() const { return threads_; }
    ggml_backend_t backend() const { return backend_.get(); }

    // Every tensor of the graph has memory. Throws internal.
    void run(ggml_cgraph * graph) const;

    // body(begin, end) over [0, n) in as many parts as there are threads. The parts depend on n and the number of threads only.
    void parallel(int64_t n, const std::function<void(int64_t begin, int64_t end)> & body) const;

    // Memory for all tensors of a context that have none. Throws out-of-memory.
    ggml_backend_buffer_ptr allocate(ggml_context * ctx) const;

private:
    int32_t          threads_;
    ggml_backend_ptr backend_;
};

} // namespace kangaroo
