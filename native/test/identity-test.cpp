// Lossless means lossless: greedy Kangaroo gives the tokens of greedy plain decoding, whatever γ, η, the prompt's length
// and the turn. For quantised weights on the CPU there is no tolerance.
#include "fixture.h"
#include "row-kernels.h"

#include "nlohmann/json.hpp"

#include <fstream>

using nlohmann::json;

namespace {

std::vector<std::vector<llama_token>> prompts_of(const test::options & options, size_t stride) {
    std::vector<std::vector<llama_token>> out;
    std::ifstream file(options.root + "/native/test/golden/simple.jsonl");
    size_t i = 0;
    for (std::string line; std::getline(file, line); ++i) {
        if (i % stride == 0) {
            out.push_back(json::parse(line)["promptIds"].get<std::vector<llama_token>>());
        }
    }
    return out;
}

// A prompt of exactly n tokens: stories that the model knows how to go on with.
std::vector<llama_token> prompt_of_length(const kangaroo::model & model, size_t n) {
    std::string text;
    while (text.size() < n * 8) {
        text += "Once upon a time a small fox lived at the edge of a quiet wood, and every evening it asked the moon for a story. ";
    }
    auto ids = model.tokenize("<|user|>" + text, true, true);
    ids.resize(n);
    return ids;
}

struct tally {
    int answers = 0, tokens = 0, different = 0;
    int64_t recomputed = 0, drafted = 0, accepted = 0;
};

// One turn, then a second one that goes on from the first answer: both modes in sessions of their own.
void compare_two_turns(const test::loaded & l, kangaroo::session & plain, kangaroo::session & drafting, const std::vector<llama_token> & prompt,
    kangaroo::generation_options o, tally & t) {
    const auto mode = o.mode;
    std::vector<llama_token> history = prompt;
    plain.reset();
    drafting.reset();
    for (int turn = 0; turn < 2; ++turn) {
        o.mode = kangaroo::decoding_mode::plain;
        const auto want = test::answer(plain, history, o);
        o.mode = mode;
        const auto got = test::answer(drafting, history, o);
        ++t.answers;
        t.tokens += static_cast<int>(want.ids.size());
        t.different += want.ids != got.ids || want.text != got.text || want.reason != got.reason;
        t.recomputed += got.stats.recomputed_rounds;
        t.drafted += got.stats.drafted;
        t.accepted += got.stats.accepted;
        if (turn == 1) {
            CHECK(got.stats.cached_tokens == want.stats.cached_tokens && got.stats.cached_tokens >= static_cast<int>(prompt.size()),
                "the second turn read %d of %d tokens again", got.stats.prompt_tokens - got.stats.cached_tokens, got.stats.prompt_tokens);
        }
        history.insert(history.end(), want.ids.begin(), want.ids.end());
        const auto more = l.model->tokenize("<|user|>And then?<|end|><|assistant|>", false, true);
        history.insert(history.end(), more.begin(), more.end());
    }
}

tally compare_all(const test::options & options, const std::string & type, const kangaroo::session_options & so, bool every_gamma,
    kangaroo::decoding_mode mode = kangaroo::decoding_mode::kangaroo) {
    const auto l        = test::load_starter(options, type);
    const auto plain    = test::open_session(l, so);
    const auto drafting = test::open_session(l, so);
    drafting->toss(5); // matters to the automatic mode only: there any decision must be lossless, not only good ones
    tally      t;
    kangaroo::generation_options o;
    o.max_tokens = 40;
    o.mode       = mode;
    const auto short_prompts = prompts_of(options, 12);
    for (const float eta : {0.0f, 0.3f, 0.6f, 0.9f}) {
        o.threshold = eta;
        for (int32_t gamma = 1; gamma <= 8; gamma += every_gamma ? 1 : 3) {
            o.max_draft = gamma;
            for (const auto & p : short_prompts) {
                compare_two_turns(l, *plain, *drafting, p, o, t);
            }
        }
    }
    o.threshold = 0.3f;
    for (const size_t n : {1, 2, 3, 17, 64, 200, 255, 256, 257, 440, 511, 512, 513, 700}) {
        for (const int32_t gamma : {1, 3, 6, 8}) {
            o.max_draft = gamma;
            compare_two_turns(l, *plain, *drafting, prompt_of_length(*l.model, n), o, t);
        }
    }
    std::printf("  %s, flash attention %s, K/V %s: %d answers, %d tokens, %d different; %lld of %lld drafts accepted\n", type.c_str(),
        so.flash_attention.c_str(), so.cache_type.c_str(), t.answers, t.tokens, t.different, static_cast<long long>(t.accepted), static_cast<long long>(t.drafted));
    CHECK(t.recomputed == 0, "%lld rounds were computed again", static_cast<long long>(t.recomputed));
    CHECK(t.accepted > 0, "nothing was accepted: the test says nothing");
    return t;
}

} // namespace

