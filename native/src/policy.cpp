#include "policy.h"

#include <algorithm>
#include <cmath>

namespace kangaroo {

namespace {

constexpr double SHARED_WEIGHT = 0.08;      // of a surprise, in the times of all passes: most of it is the machine's
constexpr double BASELINE_WEIGHT = 0.1;     // of a plain step's while drafting, in its own time: few are seen, and all rests on them
constexpr double HELD_UP = 2.0;             // times the expected: what a pass takes beyond is nobody's, neither a round's nor a plain step's
constexpr double COLD_WEIGHT = 0.1;         // of what was seen of a cold plain step
constexpr double MUCH_SLOWER  = 0.75;       // of plain: a few rounds of that are enough to pause
constexpr double NEARLY_ALL   = 0.97;       // acceptance beyond what any adapter reaches for long
constexpr double KNOWN_DRAFTS = 100.0;      // judged drafts that make an expectation out of a guess
constexpr int32_t BASELINE_EVERY = 120, BASELINE_STEPS = 3; // drafting rounds, then plain steps
constexpr int32_t SETTLE = 3;               // plain steps at a new depth; the first one may build its graph
constexpr int32_t PROBE         = 4;        // rounds of a probe
constexpr int32_t BEGINNING     = 16;       // rounds of an answer: a short one has no time to gain back what a probe costs
constexpr double  DOUBT         = 0.3;      // of what is known of beginnings, over the square root of their rounds
constexpr double  KEPT_PER_ANSWER = 0.92;   // of that knowledge, where nothing is added to it
constexpr double  OLD_WEIGHT    = 1.0;      // rounds that what was known before a probe counts for
constexpr double  PROBE_SHARE   = 0.005;    // of all time may be lost to probing while paused
constexpr double  MOST_CREDIT   = 3.0;      // plain tokens' time

} // namespace

// How much longer than expected a pass took, as a share; one that was interrupted says little.
static double surprise_of(double ms, double expected) {
    return std::clamp(ms / expected, 0.5, HELD_UP) - 1.0;
}

void pass_times::observe(double & which, double ms, double own_weight) {
    if (which <= 0.0) {
        which = ms;
        return;
    }
    const double surprise = surprise_of(ms, which);
    held_up += std::max(0.0, ms - HELD_UP * which);
    for (double * time : {&plain, &draft}) {
        *time *= 1.0 + SHARED_WEIGHT * surprise;
    }
    for (auto * table : {&states, &verify, &whole}) {
        for (double & time : *table) {
            time *= 1.0 + SHARED_WEIGHT * surprise;
        }
    }
    which *= 1.0 + own_weight * surprise;
}

void pass_times::move_to(int32_t new_depth, double new_plain) {
    const double more  = new_plain - plain; // per row, in the whole network
    const double early = plain > 0.0 && !states.empty() && states[0] > 0.0 ? std::min(1.0, states[0] / plain) : 0.0;
    const auto   add   = [&](std::vector<double> & table, double part) { // no rows cost less than one
        for (size_t i = 0; i < table.size(); ++i) {
            table[i] = table[i] > 0.0 ? std::max(part * new_plain, table[i] + part * more * static_cast<double>(i + 1)) : 0.0;
        }
    };
    add(whole, 1.0);
    add(verify, 1.0 - early);
    add(states, early);
    draft = draft > 0.0 ? std::max(early * new_plain, draft + early * more) : draft;
    plain = new_plain;
    depth = new_depth;
}

// Of a table of milliseconds by rows; where it is empty, `one` for the first row and half of that for each further one.
static double time_of(const std::vector<double> & table, int32_t rows, double one) {
    const auto known = [&](int32_t n) { return n >= 1 && n <= static_cast<int32_t>(table.size()) && table[n - 1] > 0.0; };
    if (known(rows)) {
        return table[rows - 1];
    }
    int32_t low = rows, high = rows;
    while (low >= 1 && !known(low)) {
        --low;
    }
    while (high <= static_cast<int32_t>(table.size()) && !known(high)) {
        ++high;
    }
    const bool has_low = known(low), has_high = known(high);
    if (has_low && has_high) {
        return table[low - 1] + (table[high - 1] - table[low - 1]) * (rows - low) / (high - low);
    }
    if (has_low) { // beyond what was measured: as if every row cost as much as the mean of those
        return low == 1 ? table[0] * (rows + 1) / 2.0 : table[low - 1] * rows / low;
    }
    return has_high ? table[high - 1] : one * (rows + 1) / 2.0;
}

void pass_times::observe(std::vector<double> & which, int32_t rows, double ms) {
    if (rows >= 1 && rows <= static_cast<int32_t>(which.size())) {
        double & time = which[rows - 1];
        if (time <= 0.0) { // a pass that was never measured builds its graph the first time: an estimate is the better beginning
            time = time_of(which, rows, ms);
        }
        observe(time, ms);
    }
}

double pass_times::states_of(int32_t rows) const {
    return time_of(states, rows, draft);
}

double pass_times::verify_of(int32_t rows) const {
    return time_of(verify, rows, plain);
}

double pass_times::whole_of(int32_t rows) const {
    return rows == 1 ? plain : time_of(whole, rows, plain);
}

// The best way to decode, of those that were seen lately, is what every choice is measured against.
double policy::rate() const {
    return std::max({1.0, long_.rate(), all_.rate()}) / times.plain;
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
        value = std::max(value, tokens - rate() * (times.draft * more + times.states_of(1) + times.verify_of(drafted + more + 1)));
    }
    return value;
}

