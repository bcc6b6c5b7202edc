// Drafting behind plain decoding: the adapter catches up, and the base's cache is not touched.
#include "fixture.h"
#include "llama-exit.h"

#include <algorithm>
#include <cmath>

using kangaroo::decoding_mode;

TEST(follow_bits, "the adapter's cache is made up later: the base's keeps every bit, drafts are as if it had always been there")
{
    constexpr int32_t PROMPT = 90, ROWS = 4;
    const auto        l = test::load_starter(options, "Q8_0");
    for (const bool flash_attention : {true, false}) {
        for (const ggml_type cache : {GGML_TYPE_F16, GGML_TYPE_Q8_0}) {
            if (cache == GGML_TYPE_Q8_0 && !flash_attention) {
                continue; // llama.cpp has none
            }
            auto params            = llama_context_default_params();
            params.n_ctx           = 512;
            params.n_ubatch        = 64; // the prompt in two parts
            params.n_outputs_max   = ROWS;
            params.n_threads       = params.n_threads_batch = 1;
            params.type_k = params.type_v = cache;
            params.flash_attn_type = flash_attention ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
            const std::unique_ptr<llama_context, void (*)(llama_context *)> late_ctx(llama_init_from_model(l.model->get(), params), llama_free);
            const std::unique_ptr<llama_context, void (*)(llama_context *)> always_ctx(llama_init_from_model(l.model->get(), params), llama_free);
            llama_exit late(*late_ctx, &l.adapter->weights(), ROWS), always(*always_ctx, &l.adapter->weights(), ROWS);
            const auto n_vocab = l.model->info().n_vocab;
            const auto logits  = [&] {
                const float * at = llama_get_logits_ith(late_ctx.get(), 0);
                return std::vector<float>(at, at + n_vocab);
            };

            auto tokens = l.model->tokenize("<|user|>Tell me about the sea, and the boats, and the old man who lives by the shore with a dog, a cat and a"
                " parrot. What do they eat? Who mends the nets? Why does the dog bark at the moon, and what does the parrot say to it each night?<|end|><|assistant|>", true, true);
            tokens.resize(PROMPT, 300);
            CHECK(late.decode(tokens.data(), PROMPT, 0, false) == 0 && always.decode(tokens.data(), PROMPT, 0, true) == 0, "the prompt failed");
            std::vector<float> before;
            for (int32_t i = 0; i < 100; ++i) { // an answer, token by token; more than wait for the adapter at a time
                const auto last = static_cast<llama_pos>(tokens.size());
                tokens.push_back(i == 0 ? 310 : static_cast<llama_token>(std::max_element(before.begin(), before.end()) - before.begin()));
                CHECK(late.verify_whole(&tokens.back(), 1, last, false) == 0 && always.verify_whole(&tokens.back(), 1, last, true) == 0, "a step failed");
                before = logits();
                if (i % 10 == 5) { // copies that were rejected
                    const llama_token wrong[] = {7, 8, 9};
                    CHECK(always.verify_whole(wrong, 3, last + 1, true) == 0, "a pass failed");
                    always.keep(last + 1);
                }
            }

            const auto n     = static_cast<int32_t>(tokens.size()) - 1; // the last token is decoded again below
            bool       moved = false;
            late.keep(n);
            CHECK(late.follow(tokens.data(), 50, 0, moved) == 0 && !moved, "catching up failed"); // in two parts, too
            CHECK(late.follow(tokens.data() + 50, n - 50, 50, moved) == 0 && !moved, "catching up failed");
            CHECK(late.verify_whole(&tokens.back(), 1, n, true) == 0, "a step failed");
            CHECK(logits() == before, "the base's cache has changed (flash attention %d, K/V %s)", flash_attention, ggml_type_name(cache));

            llama_exit_draft drafted_late, drafted_always;
            const llama_token next = static_cast<llama_token>(std::max_element(before.begin(), before.end()) - before.begin());
            CHECK(late.draft(next, n + 1, 0, drafted_late, true) == 0 && always.draft(next, n + 1, 0, drafted_always, true) == 0, "a draft failed");
            float difference = 0.0f, spread = 0.0f;
            for (size_t i = 0; i < late.draft_logits().size(); ++i) {
                difference = std::max(difference, std::abs(late.draft_logits()[i] - always.draft_logits()[i]));
                spread     = std::max(spread, std::abs(always.draft_logits()[i]));
            }
            CHECK(difference < 0.02f * spread, "drafts differ by %g of %g", difference, spread);
            std::printf("  flash attention %d, K/V %s: draft logits within %g of %g\n", flash_attention, ggml_type_name(cache), difference, spread);
        }
    }
}

