// Numbers that drafting has learned, from a settings file that anyone may have edited: refused, or a monotone map into [0, 1].
#include "calibration.h"
#include "fuzzing.h"

#include <cstring>

using namespace fuzzing;

extern "C" int LLVMFuzzerInitialize(int * argc, char *** argv) {
    kangaroo::calibration c;
    for (int i = 0; i < 500; ++i) {
        c.observe((i * 37 % 100) / 100.0, i % 3 == 0);
    }
    std::vector<double> numbers;
    c.save(numbers);
    bytes seed(numbers.size() * sizeof(double));
    std::memcpy(seed.data(), numbers.data(), seed.size());
    seed_corpus(*argc, *argv, {seed});
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t * data, size_t size) {
    std::vector<double> numbers(kangaroo::calibration::SAVED);
    std::memcpy(numbers.data(), data, std::min(size, numbers.size() * sizeof(double)));
    kangaroo::calibration c;
    const bool            taken = c.load(numbers.data());
    for (int i = 0; i < 2; ++i) {
        double last = 0.0;
        for (int k = 0; k <= 100; ++k) {
            const double chance = c(k / 100.0);
            require(chance >= last && chance <= 1.0, "the chance of acceptance grows with the confidence, up to 1");
            last = chance;
        }
        require(c.mean() >= 0.0 && c.mean() <= 1.0, "the mean acceptance lies in [0, 1]");
        c.observe(0.5, i == 0);
    }
    if (taken) {
        std::vector<double> again;
        kangaroo::calibration d;
        c.save(again);
        require(d.load(again.data()), "what was saved can be loaded");
    }
    return 0;
}
