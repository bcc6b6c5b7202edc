// Adapter files: they are refused with an error, or draft, and then the answer is that of plain decoding.
#include "fuzzing.h"
#include "inspect.h"
#include "gguf-mutator.h"
#include "random-model.h"

using namespace fuzzing;

namespace {

std::shared_ptr<kangaroo::model> & base = *new std::shared_ptr<kangaroo::model>; // goes with the process
std::vector<llama_token>           plain;

} // namespace

extern "C" int LLVMFuzzerInitialize(int * argc, char *** argv) {
    const std::string path = write_models().front(), adapter = path_of("seed.gguf");
    base = kangaroo::model::load(path, 0, nullptr);
    kangaroo::session s(base, nullptr, small_session());
    plain = short_answer(s, kangaroo::decoding_mode::plain);

    std::vector<bytes> seeds;
    for (const ggml_type type : {GGML_TYPE_F16, GGML_TYPE_Q8_0, GGML_TYPE_F32}) {
        testing::random_adapter a;
        a.n_head = a.n_head_kv = 2;
        a.type   = type;
        if (type != GGML_TYPE_F32) {
            a.draft_vocab = {0, 5, 17, 300};
        }
        testing::write_random_adapter(adapter, path, a);
        seeds.push_back(header_of(adapter));
    }
    seed_corpus(*argc, *argv, seeds);
    return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t * data, size_t size, size_t max_size, unsigned seed) {
    return mutate_gguf(data, size, max_size, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t * data, size_t size) {
    static const std::string path = path_of("adapter.gguf");
    write_file(path, with_data(data, size));
    try {
        kangaroo::inspect(path);
    } catch (const kangaroo::error & e) {
        require_useful(e);
    }
    try {
        kangaroo::session s(base, base->load_adapter(path), small_session());
        require(short_answer(s, kangaroo::decoding_mode::kangaroo) == plain, "whatever an adapter drafts, the answer is that of plain decoding");
    } catch (const kangaroo::error & e) {
        require_useful(e);
    }
    return 0;
}
