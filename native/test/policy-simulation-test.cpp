// The drafting policy in a simulation: a text with easy and hard stretches, drafts whose confidence says something about their
// acceptance, and pass times measured on real machines, undisturbed, and with other programs beside it. Compared with plain decoding and with the best
// fixed (η, γ) of a grid, chosen with hindsight.
#include "check.h"
#include "policy-machines.h"
#include "sampling.h"

#include <algorithm>
#include <cmath>

using namespace kangaroo;
using namespace test;

namespace {

// Each token has a confidence; its draft is right with a probability that grows with it. `ease` shifts both.
struct text {
    std::vector<float> confidence;
    std::vector<char>  right;
};

text make_text(size_t n, double ease, bool changing, uint64_t seed) {
    random_source random(seed);
    text          t;
    double        local = 0.0;
    for (size_t i = 0; i < n; ++i) {
        const double shift = changing ? (i / 600 % 2 ? 1.2 : -1.2) : 0.0;
        local              = 0.9 * local + 0.6 * (random.uniform() - 0.5);
        const double z = ease + shift + local + 2.2 * (random.uniform() + random.uniform() - 1.0);
        const double c = 1.0 / (1.0 + std::exp(-z));
        t.confidence.push_back(static_cast<float>(c));
        t.right.push_back(random.uniform() < 0.12 + 0.8 * c); // somewhat over-modest below, over-sure above
    }
    return t;
}

void append(text & t, const text & more) {
    t.confidence.insert(t.confidence.end(), more.confidence.begin(), more.confidence.end());
    t.right.insert(t.right.end(), more.right.begin(), more.right.end());
}

constexpr int32_t ANSWER = 100; // tokens: short ones, which the policy has little time to learn from

double plain_ms(const machine & m, const text & t) {
    return m.plain * static_cast<double>(t.right.size());
}

double fixed_ms(const machine & m, const text & t, double eta, int32_t gamma) {
    double ms = 0.0;
    for (size_t i = 0; i < t.right.size();) {
        int32_t k = 0;
        while (k < gamma && (k == 0 || t.confidence[std::min(i + k - 1, t.right.size() - 1)] >= eta)) {
            ++k;
            ms += m.draft;
        }
        ms += m.state + m.late[k];
        int32_t a = 0;
        while (a < k && i + a < t.right.size() && t.right[i + a]) {
            ++a;
        }
        i += a + 1;
    }
    return ms;
}

// The speedup over plain decoding of the best setting of a grid.
double best_fixed(const machine & m, const text & t) {
    double best = 0.0;
    for (const double eta : {0.0, 0.2, 0.4, 0.6, 0.8, 0.9}) {
        for (const int32_t gamma : {1, 2, 3, 4, 6, 8}) {
            best = std::max(best, plain_ms(m, t) / fixed_ms(m, t, eta, gamma));
        }
    }
    return best;
}

// Other programs: for a while all passes take longer, those of several rows more so; now and then one is held up, and the longer a
// pass takes the likelier it is that another program takes the core from it for its own time (on two busy cores one plain step of
// the starter in sixty, for 0.6 ms). What counts are the decisions, so outcomes are told in undisturbed milliseconds.
class disturbance {
public:
    explicit disturbance(uint64_t seed) : random_(seed) {}

    double operator()(double ms, int32_t rows) {
        if (left_ms_ <= 0.0) {
            busy_    = !busy_;
            left_ms_ = waiting(busy_ ? 60.0 : 120.0);
            factor_  = busy_ ? 1.2 + 0.8 * random_.uniform() : 1.0;
            several_ = busy_ ? 1.0 + 0.1 * random_.uniform() : 1.0;
        }
        const double held_up = (random_.uniform() < 0.01 ? waiting(4.0 * ms) : 0.0) + (random_.uniform() < 1.0 - std::exp(-0.08 * ms) ? waiting(0.6) : 0.0);
        const double took    = ms * factor_ * (rows > 1 ? several_ : 1.0) * (0.97 + 0.06 * random_.uniform()) + held_up;
        left_ms_ -= took;
        return took;
    }

    // What a timing of a few passes finds.
    double median(double ms, int32_t rows) {
        std::vector<double> times;
        for (int i = 0; i < 7; ++i) {
            times.push_back((*this)(ms, rows));
        }
        std::sort(times.begin(), times.end());
        return times[3];
    }

private:
    double waiting(double mean) { return -mean * std::log(1.0 - random_.uniform()); }

