// Every architecture that drafts: verification gives the very logits of plain decoding, and answers are the same whatever is drafted,
// accepted, rejected or reused, with and without flash attention. Tiny models with random weights in Q8_0, written by the test.
#include "architectures.h"
#include "fixture.h"
#include "llama-exit.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

namespace {

using tokens = std::vector<llama_token>;

constexpr int32_t ANSWER = 24, MAX_ROWS = 8, VOCABULARY = 384;

tokens some_tokens(size_t n, uint32_t seed) {
    tokens out;
    for (uint32_t state = seed; out.size() < n;) {
        state = state * 1664525u + 1013904223u;
        out.push_back(static_cast<llama_token>((state >> 8) % (VOCABULARY - 1)));
    }
    return out;
}

tokens joined(tokens a, const tokens & b, const tokens & c = {}) {
    a.insert(a.end(), b.begin(), b.end());
    a.insert(a.end(), c.begin(), c.end());
    return a;
}

kangaroo::session_options session_options(const char * flash_attention) {
    kangaroo::session_options o;
    o.context_size    = 256;
    o.threads         = 1;
    o.flash_attention = flash_attention;
    return o;
}

test::loaded load(const test::options & options, const test::architecture & a) {
    const std::string       path = options.scratch + "/architecture.gguf", adapter_path = options.scratch + "/architecture-adapter.gguf";
    testing::random_adapter adapter = a.adapter;
    adapter.exit_layer = static_cast<int32_t>(a.model.n_layer / 2);
    testing::write_random_model(path, a.model);
    testing::write_random_adapter(adapter_path, path, adapter);
    test::loaded l;
    l.model   = kangaroo::model::load(path, test::gpu_layers(), nullptr);
    l.adapter = l.model->load_adapter(adapter_path);
    return l;
}

float deviation(const std::vector<float> & logits) {
    double sum = 0.0, squares = 0.0;
    for (const float x : logits) {
        sum += x;
        squares += x * x;
    }
    const double mean = sum / logits.size();
    return static_cast<float>(std::sqrt(squares / logits.size() - mean * mean));
}

// What rounding may do on a GPU, in standard deviations of the logits: its kernels are others for other numbers of rows. A CPU's
// give the same bits. A router's near tie decides between experts, and that is a larger step.
float tolerated_rounding(const test::architecture & a) { return test::gpu_layers() == 0 ? 0.0f : a.model.n_expert > 0 ? 2.5f : 0.25f; }

// The largest difference of any logit between single steps and 2, 5 and 8 rows of the same tokens, in standard deviations: in a
// pass of the whole network, and in verification behind drafts, the last of which share a pass of the early layers. Checks that
// choices are those of the logits.
float width_difference(const test::architecture & a, const test::loaded & l, const tokens & prompt, const tokens & answer, bool flash_attention,
                       ggml_type cache = GGML_TYPE_F16) {
    auto params            = llama_context_default_params();
    params.n_ctx           = 256;
    params.n_outputs_max   = MAX_ROWS;
    params.n_threads       = params.n_threads_batch = 1;
    params.swa_full        = true;
    params.type_k = params.type_v = cache;
    params.flash_attn_type = flash_attention ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
    const std::unique_ptr<llama_context, void (*)(llama_context *)> ctx(llama_init_from_model(l.model->get(), params), llama_free);
    llama_exit exit(*ctx, &l.adapter->weights(), MAX_ROWS);
    auto pos = static_cast<llama_pos>(prompt.size());
    CHECK(exit.decode(prompt.data(), pos, 0, true) == 0, "the prompt failed");

    float most = 0.0f;
    const auto logits = [&](int32_t row) {
        const float * at = llama_get_logits_ith(ctx.get(), row);
        return std::vector<float>(at, at + VOCABULARY);
    };
    const llama_token * next = answer.data();
    for (int32_t rows = 2; answer.data() + answer.size() - next >= rows; rows = rows == 2 ? 5 : rows == 5 ? 8 : 2) {
        std::vector<std::vector<float>> alone;
        for (int32_t i = 0; i < rows; ++i) {
            CHECK(exit.verify_whole(next + i, 1, pos + i, true) == 0, "a plain step failed");
            alone.push_back(logits(0));
        }
        const auto compare = [&] {
            for (int32_t i = 0; i < rows; ++i) {
                const auto row = logits(i);
                const float unit = deviation(alone[i]);
                for (int32_t t = 0; t < VOCABULARY; ++t) {
                    most = std::max(most, std::abs(row[t] - alone[i][t]) / unit);
                }
            }
        };
        const auto whole = [&] {
            exit.keep(pos);
            CHECK(exit.verify_whole(next, rows, pos, true) == 0, "a pass of %d rows failed", rows);
        };
        const auto round = [&] {
            exit.keep(pos);
            llama_exit_draft ignored;
            bool             recomputed = false, failed = false;
            const int32_t    drafted = rows - std::max(1, rows / 3);
            for (int32_t i = 0; i < drafted; ++i) {
                failed |= exit.draft(next[i], pos + i, i, ignored, false) != 0;
            }
            failed |= exit.states(next + drafted, rows - drafted, pos + drafted, drafted) != 0;
            failed |= exit.verify(next, rows, pos, recomputed) != 0;
            CHECK(!failed && !recomputed, "a round of %d rows failed", rows);
        };
        for (const auto & pass : {std::function<void()>(whole), std::function<void()>(round)}) {
            pass();
            compare();
            exit.want_choices(true);
            pass();
            for (int32_t i = 0; i < rows; ++i) {
                const auto best = std::max_element(alone[i].begin(), alone[i].end()) - alone[i].begin();
                const auto chosen = exit.choice(i);
                const bool tied = alone[i][best] - alone[i][chosen] < 2 * tolerated_rounding(a) * deviation(alone[i]);
                CHECK(chosen == best || tied, "row %d of %d: %d was chosen, not %d", i, rows, chosen, static_cast<int>(best));
            }
            exit.want_choices(false);
        }
        pos += rows;
        next += rows;
    }
    return most;
}

// One turn of a conversation in which prompts grow, diverge and shrink, so that the cache is reused and rolled back.
struct turn {
    const char *          name;
    int32_t               max_draft;
    float                 right; // the part of drafts that are made right; the others are made wrong. -1: the adapter's own
    std::function<tokens(const tokens & last_prompt, const tokens & last_answer)> prompt;
    int32_t               cached;
};

std::vector<turn> conversation() {
    const tokens first = some_tokens(80, 1), more = some_tokens(9, 2), other = some_tokens(20, 3);
    const auto   go_on = [=](const tokens & p, const tokens & a) { return joined(p, a, more); };
    return {
        {"the adapter's drafts", 3, -1.0f, [=](const tokens &, const tokens &) { return first; }, 0},
        {"a second turn, right drafts", 4, 1.0f, go_on, 80 + ANSWER - 1},
        {"another prompt from token 50 on, wrong drafts", 5, 0.0f, [=](const tokens &, const tokens &) { return joined(tokens(first.begin(), first.begin() + 50), other); }, 50},
        {"a shorter prompt, mixed drafts", 6, 0.7f, [=](const tokens &, const tokens &) { return tokens(first.begin(), first.begin() + 60); }, 50},
        {"its second turn, mixed drafts", 7, 0.7f, go_on, 60 + ANSWER - 1},
    };
}

// By how much `answer`'s token beats the one of `other` where the two part, in standard deviations of the logits that the session
// gives there; 0 where they do not part.
float gap(kangaroo::session & session, const tokens & prompt, const tokens & answer, const tokens & other) {
    const auto fork = std::mismatch(answer.begin(), answer.end(), other.begin(), other.end());
    if (fork.first == answer.end() || fork.second == other.end()) {
        return 0.0f;
    }
    session.reset();
    std::vector<float> ignored;
    const auto logits = session.prefill(joined(prompt, tokens(answer.begin(), fork.first)), ignored);
    return std::abs(logits[*fork.second] - logits[*fork.first]) / deviation(logits);
}

// How far a fresh session is from giving `answer` to `prompt`.
float reuse_gap(const test::loaded & l, const kangaroo::session_options & options, const tokens & prompt, const tokens & answer) {
    const auto                   session = test::open_session(l, options);
    kangaroo::generation_options o;
    o.max_tokens = ANSWER;
    o.mode       = kangaroo::decoding_mode::plain;
    return gap(*session, prompt, answer, test::answer(*session, prompt, o).ids);
}

// A prompt read at once and the same tokens decoded one by one leave other bits in the cache: their kernels round differently. That
// is so in llama.cpp's plain decoding, too, and mostly with flash attention. So a fresh session may part from one that reused
// its cache, at near ties; where a router's near tie decides between experts the step is larger.
float tolerated_reuse_gap(const test::architecture & a, bool flash_attention) {
    if (test::gpu_layers() != 0) {
        return a.model.n_expert > 0 ? INFINITY : 0.3f; // every kernel rounds differently there, so routers meet near ties more often
    }
    return a.model.n_expert > 0 ? (flash_attention ? 2.5f : 0.5f) : flash_attention ? 0.3f : 0.05f;
}

struct outcome {
    float   difference  = 0.0f; // of logits
    float   drafted_gap = 0.0f; // where an answer with drafts parts from the plain one
    float   reuse_gap   = 0.0f;
    int     turns = 0, same = 0;
    size_t  distinct = 0;
    int64_t drafted = 0, accepted = 0;
};

outcome compare(const test::architecture & a, const test::loaded & l, bool flash_attention) {
    const char * label   = a.label.c_str();
    const auto   options = session_options(flash_attention ? "on" : "off");
    test::loaded plain_only = {l.model, nullptr};
    const auto   plain      = test::open_session(plain_only, options);
    const auto   drafting   = test::open_session(l, options);

    outcome               out;
    std::set<llama_token> seen;
    tokens                prompt, answer;
    for (const turn & t : conversation()) {
        prompt = t.prompt(prompt, answer);
        kangaroo::generation_options o;
        o.max_tokens = ANSWER;
        o.threshold  = 0.0f;
        o.max_draft  = t.max_draft;
        o.mode       = kangaroo::decoding_mode::plain;
        const auto want = test::answer(*plain, prompt, o);

        drafting->forge_drafts([&](int32_t index, llama_exit_draft & draft) {
            const size_t at = index - prompt.size();
            if (t.right >= 0.0f && at < want.ids.size()) {
                const bool right = (index * 37 % 100) < 100 * t.right;
                draft.id         = right ? want.ids[at] : (want.ids[at] + 1) % (VOCABULARY - 1);
            }
        });
        o.mode = kangaroo::decoding_mode::kangaroo;
        const auto got = test::answer(*drafting, prompt, o);

        ++out.turns;
        out.same += want.ids == got.ids && want.text == got.text && want.reason == got.reason;
        out.drafted += got.stats.drafted;
        out.accepted += got.stats.accepted;
        if (want.ids != got.ids) { // "right" drafts are wrong behind that, and the cache of the next turn is another
            const auto fresh = test::open_session(plain_only, options);
            out.drafted_gap  = std::max(out.drafted_gap, gap(*fresh, prompt, want.ids, got.ids));
        }
        CHECK(want.ids.size() == ANSWER, "%s, %s: the plain answer ends after %zu tokens", label, t.name, want.ids.size());
        CHECK(got.stats.recomputed_rounds == 0, "%s, %s: %lld rounds were computed again", label, t.name, static_cast<long long>(got.stats.recomputed_rounds));
        CHECK(want.stats.cached_tokens == t.cached && (got.stats.cached_tokens == t.cached || out.drafted_gap > 0.0f), "%s, %s: of %d cached tokens plain decoding used %d, drafting %d", label,
            t.name, t.cached, want.stats.cached_tokens, got.stats.cached_tokens);
        CHECK(t.right != 1.0f || got.stats.accepted >= ANSWER / 2 || out.drafted_gap > 0.0f, "%s, %s: only %lld accepted", label, t.name, static_cast<long long>(got.stats.accepted));
        CHECK(t.right != 0.0f || got.stats.accepted == 0, "%s, %s: %lld accepted", label, t.name, static_cast<long long>(got.stats.accepted));
        seen.insert(want.ids.begin(), want.ids.end());
        answer = want.ids;

        if (t.cached > 0) {
            out.reuse_gap = std::max(out.reuse_gap, reuse_gap(plain_only, options, prompt, want.ids));
        }
    }
    out.distinct   = seen.size();
    out.difference = width_difference(a, l, some_tokens(80, 1), some_tokens(2 + 5 + 8, 9), flash_attention);
    return out;
}

} // namespace

