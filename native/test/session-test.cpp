// What a session does beyond single answers: copies from the text, going on in a full context, sessions side by side, and a
// cache that is kept in a file. All of it lossless.
#include "error.h"
#include "fixture.h"

#include <filesystem>
#include <fstream>
#include <thread>

using kangaroo::decoding_mode;

namespace {

std::vector<llama_token> prompt_of(const test::loaded & l, const std::string & text) {
    return l.model->tokenize("<|user|>" + text + "<|end|><|assistant|>", true, true);
}

kangaroo::generation_options options_of(decoding_mode mode, int32_t max_tokens) {
    kangaroo::generation_options o;
    o.mode       = mode;
    o.max_tokens = max_tokens;
    return o;
}

const char * const STORY = "Tell me a story about a fox who is afraid of the dark.";

} // namespace

TEST(lookup_lossless, "copies: the tokens of plain decoding, with and without an adapter, also where every decision is a coin's")
{
    for (const char * type : {"Q8_0", "Q4_0"}) {
        auto       l        = test::load_starter(options, type);
        const auto plain    = test::open_session(l);
        const auto drafting = test::open_session(l);
        drafting->toss(3);
        l.adapter.reset();
        const auto bare = test::open_session(l), tossed = test::open_session(l);
        tossed->toss(4);
        int64_t copied = 0, right = 0;
        for (const char * text : {STORY, "Repeat after me: one two three four, one two three four, one two three four.", "Explain rainbows like I'm five years old.", "Count from one to twenty."}) {
            auto history = prompt_of(l, text);
            for (int turn = 0; turn < 3; ++turn) {
                const auto want = test::answer(*plain, history, options_of(decoding_mode::plain, 120));
                for (const auto * s : {&drafting, &bare, &tossed}) {
                    auto       o   = options_of(decoding_mode::automatic, 120);
                    const auto got = test::answer(**s, history, o);
                    CHECK(got.ids == want.ids && got.text == want.text && got.reason == want.reason, "%s, turn %d: another answer to: %s", type, turn, text);
                    CHECK(got.stats.recomputed_rounds == 0, "%lld", static_cast<long long>(got.stats.recomputed_rounds));
                    copied += got.stats.copied;
                    right += got.stats.copied_accepted;
                }
                history.insert(history.end(), want.ids.begin(), want.ids.end());
                const auto more = l.model->tokenize("<|user|>Say that again.<|end|><|assistant|>", false, true);
                history.insert(history.end(), more.begin(), more.end());
            }
        }
        std::printf("  %s: %lld tokens copied, %lld accepted\n", type, static_cast<long long>(copied), static_cast<long long>(right));
        CHECK(right > 50, "hardly anything was copied: the test says nothing");
    }
}

TEST(pause_probes, "a long answer whose drafts were all wrong is plain decoding's, and is looked at again now and then")
{
    const auto l = test::load_starter(options, "Q8_0");
    const auto plain = test::open_session(l), drafting = test::open_session(l);
    auto       o    = options_of(decoding_mode::plain, 4000);
    o.context_shift = true;
    const auto want = test::answer(*plain, prompt_of(l, STORY), o);
    drafting->forge_drafts([&](int32_t, llama_exit_draft & draft) { draft = {(draft.id + 1) % l.model->info().n_vocab, 0.9f}; });
    o.mode          = decoding_mode::automatic;
    o.prompt_lookup = false;
    int64_t                     steps = 0, probes = 0; // steps in a row; rounds behind 100 of them
    kangaroo::generation_events events;
    events.round = [&](const kangaroo::round_report & r) {
        const bool drafted = r.kind == kangaroo::round_kind::kangaroo;
        probes += drafted && steps >= 100;
        steps = drafted ? 0 : steps + 1;
    };
    const auto got = drafting->generate(prompt_of(l, STORY), o, events);
    std::printf("  %zu tokens, %.0f%% of the rounds paused, %lld probes\n", got.ids.size(), 100.0 * got.stats.paused_rounds / std::max<int64_t>(1, got.stats.rounds), static_cast<long long>(probes));
    CHECK(got.ids == want.ids, "another answer");
    CHECK(got.ids.size() >= 1500, "only %zu tokens: the test says nothing", got.ids.size());
    CHECK(got.stats.paused_rounds > got.stats.rounds / 3, "drafts that are all wrong do not pause");
    CHECK(probes >= 1, "drafting was never tried again");
}