    random_source random_;
    double        left_ms_ = 0.0, factor_ = 1.0, several_ = 1.0;
    bool          busy_ = false;
};

struct outcome {
    double  ms = 0.0;
    int64_t rounds_until_pause = -1;
    bool    paused_at_end = false;
    std::vector<double> answers; // ms of each
};

// The first step behind a prompt finds the caches cold: what it takes longer, in plain steps, as measured on the starter.
constexpr double COLD_ROUND = 0.31, COLD_STEP = 0.24;

outcome policy_ms(const machine & m, const text & t, int32_t max_draft, size_t answer = ANSWER, disturbance * others = nullptr, bool cold = false) {
    policy p = policy_on(m, max_draft);
    const auto took = [&](double ms, int32_t rows) { return others ? (*others)(ms, rows) : ms; };
    if (others) {
        p.times.plain  = others->median(m.plain, 1);
        p.times.draft  = others->median(m.draft, 1);
        p.times.states = {others->median(m.state, 1)};
        for (size_t i = 0; i < m.late.size(); ++i) {
            p.times.verify[i] = others->median(m.late[i], static_cast<int32_t>(i) + 1);
        }
    }
    outcome out;
    int64_t rounds  = 0;
    bool    adapter = true;
    for (size_t i = 0, before = 0; i < t.right.size();) {
        const bool first = i == 0 || i / answer != before / answer;
        if (first) {
            adapter = !p.hopeless(max_draft);
            p.begin_answer(max_draft, adapter, 0);
            out.answers.push_back(0.0);
        }
        const double ms_before = out.ms;
        before = i;
        ++rounds;
        if (p.begin_round({}).what == policy::plan::draft) {
            int32_t    k = 0;
            double     ms = 0.0;
            bool       more = true;
            const auto pass = [&](double & known, double undisturbed, int32_t rows) {
                const double now = took(undisturbed, rows);
                p.times.observe(known, now);
                ms += now;
                out.ms += undisturbed;
            };
            while (more) {
                pass(p.times.draft, m.draft + (first && cold && k == 0 ? COLD_ROUND * m.plain : 0.0), 1);
                more = p.go_on(t.confidence[std::min(i + k, t.right.size() - 1)], {}).draft;
                ++k;
            }
            const int32_t kept = p.keep();
            if (kept == k) {
                pass(p.times.states[0], m.state, 1);
            }
            pass(p.times.verify[kept], m.late[kept], kept + 1);
            int32_t a = 0;
            while (a < kept && i + a < t.right.size() && t.right[i + a]) {
                ++a;
            }
            const bool judged = a == kept && kept < k && i + a < t.right.size();
            p.end_round(kept, a, a + 1, !judged ? policy::unverified::unknown : t.right[i + a] ? policy::unverified::right : policy::unverified::wrong, ms);
            i += a + 1;
        } else {
            const double step = m.plain * (first && cold ? 1.0 + COLD_STEP : 1.0);
            p.end_plain(took(step, 1));
            out.ms += step;
            ++i;
        }
        out.answers.back() += out.ms - ms_before;
        if ((p.paused() || !adapter) && out.rounds_until_pause < 0) {
            out.rounds_until_pause = rounds;
        }
    }
    out.paused_at_end = p.paused() || !adapter;
    return out;
}

} // namespace

TEST(policy_simulation, "the policy is never slower than plain by 2%, nor than the best fixed (η, γ) by 3%, on any simulated machine and text") {
    double worst_plain = 10.0, worst_fixed = 10.0;
    std::printf("  %-24s %-9s %7s %7s %7s\n", "speedup over plain", "text", "auto", "best", "paper");
    for (const auto & m : machines()) {
        for (const double ease : {-3.0, -1.5, 0.0, 1.0, 2.5}) {
            for (const bool changing : {false, true}) {
                const text   t     = make_text(48000, ease, changing, 7);
                const double plain = plain_ms(m, t);
                const double best  = best_fixed(m, t);
                const outcome o    = policy_ms(m, t, 8);
                const double  got  = plain / o.ms;
                worst_plain        = std::min(worst_plain, got);
                worst_fixed        = std::min(worst_fixed, got / std::max(best, 1.0));
                char name[32];
                std::snprintf(name, sizeof(name), "%.1f%s", ease, changing ? " mixed" : "");
                std::printf("  %-24s %-9s %7.3f %7.3f %7.3f\n", m.name, name, got, best, plain / fixed_ms(m, t, 0.6, 6));
                CHECK(got >= 0.98, "%s, ease %s: %.3f of plain", m.name, name, got);
                CHECK(got >= 0.97 * best, "%s, ease %s: %.3f, and a fixed setting reaches %.3f", m.name, name, got, best);
            }
        }
    }
    std::printf("  worst: %.3f of plain, %.3f of the better of plain and the best fixed setting\n", worst_plain, worst_fixed);
}

