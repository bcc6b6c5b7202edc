// The drafting policy in a simulation: a text with easy and hard stretches, drafts whose confidence says something about their
// acceptance, and pass times measured on real machines, undisturbed, and with other programs beside it. Compared with plain decoding and with the best
// fixed (η, γ) of a grid, chosen with hindsight.
#include "check.h"
#include "policy.h"
#include "sampling.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace kangaroo;

namespace {

struct machine {
    const char *        name;
    double              plain, draft, state;
    std::vector<double> late, whole; // V(n) of the layers behind the exit, and of all layers
};

// V(n)/V(1) as measured for kangaroo.md (item 9) and on the starter; draft and state steps as shares of a plain pass.
machine make(const char * name, double plain, double draft_share, double state_share, const std::vector<double> & v) {
    machine m{name, plain, plain * draft_share, plain * state_share, {}, {}};
    for (const double x : v) {
        m.whole.push_back(plain * x);
        m.late.push_back(plain * (x - state_share * std::min(x, 1.5)));
    }
    return m;
}

std::vector<machine> machines() {
    return {
        make("59M F16, 2 cores", 4.88, 0.17, 0.13, {1, 1.61, 1.60, 1.71, 1.61, 1.70, 2.42, 2.55, 2.7}),
        make("59M Q8_0, 2 cores", 3.14, 0.17, 0.13, {1, 2.13, 2.35, 2.41, 2.73, 3.07, 3.63, 4.08, 4.4}),
        make("1.1B Q4_0, 2 cores", 22.07, 0.20, 0.10, {1, 1.75, 2.53, 2.21, 3.02, 3.68, 4.52, 3.90, 4.4}),
        make("starter Q8_0, 1 thread", 0.33, 0.42, 0.25, {1, 1.36, 1.80, 2.2, 2.9, 3.3, 3.8, 4.3, 4.8}),
        make("starter Q4_0, 2 threads", 0.22, 0.45, 0.26, {1, 1.9, 2.8, 2.7, 3.7, 4.5, 5.5, 5.3, 5.9}),
        make("7B on a GPU", 14.0, 0.09, 0.065, {1, 1.02, 1.03, 1.05, 1.08, 1.1, 1.13, 1.16, 1.9}),
        make("starter, own kernels", 0.19, 0.36, 0.25, {1, 1.34, 1.60, 1.92, 2.5, 2.95, 3.3, 3.75, 4.2}),
    };
}

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
    policy p(max_draft);
    p.times = {m.plain, m.draft, {m.state}, m.late, m.whole};
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
            CHECK(each[0] >= 0.95, "%s, ease %.1f: once %.3f of plain", m.name, ease, each[0]);
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
            const text one = make_text(LENGTH, a % 4 == 0 ? 3.0 : a % 4 == 1 ? 1.0 : 0.6, false, 1000 * seed + a);
            t.confidence.insert(t.confidence.end(), one.confidence.begin(), one.confidence.end());
            t.right.insert(t.right.end(), one.right.begin(), one.right.end());
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
    both.confidence.insert(both.confidence.end(), easy.confidence.begin(), easy.confidence.end());
    both.right.insert(both.right.end(), easy.right.begin(), easy.right.end());
    const machine gpu = machines()[5];
    CHECK(!policy_ms(gpu, both, 8).paused_at_end, "still paused on an easy text");
}

TEST(policy_calibration, "the calibration learns a monotone map from what was judged") {
    calibration   c;
    random_source random(3);
    for (int i = 0; i < 20000; ++i) {
        const double confidence = random.uniform();
        c.observe(confidence, random.uniform() < 0.2 + 0.5 * confidence * confidence);
    }
    double last = 0.0;
    for (int i = 0; i <= 20; ++i) {
        const double x = std::min(i / 20.0, 0.999), got = c(x);
        CHECK(got >= last, "not monotone at %g", x);
        CHECK(std::fabs(got - (0.2 + 0.5 * x * x)) < 0.12, "%g at %g", got, x);
        last = got;
    }
}