TEST(context_shift, "a full context drops its older half and goes on, in every mode with the same tokens")
{
    const auto l = test::load_starter(options, "Q8_0");
    for (const char * cache : {"f16", "q8_0"}) {
        for (const char * flash : {"on", "off"}) {
            kangaroo::session_options so;
            so.context_size    = 256;
            so.cache_type      = cache;
            so.flash_attention = flash;
            if (std::string(cache) == "q8_0" && std::string(flash) == "off") {
                continue; // llama.cpp quantises V only with flash attention
            }
            const auto prompt = prompt_of(l, STORY);
            auto       o      = options_of(decoding_mode::plain, 700);
            o.context_shift   = true;
            o.keep_tokens     = static_cast<int32_t>(prompt.size());
            o.sampling.repetition_penalty = 1.3f; // or the story ends before the context does
            const auto s    = test::open_session(l, so);
            const auto want = test::answer(*s, prompt, o);
            std::printf("  K/V %s, flash attention %s: %zu tokens, %lld shifts, %s\n", cache, flash, want.ids.size(), static_cast<long long>(want.stats.context_shifts), want.reason.c_str());
            CHECK(want.stats.context_shifts >= 2, "%lld shifts: the test says nothing", static_cast<long long>(want.stats.context_shifts));
            CHECK(s->save(options.scratch + "/shifted.state") == 0, "a cache with holes was kept");
            for (const auto mode : {decoding_mode::kangaroo, decoding_mode::automatic}) {
                const auto d = test::open_session(l, so);
                d->toss(8);
                o.mode       = mode;
                o.threshold  = 0.3f;
                const auto got = test::answer(*d, prompt, o);
                CHECK(got.ids == want.ids && got.reason == want.reason && got.stats.context_shifts == want.stats.context_shifts, "mode %d: another answer after a shift",
                    static_cast<int>(mode));
                CHECK(got.stats.recomputed_rounds == 0, "%lld rounds were computed again", static_cast<long long>(got.stats.recomputed_rounds));
                std::printf("    %lld of %lld drafts accepted\n", static_cast<long long>(got.stats.accepted), static_cast<long long>(got.stats.drafted));
            }
            o.context_shift = false;
            o.mode          = decoding_mode::plain;
            CHECK(test::answer(*s, prompt, o).reason == "context-full", "without the option the answer must end");
        }
    }
}

TEST(shift_keeps_adapter, "after a context shift the adapter still sees where it is: its drafts are accepted about as often as before")
{
    const auto                l = test::load_starter(options, "Q8_0");
    kangaroo::session_options so;
    so.context_size = 256;
    const auto s    = test::open_session(l, so);
    auto       o    = options_of(decoding_mode::kangaroo, 700);
    o.context_shift = true;
    o.sampling.repetition_penalty = 1.3f;
    int64_t drafted[2] = {}, accepted[2] = {};
    kangaroo::generation_events events;
    int64_t tokens = 0;
    events.round   = [&](const kangaroo::round_report & r) {
        const int after = tokens > 230;
        drafted[after] += static_cast<int64_t>(r.drafts.size());
        accepted[after] += r.accepted;
        tokens += static_cast<int64_t>(r.pieces.size());
    };
    const auto r = s->generate(prompt_of(l, STORY), o, events);
    const double before = static_cast<double>(accepted[0]) / drafted[0], behind = static_cast<double>(accepted[1]) / std::max<int64_t>(1, drafted[1]);
    std::printf("  %lld shifts; accepted %.2f before, %.2f behind (%lld drafts)\n", static_cast<long long>(r.stats.context_shifts), before, behind, static_cast<long long>(drafted[1]));
    CHECK(r.stats.context_shifts >= 2 && drafted[1] > 100, "%lld", static_cast<long long>(drafted[1]));
    CHECK(behind > 0.6 * before, "%.2f, %.2f", before, behind);
}

