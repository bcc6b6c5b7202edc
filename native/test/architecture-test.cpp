// A matrix of architectures, each a tiny model with random weights.
#include "fixture.h"
#include "random-model.h"

#include <set>

TEST(random_models, "random models load, answer with many different tokens, and read back their own text") {
    for (const char * architecture : {"llama", "qwen3"}) {
        for (const ggml_type type : {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_Q8_0, GGML_TYPE_Q4_0}) {
            testing::random_model m;
            m.architecture = architecture;
            m.type         = type;
            const std::string path = options.scratch + "/random.gguf";
            testing::write_random_model(path, m);
            testing::write_random_adapter(options.scratch + "/random-adapter.gguf", path, {});
            test::loaded l;
            l.model   = kangaroo::model::load(path, 0, nullptr);
            l.adapter = l.model->load_adapter(options.scratch + "/random-adapter.gguf");
            const std::string text = "The other thing, in an ocean: naïve — 你好\n";
            const auto prompt = l.model->tokenize(text, true, true);
            CHECK(l.model->detokenize(prompt, false) == text, "%s", l.model->detokenize(prompt, false).c_str());
            const auto s = test::open_session(l);
            kangaroo::generation_options o;
            o.max_tokens = 64;
            o.threshold = 0.0f;
            o.max_draft = 2;
            const auto got = test::answer(*s, prompt, o);
            const std::set<llama_token> distinct(got.ids.begin(), got.ids.end());
            std::printf("  %s %s: %zu distinct of %zu; %s\n", architecture, ggml_type_name(type), distinct.size(), got.ids.size(), got.text.substr(0, 60).c_str());
            CHECK(distinct.size() >= 8, "%zu", distinct.size());
        }
    }
}
