// States of trainings, of any content behind a GGUF header of any kind: refused with an error and nothing has changed, or the training
// goes on to its end and writes an adapter that the engine takes.
#include "adapter-network.h"
#include "captured-file.h"
#include "checksum.h"
#include "fuzzing.h"
#include "gguf-mutator.h"
#include "random-model.h"
#include "trainer.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

using namespace fuzzing;

namespace {

const std::atomic<bool> NEVER{false};

std::shared_ptr<kangaroo::model> & base = *new std::shared_ptr<kangaroo::model>; // goes with the process
kangaroo::training_options         options;

// Gives a state that can be read the checksum that belongs to what it holds: what is wrong in it then lies behind that.
void mend(bytes & state) {
    static const std::string key = "kangaroo.training.checksum";
    const auto               at  = std::search(state.begin(), state.end(), key.begin(), key.end());
    if (state.end() - at < static_cast<std::ptrdiff_t>(key.size() + sizeof(uint32_t) + sizeof(uint64_t))) {
        return;
    }
    kangaroo::checksum sum;
    try {
        const kangaroo::gguf_file file(options.state_path);
        const int32_t             step = file.count("kangaroo.training.step");
        sum.add(&step, sizeof(step));
        for (const char * name : {"kangaroo.training.epoch", "kangaroo.training.next_text"}) {
            const int64_t  id    = gguf_find_key(file.get(), name);
            const uint64_t value = id >= 0 && gguf_get_kv_type(file.get(), id) == GGUF_TYPE_UINT64 ? gguf_get_val_u64(file.get(), id) : 0;
            sum.add(&value, sizeof(value));
        }
        for (int i = 0; i < kangaroo::adapter_network::N_TENSORS; ++i) {
            for (const char * kind : {".weight", ".m", ".v"}) {
                const int64_t id = file.tensor(std::string(kangaroo::adapter_network::tensor_name(i)) + kind);
                if (id < 0) {
                    return;
                }
                const auto data = file.read(id);
                sum.add(data.data(), data.size());
            }
        }
    } catch (const kangaroo::error &) {
        return;
    }
    const uint64_t value = sum.value();
    std::memcpy(&*(at + key.size() + sizeof(uint32_t)), &value, sizeof(value));
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int * argc, char *** argv) {
    base = kangaroo::model::load(write_models().front(), 0, nullptr);
    options.captured           = path_of("texts.captured");
    options.state_path         = path_of("any.state");
    options.adapter_path       = path_of("adapter.gguf");
    options.exit_layer         = 1;
    options.steps              = 2;
    options.positions_per_step = 4;
    options.threads            = 1;
    kangaroo::capturer        capturer(base, {1}, 32, 1);
    kangaroo::text_to_capture text;
    for (int i = 0; i < 8; ++i) {
        text.tokens.push_back(i);
        text.mask.push_back(1);
    }
    {
        kangaroo::captured_writer file(options.captured, capturer.layout());
        file.add(capturer.capture({text}, NEVER)[0]);
    }
    std::atomic<bool> after_one{false};
    kangaroo::train_adapter(base, options, [&](const kangaroo::training_event &) { after_one = true; }, after_one);
    seed_corpus(*argc, *argv, {read_file(options.state_path)});
    return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t * data, size_t size, size_t max_size, unsigned seed) {
    return mutate_gguf(data, size, max_size, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t * data, size_t size) {
    bytes state(data, data + size);
    write_file(options.state_path, state);
    mend(state);
    write_file(options.state_path, state);
    std::remove(options.adapter_path.c_str());
    try {
        const auto result = kangaroo::train_adapter(base, options, [](const kangaroo::training_event &) {}, NEVER);
        require(result.finished, "a training goes on to its end");
        base->load_adapter(options.adapter_path);
    } catch (const kangaroo::error & e) {
        require_useful(e);
        require(read_file(options.state_path) == state, "a state that is refused stays as it was");
    }
    return 0;
}
