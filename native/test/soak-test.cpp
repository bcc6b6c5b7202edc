// A long life in short: many answers in one process, with random options, cancels, full contexts, kept caches and reloads.
// Afterwards memory must be flat and the cache must still hold what it should. KANGAROO_SOAK sets the number of answers (soak.ts).
#include "error.h"
#include "fixture.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#ifdef __linux__
#include <unistd.h>
#endif

using kangaroo::decoding_mode;

namespace {

constexpr int DEFAULT_ANSWERS = 100;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool MEASURES_MEMORY = false; // what was freed is kept for a while
#else
constexpr bool MEASURES_MEMORY = true;
#endif

// Bytes of this process in memory; 0 where that cannot be told.
int64_t resident_bytes() {
    int64_t pages = 0;
#ifdef __linux__
    std::ifstream in("/proc/self/statm");
    in >> pages >> pages;
    pages *= sysconf(_SC_PAGESIZE);
#endif
    return pages;
}

struct soak {
    const test::options & options;
    std::mt19937_64       random{2411};
    test::loaded          loaded;
    std::unique_ptr<kangaroo::session> session;
    bool                     shifted = false; // since the cache was empty: a shifted cache is not that of its tokens read anew
    std::vector<llama_token> history;
    int64_t answers = 0, cancelled = 0, cancelled_in_prompt = 0, refused = 0, shifts = 0, restored = 0, loads = 0, compared = 0, differed = 0, tokens = 0;

    explicit soak(const test::options & options) : options(options) { load(); }

    uint64_t below(uint64_t n) { return random() % n; }
    bool     one_in(uint64_t n) { return below(n) == 0; }
    float    fraction() { return static_cast<float>(below(1001)) / 1000.0f; }

    kangaroo::session_options session_options() const {
        kangaroo::session_options o;
        o.context_size = 384;
        o.threads      = 1; // on busy cores two wait for each other
        return o;
    }

    void open() {
        session = test::open_session(loaded, session_options());
        shifted = false;
        history.clear();
    }

    void load() {
        session.reset();
        loaded = {};
        loaded = test::load_starter(options, "Q8_0");
        ++loads;
        open();
    }

    std::vector<llama_token> words(size_t n) {
        static const char * const asked[] = {"Tell me a story about a fox.", "Why is the sky blue?", "Count from one to twenty.", "What is rain?",
            "Repeat: one two three, one two three.", "Who lives in the sea?"};
        std::string text = "<|user|>";
        while (text.size() < n) {
            text += std::string(asked[below(std::size(asked))]) + " ";
        }
        return loaded.model->tokenize(text + "<|end|><|assistant|>", history.empty(), true);
    }

    kangaroo::generation_options any_options() {
        kangaroo::generation_options o;
        o.mode          = static_cast<decoding_mode>(below(3));
        o.threshold     = fraction();
        o.max_draft     = 1 + static_cast<int32_t>(below(16));
        o.prompt_lookup = !one_in(3);
        o.context_shift = one_in(2);
        o.max_tokens    = one_in(24) ? 400 : 1 + static_cast<int32_t>(below(32));
        if (one_in(2)) {
            o.sampling.temperature = 0.1f + 1.4f * fraction();
            o.sampling.top_k       = static_cast<int32_t>(below(60));
            o.sampling.top_p       = one_in(3) ? 1.0f : 0.5f + 0.5f * fraction();
            o.sampling.min_p       = one_in(3) ? 0.0f : 0.2f * fraction();
            o.sampling.seed        = random();
            o.sampled_draft        = one_in(2);
        }
        o.sampling.repetition_penalty = one_in(3) ? 1.0f + 0.4f * fraction() : 1.0f;
        if (one_in(8)) {
            o.stop = {"the"};
        }
        return o;
    }

    void answer() {
        if (one_in(4)) {
            history.clear();
        }
        const auto more = words(one_in(16) ? 900 : 8 + below(60)); // characters: some prompts take long enough to be cancelled
        history.insert(history.end(), more.begin(), more.end());
        const auto o = any_options();
        std::thread canceller;
        if (one_in(4)) {
            const auto after = std::chrono::microseconds(one_in(4) ? 0 : below(60000));
            canceller = std::thread([this, after] {
                std::this_thread::sleep_for(after);
                session->cancel();
            });
        }
        try {
            const auto r = session->generate(history, o, {});
            history.insert(history.end(), r.ids.begin(), r.ids.end());
            tokens += r.stats.tokens;
            shifts += r.stats.context_shifts;
            shifted = (shifted && r.stats.cached_tokens > 0) || r.stats.context_shifts > 0;
            cancelled += r.reason == "cancelled";
            cancelled_in_prompt += r.reason == "cancelled" && r.ids.empty();
            CHECK(!r.reason.empty() && r.stats.recomputed_rounds == 0, "answer %lld: reason '%s', %lld rounds computed again", static_cast<long long>(answers), r.reason.c_str(),
                static_cast<long long>(r.stats.recomputed_rounds));
        } catch (const kangaroo::error & e) {
            ++refused;
            CHECK(std::string(e.code) == "prompt-too-long", "answer %lld: %s", static_cast<long long>(answers), e.what());
            history.clear();
        }
        if (canceller.joinable()) {
            canceller.join();
        }
        session->clear_cancel(); // one that came after the end
        ++answers;
    }

