// The policy's parts, one by one: what it learns and keeps, when it copies, and what it takes for the times of passes.
#include "check.h"
#include "policy-machines.h"
#include "sampling.h"

#include <cmath>
#include <utility>

using namespace kangaroo;
using namespace test;

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
                policy        p = policy_on(m, 8);
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
    policy        p = policy_on(m, 1);
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
    policy        p = policy_on(m, 1);
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