TEST(side_by_side, "two sessions of one model answer at once, each as if it were alone")
{
    const auto l    = test::load_starter(options, "Q8_0");
    const auto ask  = [&](kangaroo::session & s, int i) {
        std::vector<std::vector<llama_token>> out;
        for (int n = 0; n < 6; ++n) {
            auto o = options_of(n % 3 == 0 ? decoding_mode::plain : n % 3 == 1 ? decoding_mode::kangaroo : decoding_mode::automatic, 60);
            out.push_back(test::answer(s, prompt_of(l, i == 0 ? STORY : "Why is the sky blue?"), o).ids);
        }
        return out;
    };
    const auto one = test::open_session(l), two = test::open_session(l);
    const auto want_one = ask(*one, 0), want_two = ask(*two, 1);
    std::vector<std::vector<llama_token>> got_one, got_two;
    std::thread a([&] { got_one = ask(*one, 0); }), b([&] { got_two = ask(*two, 1); });
    a.join();
    b.join();
    CHECK(got_one == want_one && got_two == want_two, "an answer changed because another was written beside it");
}

TEST(side_by_side_turns, "sessions that answer at once take turns: neither waits for the other's end, and a waiting one can be cancelled")
{
    const auto l   = test::load_starter(options, "Q8_0");
    const auto one = test::open_session(l), two = test::open_session(l);
    std::atomic<int>  rounds{0}, when_first{-1}, when_last{-1};
    const auto prompt = prompt_of(l, STORY);
    std::thread a([&] {
        kangaroo::generation_events events;
        events.round = [&](const kangaroo::round_report &) { ++rounds; };
        auto o = options_of(decoding_mode::plain, 1500);
        o.context_shift = true;
        o.sampling.repetition_penalty = 1.3f;
        one->generate(prompt, o, events);
    });
    while (rounds < 20) {
        std::this_thread::yield();
    }
    kangaroo::generation_events events;
    events.prompt = [&](const kangaroo::prompt_report &) { when_first = rounds.load(); };
    const auto b = two->generate(prompt, options_of(decoding_mode::plain, 60), events);
    when_last    = rounds.load();
    one->cancel();
    a.join();
    std::printf("  the other session had done %d rounds at the first token, %d at the last of %zu\n", when_first.load(), when_last.load(), b.ids.size());
    CHECK(when_last > when_first, "the first session stood still");
    CHECK(when_last - when_first < 20 * static_cast<int>(b.ids.size()), "the second session hardly ever had its turn");
}

TEST(kept_state, "a cache that was kept goes on in a new session without reading its prompt again, with the same tokens, in every mode")
{
    for (const char * cache : {"f16", "q8_0"}) {
        for (const char * flash : {"on", "off"}) {
            if (std::string(cache) == "q8_0" && std::string(flash) == "off") {
                continue;
            }
            const auto l = test::load_starter(options, "Q8_0");
            kangaroo::session_options so;
            so.cache_type      = cache;
            so.flash_attention = flash;
            const std::string path = options.scratch + "/kept.state";
            for (const auto mode : {decoding_mode::plain, decoding_mode::kangaroo}) {
                const auto s       = test::open_session(l, so);
                auto       history = prompt_of(l, STORY);
                const auto first   = test::answer(*s, history, options_of(mode, 90));
                const int64_t bytes = s->save(path);
                CHECK(bytes > 0 && static_cast<int64_t>(std::filesystem::file_size(path)) == bytes, "%lld bytes", static_cast<long long>(bytes));
                history.insert(history.end(), first.ids.begin(), first.ids.end());
                const auto more = l.model->tokenize("<|user|>And then?<|end|><|assistant|>", false, true);
                history.insert(history.end(), more.begin(), more.end());
                const auto want = test::answer(*s, history, options_of(mode, 60));

                const auto fresh = test::open_session(l, so);
                const int32_t kept = fresh->restore(path);
                const auto got     = test::answer(*fresh, history, options_of(mode, 60));
                CHECK(got.ids == want.ids, "K/V %s, flash attention %s, mode %d: another answer", cache, flash, static_cast<int>(mode));
                CHECK(got.stats.cached_tokens == want.stats.cached_tokens && got.stats.cached_tokens == kept, "%d tokens were kept, %d used, %d before", kept,
                    got.stats.cached_tokens, want.stats.cached_tokens);
                CHECK(got.stats.accepted == want.stats.accepted && got.stats.drafted == want.stats.drafted, "the adapter drafts otherwise after a restore");
            }
        }
    }
}

