// What cannot draft says so when the adapter is attached, and decodes plainly; what cannot generate text is not loaded at all.
#include "architectures.h"
#include "error.h"
#include "fixture.h"

#include <stdexcept>

namespace {

using tokens = std::vector<llama_token>;

const tokens PROMPT = {70, 301, 12, 99, 280, 33, 310, 64, 18, 5, 333, 271};

kangaroo::session_options small_context() {
    kangaroo::session_options o;
    o.context_size = 256;
    o.threads      = 1;
    return o;
}

template <typename body_fn> std::pair<std::string, std::string> error_of(body_fn body) {
    try {
        body();
    } catch (const kangaroo::error & e) {
        return {e.code, e.what()};
    }
    return {"none", ""};
}

struct paths {
    std::string model, adapter;

    explicit paths(const test::options & o) : model(o.scratch + "/unsupported.gguf"), adapter(o.scratch + "/unsupported-adapter.gguf") {}
};

} // namespace

TEST(refused_architectures, "refusals: architectures that cannot draft refuse an adapter with their reason, and decode plainly") {
    const paths file(options);
    for (const auto & a : test::refused_architectures()) {
        const char * label = a.label.c_str();
        testing::write_random_model(file.model, a.model);
        testing::write_random_adapter(file.adapter, file.model, a.adapter);
        test::loaded l;
        l.model   = kangaroo::model::load(file.model, 0, nullptr);
        l.adapter = l.model->load_adapter(file.adapter);
        const auto [code, why] = error_of([&] { test::open_session(l, small_context()); });
        CHECK(code == "unsupported-architecture" && why.find(a.notes) != std::string::npos, "%s: %s: %s", label, code.c_str(), why.c_str());
        const size_t colon = why.find(": ");
        std::printf("  | %s | %s |\n", label, colon == std::string::npos ? why.c_str() : why.substr(colon + 2, why.find(". It can") - colon - 2).c_str());
        std::fflush(stdout);

        l.adapter    = nullptr;
        const auto s = test::open_session(l, small_context());
        kangaroo::generation_options o;
        o.mode       = kangaroo::decoding_mode::plain;
        o.max_tokens = 12;
        const auto first  = test::answer(*s, PROMPT, o);
        tokens     longer = PROMPT;
        longer.insert(longer.end(), first.ids.begin(), first.ids.end());
        const auto second = test::answer(*s, longer, o);
        CHECK(first.ids.size() == 12 && second.ids.size() == 12, "%s: %zu and %zu tokens", label, first.ids.size(), second.ids.size());
        CHECK(second.stats.cached_tokens == static_cast<int32_t>(longer.size()) - 1, "%s: the second turn read %d tokens again", label,
            second.stats.prompt_tokens - second.stats.cached_tokens);
        CHECK(test::answer(*s, PROMPT, o).ids == first.ids, "%s: the first prompt again gives another answer", label);
        CHECK(!s->measure(4, 3, 32, 100.0).verify.empty(), "%s: plain passes are not measured", label);
        o.mode = kangaroo::decoding_mode::automatic; // copies from the text need a memory that forgets a rejected one
        CHECK(test::answer(*s, PROMPT, o).ids == first.ids, "%s: automatic decoding gives another answer", label);
    }
}

TEST(no_generation, "refusals: encoders, encoder-decoders and diffusion models are not loaded, and the message says why")
{
    const paths file(options);
    for (const char * architecture : {"t5", "bert", "llada", "dream"}) {
        testing::random_model m;
        m.architecture = architecture;
        m.name         = "random";
        m.keys         = {{"attention.relative_buckets_count", uint32_t{8}}, {"/tokenizer.ggml.token_type_count", uint32_t{2}}, {"attention.causal", false}};
        testing::write_random_model(file.model, m);
        const auto [code, why] = error_of([&] { kangaroo::model::load(file.model, 0, nullptr); });
        CHECK(code == "unsupported-architecture" && why.find("not a text generation model") != std::string::npos, "%s: %s: %s", architecture, code.c_str(), why.c_str());
    }
}

