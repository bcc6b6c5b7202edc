// Bad input gives a typed error, and leaves what was good usable.
#include "error.h"
#include "fixture.h"
#include "text.h"

#include <cmath>
#include <filesystem>
#include <fstream>

#ifndef _WIN32
#include <unistd.h>
#endif

namespace {

template <typename body_fn> std::string code_of(body_fn body) {
    try {
        body();
    } catch (const kangaroo::error & e) {
        CHECK(std::string(e.what()).size() > 20, "a message must say what happened and what to do: %s", e.what());
        return e.code;
    }
    return "none";
}

std::string write(const test::options & options, const std::string & name, const std::string & content) {
    const std::string path = options.scratch + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
}

std::string bytes_of(const std::string & path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string load_code(const std::string & path) {
    return code_of([&] { kangaroo::model::load(path, 0, nullptr); });
}

#define CHECK_CODE(got, wanted)                                       \
    do {                                                              \
        const std::string code = got;                                 \
        CHECK(code == wanted, "%s instead of %s", code.c_str(), wanted); \
    } while (0)

} // namespace

TEST(bad_files, "missing, foreign, truncated and damaged files") {
    const std::string good = bytes_of(test::starter_path(options));
    CHECK_CODE(load_code(options.scratch + "/nothing-here.gguf"), "file-not-found");
    CHECK_CODE(load_code(options.scratch), "file-not-readable");
    CHECK_CODE(load_code(write(options, "empty.gguf", "")), "not-a-gguf");
    CHECK_CODE(load_code(write(options, "text.gguf", "This is no model at all.")), "not-a-gguf");
    CHECK_CODE(load_code(write(options, "magic.gguf", "GGUF")), "file-damaged");
    for (const double part : {0.001, 0.01, 0.5, 0.9999}) {
        CHECK_CODE(load_code(write(options, "cut.gguf", good.substr(0, static_cast<size_t>(good.size() * part)))), "file-damaged");
    }
    std::string header = good;
    for (size_t i = 8; i < 16; ++i) {
        header[i] = '\x7F'; // an absurd number of tensors
    }
    CHECK_CODE(load_code(write(options, "header.gguf", header)), "file-damaged");
    CHECK_CODE(load_code(test::adapter_path(options)), "invalid-argument");
    CHECK(load_code(test::starter_path(options)) == "none", "the good file does not load");
}

#ifndef _WIN32
TEST(no_permission, "a file without read permission")
{
    const std::string path = write(options, "locked.gguf", bytes_of(test::starter_path(options)));
    std::filesystem::permissions(path, std::filesystem::perms::none);
    const uid_t me = geteuid();
    if (me == 0) { // root reads everything: be nobody for a moment
        CHECK(seteuid(65534) == 0, "cannot give up root's rights");
    }
    const std::string code = load_code(path);
    if (me == 0) {
        CHECK(seteuid(0) == 0, "cannot take them back");
    }
    CHECK(code == "file-not-readable" || code == "file-not-found", "%s", code.c_str()); // the latter where the folder itself is closed
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
}
#endif

TEST(bad_adapters, "adapters of another model, truncated, or no adapters") {
    const auto  l    = test::load_starter(options, "Q8_0");
    const auto  load = [&](const std::string & path) { return code_of([&] { l.model->load_adapter(path); }); };
    std::string good = bytes_of(test::adapter_path(options));
    CHECK_CODE(load(test::starter_path(options)), "adapter-invalid");
    CHECK_CODE(load(write(options, "cut-adapter.gguf", good.substr(0, good.size() / 2))), "file-damaged");
    const size_t at = good.find(l.model->info().fingerprint);
    CHECK(at != std::string::npos, "no fingerprint in the adapter");
    good[at] = good[at] == '0' ? '1' : '0';
    CHECK_CODE(load(write(options, "other-adapter.gguf", good)), "adapter-mismatch");
    CHECK(load(test::adapter_path(options)) == "none", "the good adapter does not load");
}

TEST(bad_sessions, "context sizes, threads and cache types out of range") {
    const auto l    = test::load_starter(options, "Q8_0");
    const auto open = [&](auto change) {
        kangaroo::session_options o;
        change(o);
        return code_of([&] { test::open_session(l, o); });
    };
    CHECK_CODE(open([](auto & o) { o.context_size = -1; }), "invalid-argument");
    CHECK_CODE(open([](auto & o) { o.context_size = 2000000000; }), "invalid-argument");
    CHECK_CODE(open([](auto & o) { o.threads = -2; }), "invalid-argument");
    CHECK_CODE(open([](auto & o) { o.cache_type = "q3"; }), "invalid-argument");
    CHECK_CODE(open([](auto & o) { o.context_size = 0; }), "none");
}

TEST(bad_options, "options that are NaN or out of range, prompts that are empty, too long or foreign; the session survives") {
    const auto l = test::load_starter(options, "Q8_0");
    const auto s = test::open_session(l);
    const auto prompt = l.model->tokenize("<|user|>Hello<|end|><|assistant|>", true, true);
    const auto ask = [&](auto change, std::vector<llama_token> p = {}) {
        kangaroo::generation_options o;
        o.max_tokens = 4;
        change(o);
        return code_of([&] { s->generate(p.empty() ? prompt : p, o, {}); });
    };
    const float nan = std::nanf("");
    CHECK_CODE(ask([&](auto & o) { o.threshold = nan; }), "invalid-argument");
    CHECK_CODE(ask([&](auto & o) { o.sampling.temperature = nan; }), "invalid-argument");
    CHECK_CODE(ask([&](auto & o) { o.sampling.top_p = nan; }), "invalid-argument");
    CHECK_CODE(ask([&](auto & o) { o.sampling.min_p = 2.0f; }), "invalid-argument");
    CHECK_CODE(ask([&](auto & o) { o.sampling.repetition_penalty = 0.0f; }), "invalid-argument");
    CHECK_CODE(ask([&](auto & o) { o.max_draft = 0; }), "invalid-argument");
    CHECK_CODE(ask([&](auto & o) { o.max_draft = 17; }), "invalid-argument");
    CHECK_CODE(ask([&](auto & o) { o.max_tokens = 0; }), "invalid-argument");
    CHECK_CODE(ask([&](auto & o) { o.stop = {""}; }), "invalid-argument");
    CHECK_CODE(ask([&](auto & o) { o.stop = {"\xC3("}; }), "invalid-argument");
    CHECK_CODE(ask([](auto &) {}, std::vector<llama_token>(s->context_size(), 5)), "prompt-too-long");
    CHECK_CODE(ask([](auto &) {}, {-1}), "invalid-argument");
    CHECK_CODE(ask([](auto &) {}, {l.model->info().n_vocab}), "invalid-argument");
    CHECK_CODE(code_of([&] { s->generate({}, {}, {}); }), "invalid-argument");
    CHECK_CODE(ask([](auto &) {}), "none");

    kangaroo::session bare(l.model, nullptr, {});
    CHECK_CODE(code_of([&] { bare.generate(prompt, {}, {}); }), "no-adapter");
}

TEST(full_context, "a context that fills up ends the answer with a reason, in both modes at the same token") {
    const auto l = test::load_starter(options, "Q8_0");
    kangaroo::session_options so;
    so.context_size = 256;
    const auto s = test::open_session(l, so);
    const auto story = l.model->tokenize("<|user|>Tell me a very long story about a fox.<|end|><|assistant|>Once upon a time", true, true);
    std::vector<llama_token> prompt = story;
    while (prompt.size() < 240) {
        prompt.insert(prompt.begin() + 1, story.begin() + 1, story.end());
    }
    prompt.resize(240);
    kangaroo::generation_options o;
    o.max_tokens = 1000;
    for (const int32_t gamma : {1, 4, 8}) {
        o.max_draft = gamma;
        o.threshold = 0.0f;
        s->reset();
        o.mode = kangaroo::decoding_mode::plain;
        const auto plain = test::answer(*s, prompt, o);
        s->reset();
        o.mode = kangaroo::decoding_mode::kangaroo;
        const auto drafted = test::answer(*s, prompt, o);
        CHECK(plain.ids == drafted.ids && plain.reason == drafted.reason, "γ %d: %zu tokens, %s; %zu tokens, %s", gamma, plain.ids.size(),
            plain.reason.c_str(), drafted.ids.size(), drafted.reason.c_str());
        if (plain.reason == "context-full") {
            CHECK(prompt.size() + plain.ids.size() == static_cast<size_t>(s->context_size()) + 1, "%zu", plain.ids.size());
        }
    }
}

TEST(small_contexts, "contexts of any size: what fits is answered, what does not is refused")
{
    const auto l = test::load_starter(options, "Q8_0");
    const auto prompt = l.model->tokenize("<|user|>Hello there, how are you?<|end|><|assistant|>", true, true);
    const auto size   = static_cast<int32_t>(prompt.size());
    for (const int32_t n : {1, 2, size - 1, size, size + 1, size + 2, size + 5, 64, 255, 257, 300, 511, 513}) {
        kangaroo::session_options so;
        so.context_size = n;
        const auto s = test::open_session(l, so);
        CHECK(s->context_size() == n, "%d", s->context_size());
        kangaroo::generation_options o;
        o.max_tokens = 20;
        for (const auto mode : {kangaroo::decoding_mode::automatic, kangaroo::decoding_mode::kangaroo, kangaroo::decoding_mode::plain}) {
            o.mode = mode;
            const std::string code = code_of([&] {
                const auto r = test::answer(*s, prompt, o);
                CHECK(size + static_cast<int32_t>(r.ids.size()) <= n + 1, "%zu tokens in a context of %d", r.ids.size(), n);
            });
            CHECK(code == (n > size ? "none" : "prompt-too-long"), "context %d, mode %d: %s", n, static_cast<int>(mode), code.c_str());
        }
        CHECK_CODE(code_of([&] { test::answer(*s, std::vector<llama_token>(600, 5), o); }), "prompt-too-long");
    }
}

TEST(cancel, "cancelling ends an answer within one round, keeps what was said, and the next answer is right") {
    const auto l = test::load_starter(options, "Q8_0");
    const auto s = test::open_session(l);
    const auto prompt = l.model->tokenize("<|user|>Tell me a story about a whale.<|end|><|assistant|>", true, true);
    kangaroo::generation_options o;
    o.max_tokens = 120;
    const auto whole = test::answer(*s, prompt, o);
    for (const int stop_at : {1, 2, 7}) {
        int                         rounds = 0;
        std::string                 pieces;
        kangaroo::generation_events events;
        events.prompt = [&](const kangaroo::prompt_report & p) {
            for (const auto & piece : p.pieces) {
                pieces += piece.text;
            }
        };
        events.round = [&](const kangaroo::round_report & r) {
            for (const auto & piece : r.pieces) {
                pieces += piece.text;
            }
            if (++rounds == stop_at) {
                s->cancel();
            }
        };
        const auto cut = s->generate(prompt, o, events);
        CHECK(cut.reason == "cancelled", "%s", cut.reason.c_str());
        CHECK(rounds <= stop_at + 1, "%d rounds after cancelling at %d", rounds, stop_at);
        CHECK(std::equal(cut.ids.begin(), cut.ids.end(), whole.ids.begin()), "what was said is not the beginning of the answer");
        CHECK(cut.text == kangaroo::to_utf8(l.model->detokenize(cut.ids, false)), "the text is not that of the tokens");
        CHECK(cut.text == pieces, "the pieces are not the text");
        const auto again = test::answer(*s, prompt, o);
        CHECK(again.ids == whole.ids, "the answer after a cancelled one differs");
    }
}

TEST(stop_texts, "a stop text ends the answer before it, in both modes alike, and the cache stays right") {
    const auto l = test::load_starter(options, "Q8_0");
    const auto s = test::open_session(l);
    const auto prompt = l.model->tokenize("<|user|>Tell me a story about a fox who is afraid of the dark.<|end|><|assistant|>", true, true);
    kangaroo::generation_options o;
    o.max_tokens = 120;
    const auto whole = test::answer(*s, prompt, o);
    for (const size_t at : {whole.text.size() / 4, whole.text.size() / 2}) {
        std::string stop = whole.text.substr(at, 9);
        if (!kangaroo::is_utf8(stop)) {
            continue;
        }
        o.stop = {stop};
        o.mode = kangaroo::decoding_mode::plain;
        const auto plain = test::answer(*s, prompt, o);
        o.mode = kangaroo::decoding_mode::kangaroo;
        const auto drafted = test::answer(*s, prompt, o);
        CHECK(plain.reason == "stop-text" && drafted.reason == "stop-text", "%s %s", plain.reason.c_str(), drafted.reason.c_str());
        CHECK(plain.ids == drafted.ids && plain.text == drafted.text, "the modes differ");
        CHECK(plain.text == whole.text.substr(0, whole.text.find(stop)), "the text does not end before the stop text");
        o.stop.clear();
        CHECK(test::answer(*s, prompt, o).ids == whole.ids, "the next answer differs");
    }
}

TEST(graph_reuse, "no graph is rebuilt between rounds: only where the K/V view grows, and once per verify width") {
    const auto l = test::load_starter(options, "Q8_0");
    const auto s = test::open_session(l);
    const auto prompt = l.model->tokenize("<|user|>Tell me a story about a fox who is afraid of the dark.<|end|><|assistant|>", true, true);
    kangaroo::generation_options o;
    o.max_tokens = 180; // stays below 256 cells: one K/V view
    const auto first  = test::answer(*s, prompt, o);
    const auto second = test::answer(*s, prompt, o);
    std::printf("  first answer: %lld passes on a cached graph, %lld built; second: %lld and %lld\n", static_cast<long long>(first.stats.graphs_reused),
        static_cast<long long>(first.stats.graphs_built), static_cast<long long>(second.stats.graphs_reused), static_cast<long long>(second.stats.graphs_built));
    CHECK(first.stats.graphs_built <= 2 + 1 + o.max_draft + 1, "%lld", static_cast<long long>(first.stats.graphs_built));
    CHECK(second.stats.graphs_built <= 1, "%lld graphs built in an answer whose graphs all exist", static_cast<long long>(second.stats.graphs_built));
    CHECK(second.stats.graphs_reused >= second.stats.rounds * 2, "%lld", static_cast<long long>(second.stats.graphs_reused));
    CHECK(first.ids == second.ids, "the same prompt gives another answer");
}
