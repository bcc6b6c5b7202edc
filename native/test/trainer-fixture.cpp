#include "trainer-fixture.h"

#include <filesystem>
#include <fstream>

namespace test {

namespace fs = std::filesystem;

std::vector<kangaroo::text_to_capture> own_texts(const loaded & l, int32_t first, int32_t n) {
    static const char * const subjects[] = {"the sea", "a dog", "bread", "the moon", "a friend", "school", "the rain", "a garden", "music", "birds", "winter", "a river"};
    static const char * const questions[] = {"Tell me about ", "What is good about ", "Write a short story about ", "Explain "};
    kangaroo::session_options so;
    so.context_size = 256;
    so.threads      = 1;
    const auto session = open_session({l.model, nullptr}, so);
    std::vector<kangaroo::text_to_capture> out;
    for (int32_t i = first; i < first + n; ++i) {
        const std::string question = std::string(questions[i % 4]) + subjects[i / 4 % 12] + ".";
        kangaroo::text_to_capture t;
        t.tokens = l.model->tokenize("<|user|>" + question + "<|end|><|assistant|>", true, true);
        kangaroo::generation_options go;
        go.mode       = kangaroo::decoding_mode::plain;
        go.max_tokens = 48;
        t.mask.assign(t.tokens.size(), 0);
        t.mask.back() = 1;
        session->reset();
        for (const llama_token id : answer(*session, t.tokens, go).ids) {
            t.tokens.push_back(id);
            t.mask.push_back(1);
        }
        out.push_back(t);
    }
    return out;
}

void write(const std::string & path, kangaroo::capturer & c, const std::vector<kangaroo::text_to_capture> & texts) {
    kangaroo::captured_writer file(path, c.layout());
    for (const auto & text : c.capture(texts, NEVER)) {
        file.add(text);
    }
}

const training_data & starter_data(const options & options) {
    static training_data d = [&] {
        training_data made;
        made.l        = load_starter(options, "Q8_0");
        made.captured = options.scratch + "/trainer.captured";
        made.held_out = options.scratch + "/trainer-held-out.captured";
        fs::remove(made.captured);
        fs::remove(made.held_out);
        kangaroo::capturer capturer(made.l.model, {2, 6}, 256, 1);
        write(made.captured, capturer, own_texts(made.l, 0, 36));
        write(made.held_out, capturer, own_texts(made.l, 36, 12));
        auto & o             = made.options;
        o.captured           = made.captured;
        o.held_out           = made.held_out;
        o.exit_layer         = 2;
        o.steps              = 12;
        o.positions_per_step = 300;
        o.learning_rate      = 0.004f;
        o.threads            = 1;
        o.seed               = 5;
        return made;
    }();
    return d;
}

kangaroo::training_options in_place(const training_data & d, const options & options, const std::string & name) {
    auto o         = d.options;
    o.state_path   = options.scratch + "/" + name + ".state.gguf";
    o.adapter_path = options.scratch + "/" + name + ".adapter.gguf";
    fs::remove(o.state_path);
    fs::remove(o.adapter_path);
    return o;
}

std::vector<char> bytes_of(const std::string & path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace test
