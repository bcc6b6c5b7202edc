// What the policy's tests share: machines as they were measured.
#pragma once

#include "policy.h"

#include <algorithm>
#include <vector>

namespace test {

struct machine {
    const char *        name;
    double              plain, draft, state;
    std::vector<double> late, whole; // V(n) of the layers behind the exit, and of all layers
};

// V(n)/V(1) as measured for kangaroo.md (item 9) and on the starter; draft and state steps as shares of a plain pass.
inline machine make_machine(const char * name, double plain, double draft_share, double state_share, const std::vector<double> & v) {
    machine m{name, plain, plain * draft_share, plain * state_share, {}, {}};
    for (const double x : v) {
        m.whole.push_back(plain * x);
        m.late.push_back(plain * (x - state_share * std::min(x, 1.5)));
    }
    return m;
}

inline std::vector<machine> machines() {
    return {
        make_machine("59M F16, 2 cores", 4.88, 0.17, 0.13, {1, 1.61, 1.60, 1.71, 1.61, 1.70, 2.42, 2.55, 2.7}),
        make_machine("59M Q8_0, 2 cores", 3.14, 0.17, 0.13, {1, 2.13, 2.35, 2.41, 2.73, 3.07, 3.63, 4.08, 4.4}),
        make_machine("1.1B Q4_0, 2 cores", 22.07, 0.20, 0.10, {1, 1.75, 2.53, 2.21, 3.02, 3.68, 4.52, 3.90, 4.4}),
        make_machine("starter Q8_0, 1 thread", 0.33, 0.42, 0.25, {1, 1.36, 1.80, 2.2, 2.9, 3.3, 3.8, 4.3, 4.8}),
        make_machine("starter Q4_0, 2 threads", 0.22, 0.45, 0.26, {1, 1.9, 2.8, 2.7, 3.7, 4.5, 5.5, 5.3, 5.9}),
        make_machine("7B on a GPU", 14.0, 0.09, 0.065, {1, 1.02, 1.03, 1.05, 1.08, 1.1, 1.13, 1.16, 1.9}),
        make_machine("starter, own kernels", 0.19, 0.36, 0.25, {1, 1.34, 1.60, 1.92, 2.5, 2.95, 3.3, 3.75, 4.2}),
    };
}

// A policy that knows this machine's times.
inline kangaroo::policy policy_on(const machine & m, int32_t max_draft) {
    kangaroo::policy p(max_draft);
    p.times = {m.plain, m.draft, {m.state}, m.late, m.whole};
    return p;
}

} // namespace test
