// Kept caches with a right checksum and any content: they are refused with an error and the session answers as before, or
// restored, and the session goes on.
#include "checksum.h"
#include "fuzzing.h"
#include "random-model.h"

#include <cstring>

using namespace fuzzing;

namespace {

constexpr size_t SUM = sizeof(uint64_t);

kangaroo::session *      session = nullptr; // goes with the process: at its end the backends may be gone before it
std::vector<llama_token> plain;

} // namespace

extern "C" int LLVMFuzzerInitialize(int * argc, char *** argv) {
    const std::string path = write_models().front(), adapter = path_of("adapter.gguf"), state = path_of("seed.state");
    const auto        base = kangaroo::model::load(path, 0, nullptr);
    testing::random_adapter a;
    a.n_head = a.n_head_kv = 2;
    testing::write_random_adapter(adapter, path, a);
    session = new kangaroo::session(base, base->load_adapter(adapter), small_session());

    std::vector<bytes> seeds;
    for (const auto mode : {kangaroo::decoding_mode::plain, kangaroo::decoding_mode::kangaroo}) {
        session->reset();
        plain = short_answer(*session, mode);
        require(session->save(state) > 0, "a cache can be kept");
        seeds.push_back(read_file(state));
        seeds.back().resize(seeds.back().size() - SUM);
    }
    seed_corpus(*argc, *argv, seeds);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t * data, size_t size) {
    static const std::string path = path_of("any.state");
    kangaroo::checksum       sum;
    sum.add(data, size);
    const uint64_t value = sum.value();
    bytes          all(data, data + size);
    all.resize(size + SUM);
    std::memcpy(all.data() + size, &value, SUM);
    write_file(path, all);
    try {
        session->restore(path);
    } catch (const kangaroo::error & e) {
        require_useful(e);
    }
    for (const auto mode : {kangaroo::decoding_mode::kangaroo, kangaroo::decoding_mode::automatic}) {
        short_answer(*session, mode); // goes on from whatever the cache holds
    }
    session->reset();
    require(short_answer(*session, kangaroo::decoding_mode::kangaroo) == plain, "after a reset the answer is as before");
    return 0;
}