TEST(policy_copies, "copies: drafted where they pay, as far as they pay, whether or not there is an adapter; never much slower than plain")
{
    for (const auto & m : machines()) {
        for (const double share : {0.0, 0.1, 0.5}) { // of the text that repeats earlier text
            for (const auto [slip, cold] : {std::pair{0.02, 0.0}, {0.3, 0.0}, {0.3, 0.35}}) { // a copy goes another way at each token;
                                                     // what a plain step behind a copy takes longer
                random_source random(5);
                policy        p(8);
                p.times = {m.plain, m.draft, {m.state}, m.late, m.whole};
                double  ms = 0.0, best_ms = 0.0;
                int64_t tokens = 0, length = 0;
                bool    copying = false, warm = true;
                for (int round = 0; round < 20000; ++round) {
                    if (round % 60 == 0) {
                        p.begin_answer(8, false, 0);
                    }
                    if (!copying && random.uniform() < share * 0.1) {
                        copying = true;
                        length  = 2;
                    } else if (!copying) { // now and then two tokens look alike by chance
                        length = random.uniform() < 0.2 ? 2 : 0;
                    }
                    const auto right  = [&] { return random.uniform() < (copying ? 1.0 - slip : 0.05); };
                    const auto choice = p.begin_round({static_cast<int32_t>(length), 8});
                    int32_t    a      = 0;
                    while (a < choice.copied && right()) {
                        ++a;
                    }
                    const double took = choice.what == policy::plan::copy ? m.whole[choice.copied] : warm ? m.plain : m.plain * (1.0 + cold);
                    warm              = choice.what != policy::plan::copy;
                    choice.what == policy::plan::copy ? p.end_copy(a + 1, took) : p.end_plain(took);
                    const bool next = a < choice.copied ? false : right();
                    for (int32_t i = 0; i < a && length > 0; ++i) {
                        p.copies.observe(confidence_of_match(static_cast<int32_t>(length) + i), true);
                    }
                    if (length > 0) {
                        p.copies.observe(confidence_of_match(static_cast<int32_t>(length) + a), next);
                    }
                    length  = length > 0 && next ? length + a + 1 : 0;
                    copying = copying && next;
                    ms += took;
                    best_ms += m.plain * (a + 1);
                    tokens += a + 1;
                }
                const double speedup = best_ms / ms;
                CHECK(speedup >= 0.985, "%s, %g repeated, %g slips, %g cold: %.3f of plain", m.name, share, slip, cold, speedup);
                if (share == 0.5 && slip == 0.02 && m.whole[3] < 1.8 * m.plain) {
                    CHECK(speedup > 1.3, "%s: only %.3f on a text that repeats itself", m.name, speedup);
                }
                std::printf("  %-24s repeated %.1f, slips %.2f, cold %.2f: %.3f\n", m.name, share, slip, cold, speedup);
            }
        }
    }
}

TEST(policy_memory, "what was learned is kept as numbers, and numbers that make no sense are refused")
{
    calibration   c, d;
    random_source random(4);
    for (int i = 0; i < 5000; ++i) {
        const double x = random.uniform();
        c.observe(x, random.uniform() < x * x);
    }
    std::vector<double> numbers;
    c.save(numbers);
    CHECK(static_cast<int32_t>(numbers.size()) == calibration::SAVED, "%zu", numbers.size());
    CHECK(d.load(numbers.data()), "refused");
    for (double x = 0.0; x < 1.0; x += 0.01) {
        CHECK(c(x) == d(x) && c.mean() == d.mean(), "differs at %g", x);
    }
    for (size_t i = 0; i < numbers.size(); ++i) {
        for (const double bad : {std::nan(""), -1.0, 1e9}) {
            auto spoilt = numbers;
            spoilt[i]   = bad;
            if (!(i == numbers.size() - 1 && bad == 1e9)) { // the number of judged drafts has no upper end
                CHECK(!d.load(spoilt.data()), "%g at %zu is taken", bad, i);
            }
        }
    }
    CHECK(d.mean() == c.mean(), "a refused load changed something");
}

TEST(policy_baseline, "a long drafting answer is interrupted for three plain steps in 120 rounds; plain steps timed behind an answer take their place")
{
    const machine m = machines().back();
    policy        p(1);
    p.times = {m.plain, m.draft, {m.state}, m.late, m.whole};
    p.begin_answer(1, true, 0);
    const auto plain_steps_in = [&](int rounds) {
        int plain = 0;
        for (int i = 0; i < rounds; ++i) {
            if (p.begin_round({}).what == policy::plan::draft) {
                p.go_on(0.99, {});
                p.end_round(1, 1, 2, policy::unverified::unknown, m.draft + m.state + m.late[1]);
            } else {
                p.end_plain(m.plain);
                ++plain;
            }
        }
        return plain;
    };
    CHECK(plain_steps_in(119) == 0, "too early");
    CHECK(plain_steps_in(10) == 3, "none, or not three");
    plain_steps_in(100);
    const double before = p.times.plain;
    for (int i = 0; i < 8; ++i) {
        p.time_plain(1.5 * m.plain);
    }
    CHECK(p.times.plain > 1.2 * before && p.times.plain < 1.5 * before * 1.01, "%g became %g", before, p.times.plain);
    p.begin_answer(1, true, 0);
    CHECK(plain_steps_in(119) == 0, "the steps behind the answer count for nothing");
}

