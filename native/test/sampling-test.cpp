// Drafting must not change the distribution: chi-square tests of the tokens that drafting and verifying give against the
// exact distribution of the target after its sampler chain, with fixed seeds.
#include "check.h"
#include "sampling.h"

#include <algorithm>
#include <cmath>
#include <map>

using namespace kangaroo;

namespace {

constexpr int N_VOCAB = 24;
constexpr int DRAWS   = 200000;

// Upper tail of the chi-square distribution: the regularised incomplete gamma function Q(df/2, x/2), by series and by
// continued fraction (Numerical Recipes, 6.2).
double chi_square_p(double x, double df) {
    const double a = df / 2.0, z = x / 2.0;
    if (z <= 0.0) {
        return 1.0;
    }
    if (z < a + 1.0) {
        double term = 1.0 / a, sum = term;
        for (int n = 1; n < 10000 && term > sum * 1e-15; ++n) {
            term *= z / (a + n);
            sum += term;
        }
        return 1.0 - sum * std::exp(-z + a * std::log(z) - std::lgamma(a));
    }
    double b = z + 1.0 - a, c = 1e300, d = 1.0 / b, h = d;
    for (int i = 1; i < 10000; ++i) {
        const double an = -i * (i - a);
        b += 2.0;
        d = 1.0 / (an * d + b);
        c = b + an / c;
        const double step = d * c;
        h *= step;
        if (std::fabs(step - 1.0) < 1e-15) {
            break;
        }
    }
    return h * std::exp(-z + a * std::log(z) - std::lgamma(a));
}

std::vector<float> logits_of(uint64_t seed, float spread) {
    random_source      random(seed);
    std::vector<float> logits(N_VOCAB);
    for (auto & l : logits) {
        l = spread * static_cast<float>(random.uniform() + random.uniform() + random.uniform() - 1.5);
    }
    return logits;
}

// Draws DRAWS tokens by drafting from `draft_logits` and judging by `target_logits`; returns the p-value of their counts.
double p_value(const sampling_options & options, bool sampled, bool spoil, double * acceptance) {
    const auto target_logits = logits_of(1, 4.0f);
    auto       draft_logits  = logits_of(2, 1.5f);
    for (int i = 0; i < N_VOCAB; ++i) {
        draft_logits[i] += target_logits[i]; // a draft that is often right, as an adapter's is
    }
    sampler target(options, N_VOCAB), drafter(options, N_VOCAB);
    for (const llama_token seen : {3, 7, 7, 11, 2}) { // what the repetition penalty has seen
        target.accept(seen);
        drafter.accept(seen);
    }
    const distribution p = target.distribution_of(target_logits.data(), N_VOCAB);
    const distribution q = drafter.distribution_of(draft_logits.data(), N_VOCAB);
    const llama_token  likeliest = drafter.argmax(draft_logits.data(), N_VOCAB);

    random_source              random(options.seed);
    std::map<llama_token, int> counts;
    int                        accepted = 0;
    for (int i = 0; i < DRAWS; ++i) {
        const llama_token draft = sampled ? draw(q, random) : likeliest;
        verdict v = sampled ? judge_sampled_draft(p, q, draft, random) : judge_greedy_draft(p, draft, random);
        if (spoil && !v.accepted) { // a wrong rule: a rejected draft replaced by a draw from p itself
            v.token = draw(p, random);
        }
        accepted += v.accepted;
        ++counts[v.token];
    }
    *acceptance = static_cast<double>(accepted) / DRAWS;
    double x = 0.0;
    int    cells = 0, seen = 0;
    for (const auto & t : p) {
        const double expected = static_cast<double>(t.p) * DRAWS;
        if (expected < 5.0) { // too rare for the approximation; counted with nothing
            continue;
        }
        seen += counts[t.id];
        x += (counts[t.id] - expected) * (counts[t.id] - expected) / expected;
        ++cells;
    }
    for (const auto & [id, count] : counts) {
        CHECK(probability_of(p, id) > 0.0, "token %d was drawn %d times, and the chain had removed it", id, count);
    }
    CHECK(seen > DRAWS * 0.99, "%d", seen);
    return chi_square_p(x, cells - 1);
}

} // namespace

TEST(chi_square_itself, "the chi-square tail agrees with tabulated values") {
    CHECK(std::fabs(chi_square_p(3.841, 1) - 0.05) < 1e-4, "df 1");
    CHECK(std::fabs(chi_square_p(18.307, 10) - 0.05) < 1e-4, "df 10");
    CHECK(std::fabs(chi_square_p(29.588, 10) - 0.001) < 1e-5, "df 10, far tail");
    CHECK(std::fabs(chi_square_p(5.0, 10) - 0.8912) < 1e-4, "df 10, near part");
}