TEST(architectures, "architectures: logits of verification and answers as in plain decoding, bit for bit, in Q8_0") {
    std::printf("  | architecture | with flash attention | without | what is special |\n  |---|---|---|---|\n");
    const char * only = std::getenv("KANGAROO_ARCHITECTURES"); // a part of their labels: all of them take hours under sanitizers
    for (const auto & a : test::drafting_architectures()) {
        if (only && a.label.find(only) == std::string::npos) {
            continue;
        }
        try {
            const auto  l = load(options, a);
            std::string row;
            for (const bool flash_attention : {true, false}) {
                const outcome o    = compare(a, l, flash_attention);
                const bool    same = o.same == o.turns && o.difference == 0.0f;
                const bool    rounded = test::gpu_layers() != 0 && o.difference <= tolerated_rounding(a) && o.drafted_gap <= tolerated_reuse_gap(a, flash_attention);
                CHECK(same || rounded, "%s, flash attention %d: %d of %d answers the same, logits differ by up to %g deviations, answers part at %g", a.label.c_str(),
                    flash_attention, o.same, o.turns, o.difference, o.drafted_gap);
                CHECK(o.distinct >= 12, "%s: only %zu different tokens, which says nothing", a.label.c_str(), o.distinct);
                CHECK(o.reuse_gap <= tolerated_reuse_gap(a, flash_attention), "%s, flash attention %d: a fresh session parts by %g deviations", a.label.c_str(), flash_attention, o.reuse_gap);
                const std::string figures = std::to_string(o.same) + " of " + std::to_string(o.turns) + ", logits " + std::to_string(o.difference);
                row += " " + (same ? "identical" : rounded ? figures : "DIFFERS") + " |";
            }
            std::printf("  | %s |%s %s |\n", a.label.c_str(), row.c_str(), a.notes.c_str());
        } catch (const std::exception & e) {
            CHECK(false, "%s: %s", a.label.c_str(), e.what());
        }
        std::fflush(stdout);
    }
}

