#include "summary.h"

#include "timing.h"

#include <algorithm>
#include <set>

namespace bench {

namespace {

struct rate {
    int64_t tokens = 0, rounds = 0;
    double  ms = 0.0, rounds_ms = 0.0, compute_ms = 0.0;

    void add(const played & p) {
        tokens += p.timed_tokens;
        ms += p.ms;
        rounds += static_cast<int64_t>(p.rounds.size());
        rounds_ms += p.rounds_ms;
        compute_ms = compute_ms < 0.0 || p.compute_ms < 0.0 ? -1.0 : compute_ms + p.compute_ms;
    }
    std::optional<host_overhead> overhead() const {
        if (compute_ms < 0.0 || rounds == 0 || rounds_ms <= 0.0) {
            return std::nullopt;
        }
        return host_overhead{(rounds_ms - compute_ms) / rounds_ms, (rounds_ms - compute_ms) / static_cast<double>(rounds)};
    }
    std::optional<double> per_second() const { return tokens > 0 && ms > 0.0 ? std::optional(1000.0 * tokens / ms) : std::nullopt; }
};

std::optional<double> ratio(double part, double whole) {
    return whole > 0.0 ? std::optional(part / whole) : std::nullopt;
}

std::optional<spread> spread_of(const std::vector<double> & values) {
    if (values.empty()) {
        return std::nullopt;
    }
    return spread{kangaroo::quantile(values, 0.5), kangaroo::quantile(values, 0.25), kangaroo::quantile(values, 0.75)};
}

// Nothing where one of the two gave a single token: there is no time to compare.
void add_speedup(std::vector<double> & to, const played & plain, const played & other) {
    rate before, after;
    before.add(plain);
    after.add(other);
    if (before.per_second() && after.per_second()) {
        to.push_back(*after.per_second() / *before.per_second());
    }
}

} // namespace

summary summarize(const std::string & category, const played_benchmark & b) {
    const auto own = [&](const std::string & of) { return category.empty() || of == category; };
    summary s;
    s.category = category.empty() ? "overall" : category;
    std::set<int32_t>   prompts, differing;
    rate                plain, kangaroo, automatic;
    std::vector<double> speedups, auto_speedups;
    int64_t             rounds = 0, drafted = 0, accepted = 0, auto_rounds = 0, paused = 0;
    for (const sample & one : b.samples) {
        if (!own(one.category)) {
            continue;
        }
        prompts.insert(one.index);
        plain.add(one.plain);
        if ((one.kangaroo && one.kangaroo->answers != one.plain.answers) || (one.automatic && one.automatic->answers != one.plain.answers)) {
            differing.insert(one.index);
        }
        if (one.kangaroo) {
            kangaroo.add(*one.kangaroo);
            add_speedup(speedups, one.plain, *one.kangaroo);
            for (const round & r : one.kangaroo->rounds) {
                ++rounds;
                drafted += r.drafted;
                accepted += r.accepted;
                s.by_position.resize(std::max<size_t>(s.by_position.size(), r.drafted));
                for (int32_t i = 0; i < r.drafted; ++i) {
                    ++s.by_position[i].drafted;
                    s.by_position[i].accepted += r.accepted > i;
                }
            }
        }
        if (one.automatic) {
            automatic.add(*one.automatic);
            s.copies = s.copies.value_or(position_acceptance{});
            add_speedup(auto_speedups, one.plain, *one.automatic);
            for (const round & r : one.automatic->rounds) {
                ++auto_rounds;
                paused += r.paused;
                s.copies->drafted += r.copied;
                s.copies->accepted += std::max(0, r.accepted - (r.drafted - r.copied));
            }
        }
    }
    for (const shortage & one : b.shortages) {
        if (own(one.category)) {
            ++(one.skipped ? s.skipped : s.shortened);
        }
    }
    s.prompts                    = static_cast<int64_t>(prompts.size());
    s.identical                  = static_cast<int64_t>(prompts.size() - differing.size());
    s.plain_tokens_per_second    = plain.per_second();
    s.kangaroo_tokens_per_second = kangaroo.per_second();
    s.auto_tokens_per_second     = automatic.per_second();
    s.plain_overhead             = plain.overhead();
    s.kangaroo_overhead          = kangaroo.overhead();
    s.auto_overhead              = automatic.overhead();
    s.speedup                    = spread_of(speedups);
    s.auto_speedup               = spread_of(auto_speedups);
    s.tokens_per_round           = ratio(accepted + rounds, rounds);
    s.acceptance_rate            = ratio(accepted, drafted);
    s.auto_paused_share          = ratio(paused, auto_rounds);
    return s;
}

std::vector<summary> summarize_by_category(const played_benchmark & b) {
    std::vector<std::pair<int32_t, std::string>> places;
    for (const sample & s : b.samples) {
        places.emplace_back(s.index, s.category);
    }
    for (const shortage & s : b.shortages) {
        places.emplace_back(s.index, s.category);
    }
    std::sort(places.begin(), places.end());
    std::set<std::string> seen;
    std::vector<summary>  out;
    for (const auto & [index, category] : places) {
        if (seen.insert(category).second) {
            out.push_back(summarize(category, b));
        }
    }
    return out;
}

} // namespace bench
