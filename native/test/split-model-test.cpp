// A model in several files is the same model: adapters know it by its fingerprint, draft vocabularies find its head, and training
// gives the very adapter that it gives for one file.
#include "inspect.h"
#include "trainer-fixture.h"

#include "ggml-cpp.h"
#include "gguf.h"

#include <filesystem>

namespace {

namespace fs = std::filesystem;

// As llama.cpp's gguf-split writes them: all keys in the first part. Its tensors are dealt out in turn; what `last` names lies in the
// last part. Returns the first part's path.
std::string split(const std::string & path, const std::string & stem, int parts, const std::string & last) {
    ggml_context *         raw = nullptr;
    const gguf_context_ptr source(gguf_init_from_file(path.c_str(), {false, &raw}));
    const ggml_context_ptr tensors(raw);
    const auto             name_of = [&](int part) {
        char tail[32];
        std::snprintf(tail, sizeof(tail), "-%05d-of-%05d.gguf", part + 1, parts);
        return stem + tail;
    };
    const auto n_tensors = static_cast<int32_t>(gguf_get_n_tensors(source.get()));
    for (int part = 0; part < parts; ++part) {
        const gguf_context_ptr target(gguf_init_empty());
        if (part == 0) {
            gguf_set_kv(target.get(), source.get());
        }
        gguf_set_val_u16(target.get(), "split.no", static_cast<uint16_t>(part));
        gguf_set_val_u16(target.get(), "split.count", static_cast<uint16_t>(parts));
        gguf_set_val_i32(target.get(), "split.tensors.count", n_tensors);
        for (int32_t i = 0; i < n_tensors; ++i) {
            const char * name = gguf_get_tensor_name(source.get(), i);
            if ((last == name ? parts - 1 : i % (parts - 1)) == part) {
                gguf_add_tensor(target.get(), ggml_get_tensor(tensors.get(), name));
            }
        }
        gguf_write_to_file(target.get(), name_of(part).c_str(), false);
    }
    return name_of(0);
}

// A training of two steps with a draft vocabulary: the adapter's path.
std::string train(const test::loaded & l, const std::string & name) {
    kangaroo::training_options o;
    o.captured     = name + ".captured";
    o.state_path   = name + ".state";
    o.adapter_path = name + ".adapter.gguf";
    for (const auto & path : {o.captured, o.state_path, o.adapter_path}) {
        fs::remove(path);
    }
    kangaroo::capturer        capturer(l.model, {2}, 64, 1);
    kangaroo::text_to_capture text;
    text.tokens = l.model->tokenize("<|user|>Tell me about the sea.<|end|><|assistant|>The sea is blue and deep.<|end|>", true, true);
    text.mask.assign(text.tokens.size(), 1);
    test::write(o.captured, capturer, {text});
    o.exit_layer         = 2;
    o.steps              = 2;
    o.positions_per_step = 8;
    o.threads            = 1;
    for (llama_token id = 0; id < l.model->info().n_vocab; id += 2) {
        o.draft_vocab.push_back(id);
    }
    kangaroo::train_adapter(l.model, o, [](const kangaroo::training_event &) {}, test::NEVER);
    return o.adapter_path;
}

} // namespace

TEST(split_model, "a model in several files: the same fingerprint, the same adapter from training, and a draft vocabulary drafts")
{
    const auto        whole = test::load_starter(options, "Q8_0");
    const std::string path  = split(whole.model->info().path, options.scratch + "/parted", 3, "token_embd.weight"); // the head, tied
    CHECK(kangaroo::inspect(path).fingerprint == whole.model->info().fingerprint, "inspect tells another fingerprint");
    CHECK(kangaroo::inspect(path).n_params == kangaroo::inspect(whole.model->info().path).n_params, "inspect counts other parameters");
    test::loaded parted;
    parted.model = kangaroo::model::load(path, 0, nullptr);
    CHECK(parted.model->info().fingerprint == whole.model->info().fingerprint, "the loaded model has another fingerprint");

    const std::string adapter = train(parted, options.scratch + "/parted");
    CHECK(test::bytes_of(adapter) == test::bytes_of(train(whole, options.scratch + "/not-parted")), "training gives another adapter");
    parted.adapter      = parted.model->load_adapter(adapter);
    const auto prompt   = parted.model->tokenize("<|user|>Tell me a joke.<|end|><|assistant|>", true, true);
    kangaroo::generation_options go;
    go.max_tokens       = 24;
    go.threshold        = 0.0f;
    const auto answered = test::answer(*test::open_session(parted), prompt, go);
    go.mode             = kangaroo::decoding_mode::plain;
    CHECK(answered.stats.drafted > 0 && answered.ids == test::answer(*test::open_session(whole), prompt, go).ids, "%lld drafts", static_cast<long long>(answered.stats.drafted));

    fs::remove(options.scratch + "/parted-00003-of-00003.gguf");
    std::string code, message;
    try {
        kangaroo::model::load(path, 0, nullptr);
    } catch (const kangaroo::error & e) {
        code    = e.code;
        message = e.what();
    }
    CHECK(code == "file-not-found" && message.find("parted-00003-of-00003.gguf") != std::string::npos, "%s: %s", code.c_str(), message.c_str());
}
