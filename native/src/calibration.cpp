#include "calibration.h"

#include <algorithm>
#include <cmath>

namespace kangaroo {

namespace {

constexpr double MEAN_WEIGHT = 1.0 / 24.0; // of a judged draft in the mean acceptance
constexpr double FORGET      = 0.995;      // of what a bin knows, per draft judged in it

} // namespace

calibration::calibration() {
    for (int32_t i = 0; i < BINS; ++i) { // before anything is known: two judged drafts per bin, accepted about as often as they claim
        judged_[i]   = 2.0;
        accepted_[i] = judged_[i] * (0.1 + 0.8 * (i + 0.5) / BINS);
    }
    fit();
}

void calibration::observe(double confidence, bool accepted) {
    const auto bin = std::clamp(static_cast<int32_t>(confidence * BINS), 0, BINS - 1);
    judged_[bin]   = judged_[bin] * FORGET + 1.0;
    accepted_[bin] = accepted_[bin] * FORGET + (accepted ? 1.0 : 0.0);
    mean_ += MEAN_WEIGHT * ((accepted ? 1.0 : 0.0) - mean_);
    total_ += 1.0;
    fit();
}

void calibration::save(std::vector<double> & to) const {
    to.insert(to.end(), accepted_.begin(), accepted_.end());
    to.insert(to.end(), judged_.begin(), judged_.end());
    to.push_back(mean_);
    to.push_back(total_);
}

bool calibration::load(const double * from) {
    const double * accepted = from;
    const double * judged   = from + BINS;
    const double   mean = from[2 * BINS], total = from[2 * BINS + 1];
    for (int32_t i = 0; i < BINS; ++i) {
        if (!(judged[i] > 0.0 && judged[i] <= 1.0 / (1.0 - FORGET) + 2.0 && accepted[i] >= 0.0 && accepted[i] <= judged[i])) {
            return false;
        }
    }
    if (!(mean >= 0.0 && mean <= 1.0 && total >= 0.0 && std::isfinite(total))) {
        return false;
    }
    std::copy_n(accepted, BINS, accepted_.begin());
    std::copy_n(judged, BINS, judged_.begin());
    mean_  = mean;
    total_ = total;
    fit();
    return true;
}

void calibration::fit() {
    std::array<double, BINS> level{}, weight{};
    std::array<int32_t, BINS> length{};
    int32_t blocks = 0;
    for (int32_t i = 0; i < BINS; ++i) {
        level[blocks]  = accepted_[i] / judged_[i];
        weight[blocks] = judged_[i];
        length[blocks] = 1;
        ++blocks;
        while (blocks > 1 && level[blocks - 2] >= level[blocks - 1]) {
            const double sum = weight[blocks - 2] + weight[blocks - 1];
            level[blocks - 2] = (level[blocks - 2] * weight[blocks - 2] + level[blocks - 1] * weight[blocks - 1]) / sum;
            weight[blocks - 2] = sum;
            length[blocks - 2] += length[blocks - 1];
            --blocks;
        }
    }
    for (int32_t b = 0, i = 0; b < blocks; ++b) {
        for (int32_t k = 0; k < length[b]; ++k) {
            fitted_[i++] = level[b];
        }
    }
}

double calibration::operator()(double confidence) const {
    return fitted_[std::clamp(static_cast<int32_t>(confidence * BINS), 0, BINS - 1)];
}

} // namespace kangaroo