TEST(wide_architectures, "architectures: wide models, whose sums would show any other order, give the same bits in every width") {
    for (auto a : test::drafting_architectures()) {
        if (a.label != "llama, tied head" && a.label != "qwen3moe" && a.label != "gpt-oss" && a.label != "deepseek2, MLA") {
            continue;
        }
        a.model.n_embd   = 512;
        a.model.n_ff     = 1024;
        a.model.n_layer  = 8;
        a.model.n_expert = a.model.n_expert > 0 ? 32 : 0;
        for (const ggml_type type : {GGML_TYPE_Q8_0, GGML_TYPE_Q4_0}) {
            a.model.type = type;
            const auto l = load(options, a);
            for (const bool flash_attention : {true, false}) {
                const float difference = width_difference(a, l, some_tokens(80, 1), some_tokens(60, 9), flash_attention);
                CHECK(difference == 0.0f, "%s, %s, flash attention %d: logits differ by up to %g deviations", a.label.c_str(), ggml_type_name(type), flash_attention, difference);
            }
            if (a.label != "deepseek2, MLA") { // its V is a part of K, which llama.cpp does not quantise
                const float difference = width_difference(a, l, some_tokens(80, 1), some_tokens(60, 9), true, GGML_TYPE_Q8_0);
                CHECK(difference == 0.0f, "%s, %s, K/V in Q8_0: logits differ by up to %g deviations", a.label.c_str(), ggml_type_name(type), difference);
            }
        }
    }
}
