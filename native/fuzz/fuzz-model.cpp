// Model files: whatever their headers say, they are refused with an error, or load and answer.
#include "fuzzing.h"
#include "inspect.h"
#include "gguf-mutator.h"

using namespace fuzzing;

extern "C" int LLVMFuzzerInitialize(int * argc, char *** argv) {
    std::vector<bytes> seeds;
    for (const auto & path : write_models()) {
        seeds.push_back(header_of(path));
    }
    seed_corpus(*argc, *argv, seeds);
    return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t * data, size_t size, size_t max_size, unsigned seed) {
    return mutate_gguf(data, size, max_size, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t * data, size_t size) {
    static const std::string path = path_of("model.gguf");
    write_file(path, with_data(data, size));
    try {
        kangaroo::inspect(path);
    } catch (const kangaroo::error & e) {
        require_useful(e);
    }
    try {
        const auto model = kangaroo::model::load(path, 0, nullptr);
        model->chat_template();
        model->detokenize(model->tokenize("Grüße, <|end|> \xF0\x9F\xA6\x98 \xFF the end", true, true), true);
        kangaroo::session s(model, nullptr, small_session());
        short_answer(s, kangaroo::decoding_mode::plain);
        short_answer(s, kangaroo::decoding_mode::automatic);
    } catch (const kangaroo::error & e) {
        require_useful(e);
    }
    return 0;
}