TEST(policy_held_up, "what another program takes from a pass is left out of a round, as it is out of a plain step")
{
    const machine m = machines().back();
    policy        p(1);
    p.times = {m.plain, m.draft, {m.state}, m.late, m.whole};
    p.begin_answer(1, true, 0);
    const auto round_of = [&](double held_up) {
        const double verify = m.late[1] + held_up;
        p.begin_round({});
        p.go_on(0.99, {});
        p.times.observe(p.times.verify, 2, verify);
        p.end_round(1, 1, 2, policy::unverified::unknown, m.draft + m.state + verify);
    };
    for (int i = 0; i < 40; ++i) {
        round_of(0.0);
    }
    const double before = p.speedup();
    round_of(100.0 * m.plain);
    CHECK(p.speedup() > 0.97 * before, "%g became %g after one round that was held up", before, p.speedup());
    CHECK(!p.paused(), "paused");
}

TEST(policy_depth, "an answer far from where passes were timed begins with three plain steps, and knows all times from them")
{
    const double per_token = 0.001; // milliseconds of attention per row and token of the context
    const auto   times_at  = [&](int32_t depth) {
        const double row = per_token * depth;
        return pass_times{0.4 + row, 0.15 + 0.25 * row, {0.1 + 0.025 + 0.25 * row}, {0.3 + 0.75 * row, 0.4 + 1.5 * row, 0.6 + 2.25 * row},
            {0.0, 0.5 + 2 * row, 0.8 + 3 * row, 1.0 + 4 * row, 1.2 + 5 * row}, depth};
    };
    policy p(4);
    p.times = times_at(100);
    for (int i = 0; i < 400; ++i) { // copies that are always right: taken wherever they pay
        p.copies.observe(confidence_of_match(4), true);
    }
    const auto offered = [&] { return p.begin_round({4, 4}).what; };

    p.begin_answer(4, false, 180);
    CHECK(offered() == policy::plan::copy, "near the depth of the timing it waits for nothing");

    p.begin_answer(4, false, 1500);
    for (const double ms : {9.0, 1.9, 2.4}) { // the first builds a graph, the last was interrupted
        CHECK(offered() == policy::plan::plain, "it drafts before it knows what that costs");
        p.end_plain(ms);
    }
    const pass_times want = times_at(1500);
    for (int32_t n = 2; n <= 5; ++n) {
        CHECK(std::abs(p.times.whole_of(n) / want.whole_of(n) - 1.0) < 0.01, "%d rows: %g ms, should be %g", n, p.times.whole_of(n), want.whole_of(n));
    }
    for (int32_t n = 1; n <= 3; ++n) { // how much of attention the early layers have is only known roughly
        CHECK(std::abs(p.times.verify_of(n) / want.verify_of(n) - 1.0) < 0.1, "%d rows behind the exit: %g ms, should be %g", n, p.times.verify_of(n), want.verify_of(n));
    }
    CHECK(std::abs(p.times.draft / want.draft - 1.0) < 0.2, "a draft: %g ms, should be %g", p.times.draft, want.draft);
    CHECK(p.times.depth == 1500 && p.times.plain == 1.9, "depth %d, plain %g ms", p.times.depth, p.times.plain);
    CHECK(offered() == policy::plan::copy, "five rows cost less than five steps here, too");

    p.begin_answer(4, false, 1600);
    CHECK(offered() == policy::plan::copy, "the depth is known now");
    p.begin_answer(4, false, 100);
    for (int i = 0; i < 3; ++i) {
        CHECK(offered() == policy::plan::plain, "back at a short text it looks again");
        p.end_plain(0.5);
    }
    CHECK(std::abs(p.times.whole_of(5) / times_at(100).whole_of(5) - 1.0) < 0.01, "%g ms", p.times.whole_of(5));
}
