// Milliseconds and quantiles, for measuring passes.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

namespace kangaroo {

inline double now_ms() {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Linear between the neighbours; `values` must not be empty.
inline double quantile(std::vector<double> values, double q) {
    std::sort(values.begin(), values.end());
    const double at   = q * (values.size() - 1);
    const size_t low  = static_cast<size_t>(at);
    const size_t high = std::min(low + 1, values.size() - 1);
    return values[low] + (at - low) * (values[high] - values[low]);
}

} // namespace kangaroo