    // The cache moves to a file and, half of the time, to another session.
    void keep_and_restore() {
        const std::string path = options.scratch + "/soak.state";
        if (session->save(path) == 0) {
            return;
        }
        if (one_in(2)) {
            session = test::open_session(loaded, session_options());
        }
        CHECK(session->restore(path) > 0, "nothing was restored");
        ++restored;
    }

    // The used session against a fresh one: drafting against plain decoding after an empty cache, and the same mode on top of the
    // very cells that all those rounds have left. (The same, because drafting may read tokens again that were decoded plainly, for
    // the adapter's K/V, and a prompt's kernels round otherwise than a round's.)
    void compare() {
        const auto check = [&](kangaroo::session & fresh, const std::vector<llama_token> & prompt, decoding_mode fresh_mode, decoding_mode mode, const char * where) {
            kangaroo::generation_options o;
            o.max_tokens    = 40;
            o.mode          = fresh_mode;
            const auto want = test::answer(fresh, prompt, o).ids;
            o.mode          = mode;
            const auto got  = test::answer(*session, prompt, o).ids;
            ++compared;
            differed += got != want;
            CHECK(got == want, "after %lld answers, %s, mode %d: the used session says something else", static_cast<long long>(answers), where, static_cast<int>(mode));
        };
        const std::string path = options.scratch + "/soak-compared.state";
        if (!shifted && history.size() < 300 && session->save(path) > 0) {
            const auto fresh = test::open_session(loaded, session_options());
            fresh->restore(path);
            auto       longer = history;
            const auto more   = words(20);
            longer.insert(longer.end(), more.begin(), more.end());
            for (const auto mode : {decoding_mode::plain, decoding_mode::kangaroo}) {
                check(*fresh, longer, mode, mode, "on top of its cache");
            }
        }
        session->reset();
        shifted = false;
        history.clear();
        const auto fresh = test::open_session(loaded, session_options());
        for (const auto mode : {decoding_mode::kangaroo, decoding_mode::automatic}) {
            check(*fresh, words(60), decoding_mode::plain, mode, "after a reset");
        }
    }
};

} // namespace

TEST(long_life, "soak: random answers, cancels, shifts, kept caches and reloads leave memory flat and the cache right")
{
    const char *  wanted = std::getenv("KANGAROO_SOAK");
    const int64_t total  = wanted ? std::max(1, std::atoi(wanted)) : DEFAULT_ANSWERS;
    const int64_t window = std::max<int64_t>(total / 10, 1), compare_every = total < 1000 ? 25 : 100;
    int64_t       early = 0, late = 0; // peak memory in the second and in the last tenth
    soak s(options);
    while (s.answers < total) {
        s.answer();
        if (s.one_in(40)) {
            s.keep_and_restore();
        }
        if (s.answers % compare_every == 0) {
            s.compare();
        }
        if (s.one_in(200)) {
            s.one_in(2) ? s.load() : s.open();
        }
        const int64_t now = resident_bytes(), tenth = (s.answers - 1) / window;
        early = tenth == 1 ? std::max(early, now) : early;
        late  = tenth >= 9 ? std::max(late, now) : late;
        if (s.answers % window == 0) {
            std::printf("  %lld answers, %lld tokens: %.1f MB\n", static_cast<long long>(s.answers), static_cast<long long>(s.tokens), static_cast<double>(now) / 1e6);
            std::fflush(stdout);
        }
    }
    s.compare();
    const auto n = [](int64_t v) { return static_cast<long long>(v); };
    std::printf("  %lld cancelled (%lld in the prompt), %lld refused, %lld context shifts, %lld restored, %lld loads; %lld comparisons, %lld differ\n", n(s.cancelled),
        n(s.cancelled_in_prompt), n(s.refused), n(s.shifts), n(s.restored), n(s.loads), n(s.compared), n(s.differed));
    const double growth = early > 0 ? static_cast<double>(late) / static_cast<double>(early) - 1.0 : 0.0;
    std::printf("  peak memory: %.1f MB in the second tenth, %.1f MB in the last: %+.2f%%\n", static_cast<double>(early) / 1e6, static_cast<double>(late) / 1e6, 100.0 * growth);
    CHECK(s.cancelled > total / 50 && s.shifts > total / 100 && s.restored > 0 && s.compared > 3, "hardly anything happened: the test says nothing");
    if (MEASURES_MEMORY && total >= 5000) { // a shorter run still warms up: every width of a round has a graph of its own
        CHECK(growth <= 0.02, "%.4f", growth);
    }
}