// Of verifying now: the best value over how many of the drafts are kept. The last draft's own state is computed only if it is.
double policy::best_value(int32_t * kept) const {
    const auto drafted = static_cast<int32_t>(reach_.size());
    double     value = -1e300, tokens = 1.0;
    for (int32_t n = 0; n <= drafted; ++n) {
        tokens += n > 0 ? reach_[n - 1] : 0.0;
        const double v = tokens - rate() * (times.verify_of(n + 1) + (n == drafted ? times.states_of(1) : 0.0));
        if (v > value) {
            value = v;
            *kept = n;
        }
    }
    return value;
}

// Of verifying tokens of the offer behind the drafts so far, or in a whole pass where there are none: the best value over how
// many of them. What is copied rightly makes the match longer by one.
double policy::copy_value(const lookup_offer & offer, int32_t * copied) const {
    const auto drafted = static_cast<int32_t>(reach_.size());
    double     reach = 1.0, tokens = 1.0, value = -1e300;
    for (const double r : reach_) {
        tokens += r;
        reach = r;
    }
    *copied = 0;
    for (int32_t n = 1; offer.length > 0 && n <= offer.available && drafted + n <= max_draft_; ++n) {
        reach *= chance_of_copy(offer.length + n - 1);
        tokens += reach;
        const double ms = drafted == 0 ? times.whole_of(n + 1) : times.states_of(n + 1) + times.verify_of(drafted + n + 1);
        const double v  = tokens - rate() * ms;
        if (v > value) {
            value   = v;
            *copied = n;
        }
    }
    return value;
}

double policy::expected_rate(double acceptance, int32_t max_draft) const {
    double best = 0.0, reach = 1.0, tokens = 1.0;
    for (int32_t k = 1; k <= max_draft; ++k) {
        reach *= acceptance;
        tokens += reach;
        best = std::max(best, tokens / (times.draft * k + times.states_of(1) + times.verify_of(k + 1)));
    }
    return best;
}

bool policy::hopeless(int32_t max_draft) const {
    return !coin_ && expected_rate(NEARLY_ALL, max_draft) * times.plain < 1.0;
}

double policy::speedup() const {
    return long_.cost > 0.0 ? long_.rate() : expected_rate(accepts.mean(), max_draft_) * times.plain;
}

void policy::window::add(double new_tokens, double new_cost) {
    tokens = tokens * (1.0 - weight) + new_tokens;
    cost   = cost * (1.0 - weight) + new_cost;
    rounds = rounds * (1.0 - weight) + 1.0;
}

void policy::window::forget_to(double most_rounds) {
    if (rounds > most_rounds) {
        tokens *= most_rounds / rounds;
        cost *= most_rounds / rounds;
        rounds = most_rounds;
    }
}