TEST(identity_q8, "greedy identity, Q8_0: every γ and η, prompts of 1 to 700 tokens, two turns") {
    CHECK(compare_all(options, "Q8_0", {}, true).different == 0, "not lossless");
}

TEST(identity_q4, "greedy identity, Q4_0: every γ and η, prompts of 1 to 700 tokens, two turns") {
    CHECK(compare_all(options, "Q4_0", {}, true).different == 0, "not lossless");
}

// Mixed from Q4_K and Q6_K, what most people run. ggml's own products round these differently by width on x86.
TEST(identity_q4_k_m, "greedy identity, Q4_K_M: on x86, where our products multiply")
{
    const tally t = compare_all(options, "Q4_K_M", {}, false);
    CHECK(available_row_kernels().empty() || t.different == 0, "not lossless");
}

TEST(identity_q5_k_m, "greedy identity, Q5_K_M: on x86, where our products multiply")
{
    const tally t = compare_all(options, "Q5_K_M", {}, false);
    CHECK(available_row_kernels().empty() || t.different == 0, "not lossless");
}

TEST(identity_q6_k, "greedy identity, Q6_K: on x86, where our products multiply")
{
    const tally t = compare_all(options, "Q6_K", {}, false);
    CHECK(available_row_kernels().empty() || t.different == 0, "not lossless");
}

// With our kernels a prompt is read to the same bits as the same tokens one by one: a chat that is opened again, or that another
// session goes on with, gets the same answer.
TEST(identity_fresh, "a fresh session reads a conversation to what decoding left: the same second answers, on x86")
{
    for (const char * type : {"Q8_0", "Q4_0", "Q4_K_M", "Q5_K_M", "Q6_K"}) {
        const auto l       = test::load_starter(options, type);
        const auto goes_on = test::open_session(l);
        int        answers = 0, different = 0;
        for (const auto & prompt : prompts_of(options, 3)) {
            kangaroo::generation_options o;
            o.mode       = kangaroo::decoding_mode::plain;
            o.max_tokens = 60;
            goes_on->reset();
            auto       history = prompt;
            const auto first   = test::answer(*goes_on, history, o);
            history.insert(history.end(), first.ids.begin(), first.ids.end());
            const auto more = l.model->tokenize("<|user|>And then?<|end|><|assistant|>", false, true);
            history.insert(history.end(), more.begin(), more.end());
            const auto want  = test::answer(*goes_on, history, o);
            const auto fresh = test::open_session(l);
            const auto got   = test::answer(*fresh, history, o);
            CHECK(want.stats.cached_tokens > 0 && got.stats.cached_tokens == 0, "the sessions are not what they are meant to be");
            ++answers;
            different += want.ids != got.ids;
        }
        std::printf("  %s: %d answers, %d different\n", type, answers, different);
        CHECK(available_row_kernels().empty() || different == 0, "%s", type);
    }
}

TEST(identity_q8_kv, "greedy identity, Q8_0 weights and Q8_0 K/V") {
    kangaroo::session_options so;
    so.cache_type = "q8_0";
    CHECK(compare_all(options, "Q8_0", so, false).different == 0, "not lossless");
}

TEST(identity_q8_one_thread, "greedy identity, Q8_0, one thread") {
    kangaroo::session_options so;
    so.threads = 1;
    CHECK(compare_all(options, "Q8_0", so, false).different == 0, "not lossless");
}

TEST(identity_auto, "greedy identity, Q8_0, automatic drafting with random decisions: pauses and drafts that are not verified change nothing")
{
    CHECK(compare_all(options, "Q8_0", {}, false, kangaroo::decoding_mode::automatic).different == 0, "not lossless");
}

TEST(identity_f32, "greedy identity, F32: equal but for near ties") {
    const tally t = compare_all(options, "F32", {}, false);
    CHECK(t.different * 20 <= t.answers, "%d of %d answers differ", t.different, t.answers);
}
