// How often a draft that looks like this one is accepted: a monotone map from what is known of a draft beforehand, learned
// online from the drafts that were judged.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace kangaroo {

class calibration {
public:
    calibration();

    // `confidence` in [0, 1]: the adapter's probability of its draft, or confidence_of_match() of a draft that was looked up.
    void   observe(double confidence, bool accepted);
    double operator()(double confidence) const;
    double mean() const { return mean_; }     // of the next draft, before it is drafted
    double judged() const { return total_; }  // drafts ever, also those before a restart

    // For keeping it between runs.
    static constexpr int32_t BINS = 20, SAVED = 2 * BINS + 2;
    void save(std::vector<double> & to) const; // appends SAVED numbers
    bool load(const double * from);            // takes SAVED numbers; false, and nothing changes, where they make no sense

private:
    void fit(); // pool adjacent violators

    std::array<double, BINS> accepted_{}, judged_{}, fitted_{};
    double                   mean_ = 0.6, total_ = 0.0;
};

// A text's end that stood before at this length, as a confidence: 2 tokens 0.5, 3 tokens 0.67, 10 tokens 0.9, …
inline double confidence_of_match(int32_t length) {
    return 1.0 - 1.0 / length;
}

} // namespace kangaroo