TEST(policy_short_answers, "answers of ten tokens: never slower than plain by 2%, and drafted where that pays")
{
    double worst = 10.0;
    for (const auto & m : machines()) {
        for (const double ease : {-3.0, -1.5, 0.0, 1.0, 2.5}) {
            for (const bool changing : {false, true}) {
                const text   t = make_text(24000, ease, changing, 7);
                const double best = best_fixed(m, t), got = plain_ms(m, t) / policy_ms(m, t, 8, 10).ms;
                worst            = std::min(worst, got / std::max(best, 1.0));
                std::printf("  %-24s %4.1f%-6s %7.3f %7.3f\n", m.name, ease, changing ? " mixed" : "", got, best);
                CHECK(got >= 0.98, "%s, ease %.1f: %.3f of plain", m.name, ease, got);
                CHECK(got >= 0.93 * best, "%s, ease %.1f: %.3f, and a fixed setting reaches %.3f", m.name, ease, got, best);
            }
        }
    }
    std::printf("  worst: %.3f of the better of plain and the best fixed setting\n", worst);
}

TEST(policy_disturbed, "beside other programs: never slower than plain by 2% on average, and drafted where that pays")
{
    constexpr int SEEDS = 60, UNLUCKY = SEEDS / 20;
    for (const auto & m : machines()) {
        for (const double ease : {-1.5, 0.0, 1.0, 2.5}) {
            double ms = 0.0, undisturbed = 0.0, plain = 0.0;
            std::vector<double> each;
            for (int seed = 0; seed < SEEDS; ++seed) {
                const text  t = make_text(6000, ease, false, 20 + seed);
                disturbance others(1 + seed);
                const double one = policy_ms(m, t, 8, ANSWER, &others).ms;
                ms += one;
                undisturbed += policy_ms(m, t, 8).ms;
                plain += plain_ms(m, t);
                each.push_back(plain_ms(m, t) / one);
            }
            std::sort(each.begin(), each.end());
            const double got = plain / ms, alone = plain / undisturbed;
            std::printf("  %-24s %4.1f %7.3f, alone %7.3f, one in twenty below %7.3f, worst %7.3f\n", m.name, ease, got, alone, each[UNLUCKY], each[0]);
            CHECK(got >= 0.98, "%s, ease %.1f: %.3f of plain", m.name, ease, got);
            CHECK(got >= 0.94 * alone, "%s, ease %.1f: %.3f, and alone %.3f", m.name, ease, got, alone);
            CHECK(each[UNLUCKY] >= 0.97, "%s, ease %.1f: one in twenty below %.3f of plain", m.name, ease, each[UNLUCKY]);
            CHECK(each[0] >= 0.96, "%s, ease %.1f: once %.3f of plain", m.name, ease, each[0]);
        }
    }
}

TEST(policy_mixed, "a chat in which only some short answers are easy, beside other programs: the easy ones are drafted, the others cost next to nothing")
{
    // Answers of twenty tokens, every fourth an easy one. What drafting gains on all of them together is near nothing, so that a
    // policy that asks only for that, or believes the cold first round of each, pauses at a bad moment, and the easy ones with it.
    constexpr size_t LENGTH = 20, ANSWERS = 600;
    const machine    m = machines().back();
    double easy_ms = 0.0, other_ms = 0.0;
    int    easy = 0, others = 0;
    for (int seed = 0; seed < 8; ++seed) {
        text t;
        for (size_t a = 0; a < ANSWERS; ++a) {
            append(t, make_text(LENGTH, a % 4 == 0 ? 3.0 : a % 4 == 1 ? 1.0 : 0.6, false, 1000 * seed + a));
        }
        disturbance   beside(50 + seed);
        const outcome o = policy_ms(m, t, 6, LENGTH, &beside, true);
        for (size_t a = 0; a < o.answers.size(); ++a) {
            (a % 4 == 0 ? easy_ms : other_ms) += o.answers[a];
            ++(a % 4 == 0 ? easy : others);
        }
    }
    const double plain = m.plain * (LENGTH + COLD_STEP), easy_speedup = plain * easy / easy_ms, others_speedup = plain * others / other_ms;
    std::printf("  easy %.3f, the others %.3f\n", easy_speedup, others_speedup);
    CHECK(easy_speedup >= 1.09, "%.3f", easy_speedup); // always drafted: 1.17
    CHECK(others_speedup >= 0.99, "%.3f", others_speedup);
}

TEST(policy_pause, "drafting that does not pay pauses within 16 rounds, and comes back when the text gets easy") {
    const machine m    = machines()[4];
    const text    hard = make_text(3000, -3.0, false, 11), easy = make_text(3000, 3.5, false, 12);
    const outcome o    = policy_ms(m, hard, 8);
    std::printf("  paused after %lld rounds\n", static_cast<long long>(o.rounds_until_pause));
    CHECK(o.rounds_until_pause >= 0 && o.rounds_until_pause <= 16, "%lld", static_cast<long long>(o.rounds_until_pause));
    CHECK(o.paused_at_end, "not paused on a hard text");
    text both = hard;
    append(both, easy);
    const machine gpu = machines()[5];
    CHECK(!policy_ms(gpu, both, 8).paused_at_end, "still paused on an easy text");
}