TEST(bad_states, "kept caches that are damaged, cut, foreign, of another context or adapter are refused, and the session works on")
{
    auto              l    = test::load_starter(options, "Q8_0");
    const auto        s    = test::open_session(l);
    const auto        p    = prompt_of(l, STORY);
    const std::string path = options.scratch + "/good.state", bad = options.scratch + "/bad.state";
    CHECK(s->save(path) == 0, "an empty cache was kept");
    const auto want = test::answer(*s, p, options_of(decoding_mode::kangaroo, 60)).ids;
    CHECK(s->save(path) > 0, "not kept");
    std::ifstream     in(path, std::ios::binary);
    const std::string good{std::istreambuf_iterator<char>(in), {}};
    const auto code = [&](kangaroo::session & session, const std::string & file) -> std::string {
        try {
            session.restore(file);
        } catch (const kangaroo::error & e) {
            return e.code;
        }
        return "none";
    };
    const auto spoilt = [&](const std::string & bytes) {
        std::ofstream(bad, std::ios::binary) << bytes;
        const std::string c = code(*s, bad);
        CHECK(test::answer(*s, p, options_of(decoding_mode::kangaroo, 60)).ids == want, "another answer after a refused cache");
        return c;
    };
    CHECK(code(*s, options.scratch + "/nothing.state") == "file-not-found", "missing");
    CHECK(spoilt("") == "file-damaged", "empty");
    CHECK(spoilt("GGUF and so on, which is no cache at all") == "file-damaged", "foreign");
    for (const double at : {0.0, 0.0001, 0.01, 0.5, 0.99999}) {
        std::string turned = good;
        turned[static_cast<size_t>(at * (good.size() - 1))] ^= 0x40;
        CHECK(spoilt(turned) == "file-damaged", "a bit turned at %g", at);
        CHECK(spoilt(good.substr(0, static_cast<size_t>(good.size() * at))) == "file-damaged", "cut at %g", at);
    }
    CHECK(spoilt(good + "x") == "file-damaged", "longer");
    CHECK(code(*s, path) == "none", "the good one");
    kangaroo::session_options other;
    other.context_size = 512;
    CHECK(code(*test::open_session(l, other), path) == "invalid-argument", "another context");
    other.context_size = 0;
    other.cache_type   = "q8_0";
    CHECK(code(*test::open_session(l, other), path) == "invalid-argument", "another type of K/V");
    CHECK(code(*test::open_session(test::load_starter(options, "Q4_0")), path) == "invalid-argument", "another quantisation");
    l.adapter.reset();
    CHECK(code(*test::open_session(l), path) == "invalid-argument", "without the adapter");
    std::string failed;
    try {
        s->save(options.scratch + "/no/such/folder.state");
    } catch (const kangaroo::error & e) {
        failed = e.code;
    }
    CHECK(failed == "file-not-found" || failed == "file-not-readable", "%s", failed.c_str());
}

