#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

// Where the first of the largest of n > 0 numbers stands; 0 where none is larger than minus infinity. Eight running maxima, which
// compilers keep in registers, and then a search: a scan for both at once takes four times as long.
inline int32_t largest_at(const float * x, int32_t n) {
    constexpr int32_t WIDE = 8, BLOCK = 256; // side by side; in which the place is looked for
    int32_t           block = -1;
    float             best = -INFINITY;
    for (int32_t begin = 0; begin < n; begin += BLOCK) {
        const int32_t end = std::min(begin + BLOCK, n);
        float         most[WIDE];
        std::fill(most, most + WIDE, best);
        int32_t i = begin;
        for (; i + WIDE <= end; i += WIDE) {
            for (int32_t j = 0; j < WIDE; ++j) {
                most[j] = x[i + j] > most[j] ? x[i + j] : most[j];
            }
        }
        for (; i < end; ++i) {
            most[0] = x[i] > most[0] ? x[i] : most[0];
        }
        const float here = *std::max_element(most, most + WIDE);
        if (here > best) {
            best  = here;
            block = begin;
        }
    }
    return static_cast<int32_t>(block < 0 ? 0 : std::find(x + block, x + n, best) - x);
}