TEST(follow_modes, "turns in changing modes: the tokens of a conversation that is plain throughout, nothing is read twice")
{
    for (const char * type : {"Q8_0", "Q4_0"}) {
        const auto l     = test::load_starter(options, type);
        const auto plain = test::open_session(l), changing = test::open_session(l);
        changing->toss(5);
        const decoding_mode modes[] = {decoding_mode::plain, decoding_mode::kangaroo, decoding_mode::plain, decoding_mode::plain, decoding_mode::automatic, decoding_mode::kangaroo};
        int64_t             drafted = 0, late = 0;
        for (const char * text : {"Tell me a story about a fox who is afraid of the dark.", "How do I bake bread?", "What is rain?", "Explain how a boat floats.", "Write a letter to a friend.", "Hello! Who are you?"}) {
            auto history = l.model->tokenize("<|user|>" + std::string(text) + "<|end|><|assistant|>", true, true);
            for (const decoding_mode mode : modes) {
                kangaroo::generation_options o;
                o.max_tokens    = 60;
                o.mode          = decoding_mode::plain;
                const auto want = test::answer(*plain, history, o);
                o.mode          = mode;
                const auto got  = test::answer(*changing, history, o);
                CHECK(got.ids == want.ids, "%s: another answer to: %s", type, text);
                CHECK(got.stats.cached_tokens == want.stats.cached_tokens, "%s: %d tokens were cached, and %d in plain decoding", type, got.stats.cached_tokens, want.stats.cached_tokens);
                drafted += got.stats.drafted;
                late += mode == decoding_mode::kangaroo ? got.stats.accepted : 0; // after a turn that another mode decoded
                history.insert(history.end(), want.ids.begin(), want.ids.end());
                const auto more = l.model->tokenize("<|end|><|user|>Go on.<|end|><|assistant|>", false, true);
                history.insert(history.end(), more.begin(), more.end());
            }
        }
        std::printf("  %s: %lld drafts, %lld of them accepted right after plain turns\n", type, static_cast<long long>(drafted), static_cast<long long>(late));
        CHECK(drafted > 100 && late > 40, "hardly anything was drafted: the test says nothing");
    }
}

TEST(parts_before_a_shift, "a conversation that parts before a context shift is as good as a fresh one, and can be kept again")
{
    const auto                 l = test::load_starter(options, "Q8_0");
    kangaroo::session_options  small;
    small.context_size = 160;
    const auto used = test::open_session(l, small), fresh = test::open_session(l, small);
    const auto prompt_of = [&](const char * text) { return l.model->tokenize("<|user|>" + std::string(text) + "<|end|><|assistant|>", true, true); };
    const std::string path = options.scratch + "/parts.state";

    kangaroo::generation_options o;
    o.mode          = decoding_mode::kangaroo;
    o.context_shift = true;
    o.keep_tokens   = 2;
    o.max_tokens    = 300;
    const auto shifted = test::answer(*used, prompt_of("Tell me a story about a fox who is afraid of the dark."), o);
    CHECK(shifted.stats.context_shifts > 0, "nothing was shifted: the test says nothing");
    CHECK(used->save(path) == 0, "a shifted cache was kept");

    const auto prompt = prompt_of("How do I bake bread?");
    o.max_tokens = 60;
    o.mode       = decoding_mode::plain;
    const auto want = test::answer(*fresh, prompt, o);
    o.mode       = decoding_mode::kangaroo;
    const auto got = test::answer(*used, prompt, o);
    CHECK(got.ids == want.ids && got.stats.cached_tokens >= 1 && got.stats.cached_tokens <= 2, "another answer, or %d cached tokens", got.stats.cached_tokens);
    CHECK(got.stats.drafted > 0 && got.stats.recomputed_rounds == 0, "%lld drafts, %lld rounds computed again", static_cast<long long>(got.stats.drafted),
        static_cast<long long>(got.stats.recomputed_rounds));
    CHECK(used->save(path) > 0, "the cache could not be kept");
}
