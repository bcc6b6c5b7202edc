#include "policy.h"

#include <algorithm>
#include <cmath>

namespace kangaroo {

namespace {

constexpr double OWN_WEIGHT = 0.05, SHARED_WEIGHT = 0.05; // of a surprise, in the time of its own pass and in all of them
constexpr double MUCH_SLOWER  = 0.75;       // of plain: a few rounds of that are enough to pause
constexpr double MEAN_WEIGHT  = 1.0 / 24.0; // of a judged draft in the mean acceptance
constexpr double FORGET       = 0.995;      // of what a calibration bin knows, per draft judged in it
constexpr int32_t BASELINE_EVERY = 60, BASELINE_STEPS = 3; // drafting rounds, then plain steps
constexpr int32_t PROBE         = 4;        // rounds of a probe
constexpr double  OLD_WEIGHT    = 1.0;      // rounds that what was known before a probe counts for
constexpr double  PROBE_SHARE   = 0.008;    // of all time may be lost to probing while paused
constexpr double  MOST_CREDIT   = 3.0;      // plain tokens' time

} // namespace

void pass_times::observe(double & which, double ms) {
    if (which <= 0.0) {
        which = ms;
        return;
    }
    const double surprise = std::clamp(ms / which, 0.5, 2.0) - 1.0;
    for (double * time : {&plain, &draft, &state}) {
        *time *= 1.0 + SHARED_WEIGHT * surprise;
    }
    for (double & time : verify) {
        time *= 1.0 + SHARED_WEIGHT * surprise;
    }
    which *= 1.0 + OWN_WEIGHT * surprise;
}

double pass_times::verify_of(int32_t rows) const {
    const auto known = [&](int32_t n) { return n >= 1 && n <= static_cast<int32_t>(verify.size()) && verify[n - 1] > 0.0; };
    if (known(rows)) {
        return verify[rows - 1];
    }
    int32_t low = rows, high = rows;
    while (low >= 1 && !known(low)) {
        --low;
    }
    while (high <= static_cast<int32_t>(verify.size()) && !known(high)) {
        ++high;
    }
    const bool has_low = known(low), has_high = known(high);
    if (has_low && has_high) {
        return verify[low - 1] + (verify[high - 1] - verify[low - 1]) * (rows - low) / (high - low);
    }
    if (has_low) { // beyond what was measured: as if every row cost as much as the mean of those
        return verify[low - 1] * rows / low;
    }
    return has_high ? verify[high - 1] : plain;
}

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
    fit();
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

// The better of the two ways to decode is what every choice is measured against.
double policy::rate() const {
    return std::max(1.0 / times.plain, long_.rate());
}

// Of one or more further drafts, each accepted with the mean probability: the best value of the whole round, not counting
// the time of the drafts so far.
double policy::plan_value(int32_t drafted) const {
    double reach = drafted > 0 ? reach_[drafted - 1] : 1.0, tokens = 1.0, value = -1e300;
    for (int32_t i = 0; i < drafted; ++i) {
        tokens += reach_[i];
    }
    for (int32_t more = 1; drafted + more <= max_draft_; ++more) {
        reach *= accepts.mean();
        tokens += reach;
        value = std::max(value, tokens - rate() * (times.draft * more + times.state + times.verify_of(drafted + more + 1)));
    }
    return value;
}

// Of verifying now: the best value over how many of the drafts are kept. The last draft's own state is computed only if it is.
double policy::best_value(int32_t * kept) const {
    const auto drafted = static_cast<int32_t>(reach_.size());
    double     value = -1e300, tokens = 1.0;
    for (int32_t n = 0; n <= drafted; ++n) {
        tokens += n > 0 ? reach_[n - 1] : 0.0;
        const double v = tokens - rate() * (times.verify_of(n + 1) + (n == drafted ? times.state : 0.0));
        if (v > value) {
            value = v;
            *kept = n;
        }
    }
    return value;
}

double policy::expected_rate() const {
    double best = 0.0, reach = 1.0, tokens = 1.0;
    for (int32_t k = 1; k <= max_draft_; ++k) {
        reach *= accepts.mean();
        tokens += reach;
        best = std::max(best, tokens / (times.draft * k + times.state + times.verify_of(k + 1)));
    }
    return best;
}

double policy::speedup() const {
    return (long_.ms > 0.0 ? long_.rate() : expected_rate()) * times.plain;
}

void policy::window::add(double new_tokens, double new_ms) {
    tokens = tokens * (1.0 - weight) + new_tokens;
    ms     = ms * (1.0 - weight) + new_ms;
    rounds = rounds * (1.0 - weight) + 1.0;
}

void policy::window::forget_to(double most_rounds) {
    if (rounds > most_rounds) {
        tokens *= most_rounds / rounds;
        ms *= most_rounds / rounds;
        rounds = most_rounds;
    }
}

void policy::begin_answer(int32_t max_draft) {
    max_draft_ = max_draft;
    for (window * w : {&long_, &short_}) {
        w->forget_to(2.0 * PROBE);
        if (w->rounds == 0.0) { // nothing observed yet: what is expected counts as a few rounds
            const double tokens = 1.0 + accepts.mean();
            w->rounds = PROBE;
            w->tokens = PROBE * tokens;
            w->ms     = PROBE * tokens / expected_rate();
        }
    }
}

bool policy::begin_round() {
    confidences_.clear();
    reach_.clear();
    if (coin_) {
        return coin_->uniform() < 0.7;
    }
    if (!paused_) { // a few plain steps now and then keep the baseline current: it is what drafting has to beat
        return ++rounds_since_plain_ % (BASELINE_EVERY + BASELINE_STEPS) < BASELINE_EVERY;
    }
    if (probe_left_ > 0) {
        return true;
    }
    if (credit_ms_ < times.plain) {
        return false;
    }
    probe_left_ = PROBE;
    long_.forget_to(OLD_WEIGHT);
    short_.forget_to(OLD_WEIGHT);
    return true;
}

bool policy::go_on(double confidence) {
    confidences_.push_back(confidence);
    reach_.push_back((reach_.empty() ? 1.0 : reach_.back()) * accepts(confidence));
    const auto drafted = static_cast<int32_t>(reach_.size());
    int32_t    kept    = 0;
    if (coin_) {
        return drafted < max_draft_ && coin_->uniform() < 0.6;
    }
    return drafted < max_draft_ && plan_value(drafted) > best_value(&kept);
}

int32_t policy::keep() const {
    if (coin_) {
        return static_cast<int32_t>(coin_->uniform() * (static_cast<double>(reach_.size()) + 1.0));
    }
    int32_t kept = 0;
    best_value(&kept);
    return kept;
}

void policy::end_round(int32_t verified, int32_t accepted, unverified first_discarded, double ms) {
    for (int32_t i = 0; i < verified && i <= accepted; ++i) { // a draft behind a rejected one was never judged
        accepts.observe(confidences_[i], i < accepted);
    }
    if (accepted == verified && first_discarded != unverified::unknown) {
        accepts.observe(confidences_[verified], first_discarded == unverified::right);
    }
    const double typical = short_.rounds > 0.0 ? 3.0 * short_.ms / short_.rounds : ms; // a round that was interrupted says nothing
    long_.add(accepted + 1, std::min(ms, typical));
    short_.add(accepted + 1, std::min(ms, typical));

    const bool pays = speedup() >= 1.0 && short_.rate() * times.plain >= MUCH_SLOWER;
    earn(ms);
    warm_ = false;
    if (!paused_) {
        paused_ = !pays;
        return;
    }
    credit_ms_ -= std::max(0.0, ms - (accepted + 1) * times.plain);
    if (--probe_left_ <= 0) {
        paused_ = !pays;
    }
}

void policy::end_plain(double ms) {
    if (warm_) {
        times.observe(times.plain, ms);
    }
    warm_ = true;
    earn(ms);
}

void policy::earn(double ms) {
    credit_ms_ = std::min(credit_ms_ + PROBE_SHARE * ms, MOST_CREDIT * times.plain);
}

} // namespace kangaroo