TEST(exit_layers, "refusals: every inner layer can be the exit; the first, the last and what lies outside cannot")
{
    const paths file(options);
    testing::random_model m;
    m.name = "random";
    testing::write_random_model(file.model, m);
    test::loaded l;
    l.model = kangaroo::model::load(file.model, 0, nullptr);
    tokens plain;
    for (const int32_t layer : {-1, 0, 1, 2, 3, 4, 5}) {
        testing::random_adapter a;
        a.exit_layer = layer;
        testing::write_random_adapter(file.adapter, file.model, a);
        const std::string code = error_of([&] {
            l.adapter    = l.model->load_adapter(file.adapter);
            const auto s = test::open_session(l, small_context());
            kangaroo::generation_options o;
            o.max_tokens = 30;
            o.threshold  = 0.0f;
            o.mode       = kangaroo::decoding_mode::plain;
            plain        = test::answer(*s, PROMPT, o).ids;
            o.mode       = kangaroo::decoding_mode::kangaroo;
            CHECK(test::answer(*s, PROMPT, o).ids == plain, "exit layer %d: another answer", layer);
        }).first;
        const std::string wanted = layer < 1 ? "adapter-invalid" : layer < 4 ? "none" : "adapter-mismatch";
        CHECK(code == wanted, "exit layer %d: %s instead of %s", layer, code.c_str(), wanted.c_str());
    }
}

TEST(adapter_shapes, "refusals: adapters with other heads than their base work; those that rotate more than the base can do not")
{
    const paths file(options);
    testing::random_model m; // heads of 16 dimensions, RoPE factors for all of them
    m.name = "random";
    testing::write_random_model(file.model, m);
    test::loaded l;
    l.model = kangaroo::model::load(file.model, 0, nullptr);
    const struct { uint32_t n_head, n_head_kv, n_embd_head, n_rot; const char * code; } shapes[] = {
        {4, 2, 16, 16, "none"}, {4, 4, 16, 8, "none"}, {1, 1, 64, 16, "none"}, {8, 2, 8, 8, "none"}, {2, 1, 48, 16, "none"},
        {2, 1, 32, 32, "unsupported-architecture"}, {4, 3, 16, 16, "adapter-invalid"}, {4, 2, 16, 15, "adapter-invalid"}, {4, 2, 16, 18, "adapter-invalid"},
    };
    for (const auto & s : shapes) {
        testing::random_adapter a;
        a.n_head      = s.n_head;
        a.n_head_kv   = s.n_head_kv;
        a.n_embd_head = s.n_embd_head;
        a.n_rot       = s.n_rot;
        testing::write_random_adapter(file.adapter, file.model, a);
        const auto [code, why] = error_of([&] {
            l.adapter          = l.model->load_adapter(file.adapter);
            const auto session = test::open_session(l, small_context());
            kangaroo::generation_options o;
            o.max_tokens = 30;
            o.threshold  = 0.0f;
            o.mode       = kangaroo::decoding_mode::plain;
            const auto plain = test::answer(*session, PROMPT, o).ids;
            o.mode           = kangaroo::decoding_mode::kangaroo;
            CHECK(test::answer(*session, PROMPT, o).ids == plain, "%u heads of %u: another answer", s.n_head, s.n_embd_head);
        });
        CHECK(code == s.code, "%u heads of %u, %u rotated: %s instead of %s: %s", s.n_head, s.n_embd_head, s.n_rot, code.c_str(), s.code, why.c_str());
    }
}

TEST(narrow_heads, "refusals: a draft vocabulary narrows heads with scales and soft caps; those with a bias refuse it")
{
    const paths file(options);
    for (const auto & base : test::drafting_architectures()) {
        const bool bias = base.label == "phi2";
        if (!bias && base.label != "gemma2" && base.label != "granite" && base.label != "command-r" && base.label != "llama, tied head") {
            continue;
        }
        const char * label = base.label.c_str();
        testing::random_adapter a;
        for (int32_t id = 0; id < 300; id += 3) {
            a.draft_vocab.push_back(id);
        }
        testing::write_random_model(file.model, base.model);
        testing::write_random_adapter(file.adapter, file.model, a);
        const auto [code, why] = error_of([&] {
            test::loaded l;
            l.model      = kangaroo::model::load(file.model, 0, nullptr);
            l.adapter    = l.model->load_adapter(file.adapter);
            const auto s = test::open_session(l, small_context());
            kangaroo::generation_options o;
            o.max_tokens = 30;
            o.threshold  = 0.0f;
            o.mode       = kangaroo::decoding_mode::plain;
            const auto plain = test::answer(*s, PROMPT, o).ids;
            o.mode           = kangaroo::decoding_mode::kangaroo;
            kangaroo::generation_events events;
            events.round = [&](const kangaroo::round_report & r) {
                for (const llama_token id : r.drafts) {
                    CHECK(id < 300 && id % 3 == 0, "%s: %d was drafted and is not in the list", label, id);
                }
            };
            CHECK(s->generate(PROMPT, o, events).ids == plain, "%s: another answer", label);
        });
        CHECK(code == (bias ? "unsupported-architecture" : "none") && (!bias || why.find("narrowed") != std::string::npos), "%s: %s: %s", label, code.c_str(), why.c_str());
    }
}