void policy::begin_answer(int32_t max_draft, bool adapter, int32_t depth) {
    constexpr int32_t NEAR = 128; // tokens that make no difference
    max_draft_ = max_draft;
    adapter_   = adapter;
    all_       = {all_.weight};
    depth_     = depth;
    settling_  = times.depth > 0 && (depth > 2 * times.depth + NEAR || 2 * depth + NEAR < times.depth) ? SETTLE : 0;
    settling_ms_ = 0.0;
    rounds_      = 0;
    last_        = pass::prompt;
    if (!adapter) {
        return;
    }
    const double expected = expected_rate(accepts.mean(), max_draft);
    for (window * w : {&long_, &short_}) {
        w->forget_to(2.0 * PROBE);
        if (w->rounds == 0.0) { // nothing observed yet: what is expected counts as a few rounds
            const double tokens = 1.0 + accepts.mean();
            w->rounds = PROBE;
            w->tokens = PROBE * tokens;
            w->cost   = PROBE * tokens / (expected * times.plain);
        }
    }
    // Another text: as other answers began. Where few rounds speak against it they may have been bad luck, and what is not looked at
    // grows doubtful again.
    if (paused_ && beginnings_.rounds > 0.0) {
        if (beginnings_.rate() < 1.0 - DOUBT / std::sqrt(beginnings_.rounds)) {
            beginnings_.forget_to(KEPT_PER_ANSWER * beginnings_.rounds);
        } else {
            paused_ = false;
            for (window * w : {&long_, &short_}) {
                w->rounds = PROBE;
                w->tokens = PROBE * beginnings_.tokens / beginnings_.rounds;
                w->cost   = PROBE * beginnings_.cost / beginnings_.rounds;
            }
        }
    }
    if (!settled_) { // the first answer: a guess is looked into at once, a memory that speaks against drafting is believed
        settled_ = true;
        if (expected * times.plain < 1.0) {
            paused_     = true;
            probe_left_ = accepts.judged() < KNOWN_DRAFTS ? PROBE : 0;
        }
    }
}

policy::choice policy::begin_round(const lookup_offer & offer) {
    confidences_.clear();
    reach_.clear();
    times.held_up = 0.0;
    ++rounds_;
    if (coin_) {
        const auto what = static_cast<plan>(random_up_to(2));
        if (what == plan::copy) {
            const int32_t most = std::min(offer.available, max_draft_);
            return offer.length > 0 && most > 0 ? choice{what, 1 + random_up_to(most - 1)} : choice{};
        }
        return {what == plan::draft && !adapter_ ? plan::plain : what, 0};
    }
    if (settling_ > 0) {
        return {};
    }
    choice       copy{plan::copy, 0};
    // Where the step before was plain, a copy also makes the step behind it a cold one.
    const double plain  = 1.0 - rate() * times.plain;
    const double copied = copy_value(offer, &copy.copied) - (last_ == pass::plain ? rate() * times.plain * cold_ : 0.0);
    if (!adapter_) {
        return copied > plain ? copy : choice{};
    }
    bool draft = false;
    if (!paused_) { // a few plain steps now and then keep the baseline current: it is what drafting has to beat
        draft = ++rounds_since_plain_ % (BASELINE_EVERY + BASELINE_STEPS) < BASELINE_EVERY;
        if (!draft) {
            return {};
        }
    } else if (probe_left_ > 0) {
        draft = true;
    } else if (credit_ms_ >= (rounds_ > BEGINNING ? 1.0 : MOST_CREDIT) * times.plain) {
        draft       = true;
        probe_left_ = PROBE;
        long_.forget_to(OLD_WEIGHT);
        short_.forget_to(OLD_WEIGHT);
        if (rounds_ <= BEGINNING) {
            beginnings_.forget_to(2.0 * PROBE);
        }
    }
    if (copied > plain && (!draft || copied > plan_value(0))) {
        return copy;
    }
    cold_draft_ = last_ != pass::drafts;
    return {draft ? plan::draft : plan::plain, 0};
}