TEST(sampled_distribution, "sampling through greedy and sampled drafts keeps the target's distribution, each sampler on") {
    struct variant {
        const char *     name;
        sampling_options options;
    };
    sampling_options plain;
    plain.temperature = 1.0f;
    plain.top_k       = 0;
    plain.top_p       = 1.0f;
    plain.min_p       = 0.0f;
    plain.seed        = 42;
    std::vector<variant> variants = {{"temperature 1", plain}};
    const auto with = [&](const char * name, auto change) {
        variants.push_back({name, plain});
        change(variants.back().options);
    };
    with("temperature 0.7", [](auto & o) { o.temperature = 0.7f; });
    with("temperature 1.6", [](auto & o) { o.temperature = 1.6f; });
    with("top-k 5", [](auto & o) { o.top_k = 5; });
    with("top-p 0.8", [](auto & o) { o.top_p = 0.8f; });
    with("min-p 0.1", [](auto & o) { o.min_p = 0.1f; });
    with("repetition penalty 1.3", [](auto & o) { o.repetition_penalty = 1.3f; });
    with("all of them", [](auto & o) { o.temperature = 0.9f; o.top_k = 12; o.top_p = 0.95f; o.min_p = 0.02f; o.repetition_penalty = 1.1f; });
    for (const auto & v : variants) {
        for (const bool sampled : {false, true}) {
            double       acceptance = 0.0;
            const double p          = p_value(v.options, sampled, false, &acceptance);
            std::printf("  %-24s %-8s p = %.3f, accepted %.2f\n", v.name, sampled ? "sampled" : "greedy", p, acceptance);
            CHECK(p > 0.001, "%s, %s: p = %g", v.name, sampled ? "sampled" : "greedy", p);
            CHECK(acceptance > 0.05 && acceptance < 1.0, "%g", acceptance);
        }
    }
    for (const bool sampled : {false, true}) {
        double acceptance = 0.0;
        CHECK(p_value(plain, sampled, true, &acceptance) < 1e-6, "a wrong rule passes: the test has no power");
    }
}

TEST(tiny_temperature, "a temperature so small that logits would overflow is greedy")
{
    sampling_options o;
    for (const float t : {1e-38f, 1e-10f, 1e-4f}) {
        o.temperature = t;
        CHECK(sampler(o, N_VOCAB).greedy(), "%g", t);
    }
    o.temperature = 0.01f;
    o.top_k       = 0;
    sampler    cold(o, N_VOCAB);
    const auto logits = logits_of(1, 4.0f);
    double     sum = 0.0;
    for (const auto & t : cold.distribution_of(logits.data(), N_VOCAB)) {
        sum += t.p;
    }
    CHECK(std::fabs(sum - 1.0) < 1e-4, "%g", sum);
}

TEST(penalties, "penalties on the recent tokens only give what llama.cpp's sampler gives on all candidates")
{
    constexpr int32_t N = 4000, WINDOW = 16;
    sampling_options  o;
    o.temperature        = 1.0f;
    o.top_k              = 0;
    o.top_p              = 1.0f;
    o.min_p              = 0.0f;
    o.repetition_penalty = 1.7f;
    o.repetition_window  = WINDOW;
    sampler       ours(o, N);
    llama_sampler * theirs = llama_sampler_init_penalties(N, WINDOW, o.repetition_penalty, 0.0f, 0.0f);
    random_source random(9);
    for (int step = 0; step < 60; ++step) {
        std::vector<float> logits(N);
        for (auto & l : logits) {
            l = static_cast<float>(8.0 * (random.uniform() - 0.5));
        }
        distribution all(N);
        for (int32_t i = 0; i < N; ++i) {
            all[i] = {i, logits[i], 0.0f};
        }
        llama_token_data_array array = {all.data(), all.size(), -1, false};
        llama_sampler_apply(theirs, &array);
        const auto & got = ours.distribution_of(logits.data(), N);
        int          different = 0;
        for (int32_t i = 0; i < N; ++i) {
            different += got[i].id != all[i].id || got[i].logit != all[i].logit;
        }
        CHECK(different == 0, "%d logits differ after %d tokens", different, step);
        const auto best = std::max_element(all.begin(), all.end(), [](const auto & a, const auto & b) { return a.logit < b.logit; })->id;
        CHECK(ours.argmax(logits.data(), N) == best, "argmax after %d tokens", step);
        const auto token = step % 3 == 0 ? best : static_cast<llama_token>(random.uniform() * N);
        ours.accept(token);
        llama_sampler_accept(theirs, token);
    }
    llama_sampler_free(theirs);
}

TEST(argmax_ties, "greedy takes the smallest id among equals, with and without penalties") {
    sampling_options o;
    sampler          plain(o, 4);
    const float      logits[4] = {1.0f, 3.0f, 3.0f, 2.0f};
    CHECK(plain.argmax(logits, 4) == 1, "without");
    o.repetition_penalty = 2.0f;
    sampler penal(o, 4);
    CHECK(penal.argmax(logits, 4) == 1, "with, nothing seen");
    penal.accept(1);
    CHECK(penal.argmax(logits, 4) == 2, "with, token 1 seen");
}