TEST(learned, "what drafting has learned moves to another session, and nonsense is refused")
{
    const auto l   = test::load_starter(options, "Q8_0");
    const auto one = test::open_session(l), two = test::open_session(l);
    for (const char * text : {STORY, "What is rain?", "Tell me about the sea."}) {
        test::answer(*one, prompt_of(l, text), options_of(decoding_mode::automatic, 100));
    }
    auto numbers = one->learned();
    CHECK(numbers != two->learned(), "nothing was learned");
    CHECK(two->relearn(numbers) && two->learned() == numbers, "not taken over");
    numbers[3] = -5.0;
    CHECK(!two->relearn(numbers) && !two->relearn({}) && !two->relearn({1.0, 2.0}), "nonsense was taken");
    CHECK(two->learned() == one->learned(), "a refused memory changed something");
}

TEST(host_overhead, "a round is computation: what the host adds to it is told")
{
    const auto l = test::load_starter(options, "Q8_0");
    kangaroo::session_options so;
    so.threads = 1;
    const auto s = test::open_session(l, so);
    for (const auto mode : {decoding_mode::plain, decoding_mode::kangaroo}) {
        test::answer(*s, prompt_of(l, STORY), options_of(mode, 150)); // graphs are built
        const auto   stats = test::answer(*s, prompt_of(l, STORY), options_of(mode, 150)).stats;
        const double share = 1.0 - stats.compute_ms / stats.rounds_ms;
        std::printf("  %s: %.1f%% of a round of %.3f ms\n", mode == decoding_mode::plain ? "plain" : "kangaroo", 100.0 * share, stats.rounds_ms / static_cast<double>(stats.rounds));
        CHECK(stats.compute_ms > 0.0 && stats.compute_ms < stats.rounds_ms, "%g of %g ms", stats.compute_ms, stats.rounds_ms);
        CHECK(share < 0.25, "%.3f", share); // a bound against blunders; the figure is for benchmarks
    }
}

TEST(prefill_penalties, "the logits behind a text are those that a greedy answer with penalties compares") {
    const auto l      = test::load_starter(options, "Q8_0");
    const auto s      = test::open_session(l);
    const auto prompt = l.model->tokenize("<|user|>Tell me a story about a fox.<|end|><|assistant|>", true, true);
    kangaroo::generation_options o;
    o.mode                        = kangaroo::decoding_mode::plain;
    o.max_tokens                  = 40;
    o.sampling.repetition_penalty = 1.5f;
    o.sampling.repetition_window  = 16; // shorter than the text: what has left it is not penalised
    const auto answer = test::answer(*s, prompt, o).ids;
    const auto best   = [](const std::vector<float> & logits) { return std::max_element(logits.begin(), logits.end()) - logits.begin(); };
    int     changed = 0;
    std::vector<float> ignored;
    auto    text    = prompt;
    for (size_t i = 0; i < answer.size(); ++i) {
        CHECK(best(s->prefill(text, ignored, o.sampling)) == answer[i], "token %zu", i);
        changed += best(s->prefill(text, ignored)) != answer[i];
        text.push_back(answer[i]);
    }
    CHECK(changed > 0, "the penalties changed nothing: the test would not see whether they are there");
}

TEST(threads_kept, "a session keeps no thread that does not compute")
{
    const auto threads = [] {
        const auto tasks = std::filesystem::directory_iterator("/proc/self/task");
        return static_cast<int32_t>(std::distance(begin(tasks), end(tasks)));
    };
    if (!std::filesystem::exists("/proc/self/task")) {
        std::printf("  only Linux tells a process's threads\n");
        return;
    }
    const auto l      = test::load_starter(options, "Q8_0");
    const auto before = threads();
    for (const int32_t wanted : {0, 1, 2}) { // 0: measured, and fewer may be fastest
        kangaroo::session_options o;
        o.threads    = wanted;
        const auto s = test::open_session(l, o);
        test::answer(*s, prompt_of(l, STORY), options_of(decoding_mode::plain, 8));
        CHECK(threads() - before == s->threads() - 1, "asked for %d: %d more threads for a session that computes on %d", wanted, threads() - before, s->threads());
    }
}
