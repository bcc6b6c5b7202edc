// Random numbers that are the same on every machine: splitmix64 (Steele et al., OOPSLA 2014).
#pragma once

#include <cmath>
#include <cstdint>

namespace kangaroo {

class random_numbers {
public:
    explicit random_numbers(uint64_t seed) : state_(seed) {}

    uint64_t bits() {
        uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }
    double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; } // [0, 1)
    float  normal() { // Box and Muller
        const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
        return static_cast<float>(radius * std::cos(6.283185307179586 * uniform()));
    }
    uint64_t below(uint64_t n) { return bits() % n; } // n is far below 2^64: no bias that matters

private:
    uint64_t state_;
};

} // namespace kangaroo