policy::step policy::go_on(double confidence, const lookup_offer & offer) {
    confidences_.push_back(confidence);
    reach_.push_back((reach_.empty() ? 1.0 : reach_.back()) * accepts(confidence));
    const auto drafted = static_cast<int32_t>(reach_.size());
    if (coin_) {
        const bool    draft = drafted < max_draft_ && coin_->uniform() < 0.6;
        const int32_t most  = offer.length > 0 ? std::min(offer.available, max_draft_ - drafted) : 0;
        return {draft, draft || most < 1 ? 0 : random_up_to(most)};
    }
    step          s;
    int32_t       kept   = 0;
    const double  more   = drafted < max_draft_ ? plan_value(drafted) : -1e300;
    const double  copied = copy_value(offer, &s.copied);
    const double  now    = best_value(&kept);
    s.draft = more > now && more > copied;
    if (s.draft || copied <= now) {
        s.copied = 0;
    }
    return s;
}

int32_t policy::keep() const {
    if (coin_) {
        return random_up_to(static_cast<int32_t>(reach_.size()));
    }
    int32_t kept = 0;
    best_value(&kept);
    return kept;
}

void policy::end_round(int32_t verified, int32_t accepted, int32_t tokens, unverified first_discarded, double ms) {
    for (int32_t i = 0; i < verified && i <= accepted; ++i) { // a draft behind a rejected one was never judged
        accepts.observe(confidences_[i], i < accepted);
    }
    if (accepted == verified && first_discarded != unverified::unknown) {
        accepts.observe(confidences_[verified], first_discarded == unverified::right);
    }
    const double cost = (ms - times.held_up) / times.plain;
    all_.add(tokens, cost);
    if (rounds_ <= BEGINNING) {
        beginnings_.add(tokens, cost);
    }
    if (cold_draft_) { // slower than those that would follow: it says nothing of them
        earn(ms);
        last_ = pass::drafts;
        owe(paused_ ? ms - tokens * times.plain : 0.0);
        return;
    }
    for (window * w : {&long_, &short_}) {
        w->add(tokens, cost);
    }

    const bool pays = speedup() >= 1.0 && short_.rate() >= MUCH_SLOWER;
    earn(ms);
    last_ = pass::drafts;
    if (!paused_) {
        paused_ = !pays;
        return;
    }
    owe(ms - tokens * times.plain);
    if (--probe_left_ <= 0) {
        paused_ = !pays;
    }
}

void policy::owe(double ms) {
    credit_ms_ -= std::clamp(ms, 0.0, MOST_CREDIT * times.plain); // a round that was held up is no reason to wait for minutes
}

void policy::end_copy(int32_t tokens, double ms) {
    all_.add(tokens, (ms - times.held_up) / times.plain);
    earn(ms);
    last_ = pass::drafts;
}

void policy::settle(double ms) {
    if (last_ == pass::plain) {
        settling_ms_ = settling_ms_ > 0.0 ? std::min(settling_ms_, ms) : ms;
    }
    if (--settling_ > 0 || settling_ms_ <= 0.0) {
        return;
    }
    all_ = {all_.weight};
    times.move_to(depth_, settling_ms_);
}

void policy::end_plain(double ms) {
    if (settling_ > 0) {
        settle(ms);
    } else if (last_ == pass::plain) {
        times.observe(times.plain, ms, paused_ || !adapter_ ? pass_times::OWN_WEIGHT : BASELINE_WEIGHT);
    } else if (last_ == pass::drafts) {
        cold_ = std::max(0.0, cold_ + COLD_WEIGHT * (surprise_of(ms, times.plain) - cold_));
    }
    last_ = pass::plain;
    all_.add(1.0, std::min(ms / times.plain, HELD_UP));
    earn(ms);
}

void policy::time_plain(double ms) {
    times.observe(times.plain, ms);
    rounds_since_plain_ = 0;
}

int32_t policy::random_up_to(int32_t most) const {
    return std::min(most, static_cast<int32_t>(coin_->uniform() * (most + 1.0)));
}

void policy::earn(double ms) {
    credit_ms_ = std::min(credit_ms_ + PROBE_SHARE * ms, MOST_CREDIT * times.plain);
}

} // namespace kangaroo
