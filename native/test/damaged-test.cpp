// Files whose headers are well-formed and wrong: what fuzzing has found (native/fuzz/), so that it stays found. Each gives a
// typed error; before, the process ended, or the answers were spoilt.
#include "checksum.h"
#include "error.h"
#include "fixture.h"
#include "gguf-file.h"
#include "random-model.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <vector>

namespace {

using kangaroo::decoding_mode;

std::string bytes_of(const std::string & path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

template <typename body_fn> std::string code_of(body_fn body) {
    try {
        body();
    } catch (const kangaroo::error & e) {
        return e.code;
    }
    return "none";
}

struct files {
    std::string model, adapter, bad;

    explicit files(const test::options & options)
        : model(options.scratch + "/sound.gguf"), adapter(options.scratch + "/sound-adapter.gguf"), bad(options.scratch + "/damaged.gguf") {
        testing::random_model m;
        m.n_layer = 2;
        m.n_embd = m.n_ff = 32;
        m.n_head = m.n_head_kv = 2;
        m.n_vocab = 320;
        testing::write_random_model(model, m);
        testing::random_adapter a;
        a.n_head = a.n_head_kv = 2;
        testing::write_random_adapter(adapter, model, a);
    }

    // Writes `of` with other bytes `skip` behind the name of a key (where its value is) or of a tensor.
    template <typename T> void damage(const std::string & of, const std::string & name, T value, size_t skip = sizeof(uint32_t)) const {
        std::string    all    = bytes_of(of);
        const uint64_t length = name.size();
        std::string    entry(reinterpret_cast<const char *>(&length), sizeof(length));
        entry += name;
        const size_t at = all.find(entry);
        CHECK(at != std::string::npos, "there is no %s", name.c_str());
        if (at == std::string::npos) {
            return;
        }
        std::memcpy(&all[at + entry.size() + skip], &value, sizeof(value));
        std::ofstream(bad, std::ios::binary) << all;
    }
};

// Behind a tensor's name: the number of dimensions, these, and its type.
size_t type_behind(size_t dims) {
    return sizeof(uint32_t) + dims * sizeof(int64_t);
}

void use(const std::string & path) {
    const auto        model = kangaroo::model::load(path, 0, nullptr);
    kangaroo::session s(model, nullptr, {});
    s.generate(model->tokenize("Hello there", true, true), {decoding_mode::plain}, {});
}

} // namespace

TEST(absurd_keys, "damaged models: absurd numbers in the header are errors, whichever of llama.cpp's checks they fail")
{
    const files file(options);
    CHECK(code_of([&] { use(file.model); }) == "none", "the sound model does not answer");
    const std::pair<const char *, uint32_t> cases[] = {
        {"llama.block_count", 0}, {"llama.block_count", 3}, {"llama.block_count", 100000}, {"llama.block_count", UINT32_MAX},
        {"llama.embedding_length", 0}, {"llama.embedding_length", 33}, {"llama.embedding_length", 1u << 31},
        {"llama.attention.head_count", 0}, {"llama.attention.head_count", 3}, {"llama.attention.head_count", UINT32_MAX},
        {"llama.attention.head_count_kv", 0}, {"llama.attention.head_count_kv", 1u << 30},
        {"llama.feed_forward_length", 0}, {"llama.feed_forward_length", UINT32_MAX},
    };
    for (const auto & [key, value] : cases) {
        file.damage(file.model, key, value);
        const std::string code = code_of([&] { use(file.bad); });
        CHECK(code == "file-damaged", "%s = %u: %s", key, value, code.c_str());
    }
    for (const float epsilon : {-1e-5f, NAN}) {
        file.damage(file.model, "llama.attention.layer_norm_rms_epsilon", epsilon);
        CHECK(code_of([&] { use(file.bad); }) == "file-damaged", "an epsilon of %f", static_cast<double>(epsilon));
    }
    file.damage(file.model, "general.architecture", static_cast<uint32_t>(GGUF_TYPE_ARRAY), 0); // the length of the text becomes the type of the array
    CHECK(code_of([&] { use(file.bad); }) == "file-damaged", "an architecture that is no text");
    CHECK(code_of([&] { use(file.model); }) == "none", "the sound model does not answer any more");
}

TEST(absurd_shapes, "damaged models: a tensor whose number of elements no integer holds is an error, also where the product wraps round to 0")
{
    const files file(options);
    const std::vector<int64_t> shapes[] = {{int64_t{1} << 32, int64_t{1} << 31, 2}, {int64_t{1} << 32, int64_t{1} << 32}, {INT64_MAX, 3}, {8, INT64_MAX, 4, 2}};
    for (const auto & shape : shapes) {
        std::string all  = "GGUF";
        const auto  add  = [&](auto value) { all.append(reinterpret_cast<const char *>(&value), sizeof(value)); };
        const auto  name = [&](const std::string & text) {
            add(static_cast<uint64_t>(text.size()));
            all += text;
        };
        add(uint32_t{3}); // version
        add(uint64_t{1}); // tensors
        add(uint64_t{1}); // keys
        name("general.architecture");
        add(uint32_t{8}); // a text
        name("llama");
        name("token_embd.weight");
        add(static_cast<uint32_t>(shape.size()));
        for (const int64_t n : shape) {
            add(n);
        }
        add(uint32_t{0}); // F32
        add(uint64_t{0}); // offset
        all.resize(all.size() + 4096);
        std::ofstream(file.bad, std::ios::binary) << all;
        const std::string code = code_of([&] { kangaroo::gguf_file whole(file.bad); });
        CHECK(code == "file-damaged", "%zu dimensions: %s", shape.size(), code.c_str());
    }
}

TEST(absurd_types, "damaged models: tensors of types that nothing can be computed with are errors before anything is loaded")
{
    const files file(options);
    file.damage(file.model, "blk.0.attn_norm.weight", static_cast<uint32_t>(GGML_TYPE_I32), type_behind(1));
    CHECK(code_of([&] { use(file.bad); }) == "file-damaged", "a norm of integers");
    testing::random_model mamba; // found by fuzzing
    mamba.architecture = "mamba";
    mamba.n_layer      = 2;
    mamba.n_embd       = 32;
    mamba.n_vocab      = 320;
    mamba.keys         = {{"ssm.conv_kernel", uint32_t{4}}, {"ssm.inner_size", uint32_t{64}}, {"ssm.state_size", uint32_t{16}}, {"ssm.time_step_rank", uint32_t{2}}};
    const std::string recurrent = options.scratch + "/sound-mamba.gguf";
    testing::write_random_model(recurrent, mamba);
    CHECK(code_of([&] { use(recurrent); }) == "none", "the sound recurrent model");
    file.damage(recurrent, "blk.0.ssm_d", static_cast<uint32_t>(GGML_TYPE_F16), type_behind(1));
    CHECK(code_of([&] { use(file.bad); }) == "file-damaged", "a recurrent layer's factors in half precision");
    file.damage(recurrent, "blk.1.ssm_conv1d.weight", static_cast<uint32_t>(GGML_TYPE_F16), type_behind(2));
    CHECK(code_of([&] { use(file.bad); }) == "file-damaged", "a convolution in half precision");
    const auto model = kangaroo::model::load(file.model, 0, nullptr);
    const auto load  = [&] { return code_of([&] { model->load_adapter(file.bad); }); };
    file.damage(file.adapter, "norm.weight", static_cast<uint32_t>(GGML_TYPE_I32), type_behind(1));
    CHECK(load() == "adapter-invalid", "an adapter's norm of integers: %s", load().c_str());
    file.damage(file.adapter, "attn_q.weight", static_cast<uint32_t>(GGML_TYPE_I16), type_behind(2));
    CHECK(load() == "adapter-invalid", "an adapter's matrix of integers: %s", load().c_str());
}

TEST(absurd_adapters, "damaged adapters: numbers that no int32_t or no finite float holds, and vocabularies larger than the model's, are errors")
{
    const files file(options);
    const auto  model = kangaroo::model::load(file.model, 0, nullptr);
    const auto  load  = [&](const std::string & path) { return code_of([&] { model->load_adapter(path); }); };
    CHECK(load(file.adapter) == "none", "the sound adapter");
    for (const char * key : {"kangaroo.exit_layer", "kangaroo.embedding_length", "kangaroo.attention.head_count", "kangaroo.attention.head_count_kv"}) {
        for (const uint32_t value : {0u, UINT32_MAX}) {
            file.damage(file.adapter, key, value);
            CHECK(load(file.bad) == "adapter-invalid", "%s = %u: %s", key, value, load(file.bad).c_str());
        }
    }
    for (const float value : {0.0f, -1.0f, HUGE_VALF, std::nanf("")}) {
        file.damage(file.adapter, "kangaroo.rope.freq_base", value);
        CHECK(load(file.bad) == "adapter-invalid", "freq_base %g", static_cast<double>(value));
        file.damage(file.adapter, "kangaroo.norm_rms_eps", value);
        CHECK(load(file.bad) == "adapter-invalid", "norm_rms_eps %g", static_cast<double>(value));
    }
    testing::random_adapter a;
    a.n_head = a.n_head_kv = 2;
    a.draft_vocab.assign(321, 7);
    testing::write_random_adapter(file.bad, file.model, a);
    CHECK(load(file.bad) == "adapter-invalid", "more drafts than tokens: %s", load(file.bad).c_str());
}

TEST(absurd_states, "damaged caches: a right checksum over wrong content is an error, and what follows is as if nothing had been")
{
    const files       file(options);
    const auto        model = kangaroo::model::load(file.model, 0, nullptr);
    const std::string path = options.scratch + "/absurd.state";
    kangaroo::session_options so;
    so.context_size = 64;
    kangaroo::session s(model, model->load_adapter(file.adapter), so);
    kangaroo::generation_options o;
    o.max_tokens    = 8;
    const auto answer = [&] { return s.generate({1, 2, 3}, o, {}).ids; };
    const auto want = answer();
    CHECK(s.save(path) > 0, "not kept");
    const std::string sound = bytes_of(path);
    uint32_t          head  = 0;
    std::memcpy(&head, &sound[8], sizeof(head));
    const size_t counts = 8 + sizeof(head) + head, tokens = counts + 2 * sizeof(uint32_t);
    uint32_t     n_tokens = 0;
    std::memcpy(&n_tokens, &sound[counts], sizeof(n_tokens));
    const size_t cells = tokens + n_tokens * sizeof(llama_token), end = sound.size() - sizeof(uint64_t);

    const auto refused = [&](size_t at, auto value, const char * what) {
        std::string bad = sound;
        std::memcpy(&bad[at], &value, sizeof(value));
        kangaroo::checksum sum;
        sum.add(bad.data(), end);
        const uint64_t now = sum.value();
        std::memcpy(&bad[end], &now, sizeof(now));
        std::ofstream(path, std::ios::binary) << bad;
        const std::string code = code_of([&] { s.restore(path); });
        CHECK(code == "invalid-argument" || code == "file-damaged", "%s: %s", what, code.c_str());
        CHECK(answer() == want, "%s: another answer afterwards", what);
    };
    refused(tokens, llama_token{-1}, "a token that no model has");
    refused(tokens, llama_token{320}, "a token that this model does not have");
    refused(counts, n_tokens - 1, "fewer tokens than cells");
    refused(counts, UINT32_MAX, "more tokens than the context");
    for (size_t word = 0; word < 8; ++word) { // streams, cells, positions, sequences
        refused(cells + word * sizeof(uint32_t), UINT32_MAX, "a cell of nowhere");
    }
    refused(end - sizeof(uint16_t), uint16_t{0x7E00}, "a value of the adapter that is no number");
    std::ofstream(path, std::ios::binary) << sound;
    CHECK(s.restore(path) == static_cast<int32_t>(n_tokens), "the sound cache");
    CHECK(answer() == want, "another answer on top of it");
}
