// The files of a training: damaged, foreign and cut-off ones are told from each other, and what is whole in them is gone on with.
#include "captured-file.h"
#include "trainer-fixture.h"

#include <cmath>
#include <filesystem>
#include <fstream>

namespace {

namespace fs = std::filesystem;

using namespace test;

void flip(const std::string & path, size_t at) {
    std::fstream f(path, std::ios::in | std::ios::out | std::ios::binary);
    char         c = 0;
    f.seekg(static_cast<std::streamoff>(at));
    f.get(c);
    f.seekp(static_cast<std::streamoff>(at));
    f.put(static_cast<char>(c ^ 0x40));
}

} // namespace

TEST(trainer_damaged, "trainer: damaged, foreign and cut-off files are told from each other, and nothing is lost")
{
    const auto & d     = starter_data(options);
    const auto   train = [&](const kangaroo::training_options & o) {
        return code_of([&] { kangaroo::train_adapter(d.l.model, o, [](const kangaroo::training_event &) {}, NEVER); });
    };
    auto o  = in_place(d, options, "trainer-damaged");
    o.steps = 2;
    CHECK(train(o).empty(), "an ordinary training failed");
    const auto state = bytes_of(o.state_path);
    const auto keep  = [&] { std::ofstream(o.state_path, std::ios::binary).write(state.data(), static_cast<std::streamsize>(state.size())); };

    for (const size_t at : {size_t{0}, state.size() / 2, state.size() - 64}) {
        flip(o.state_path, at);
        CHECK(train(o) == "file-damaged", "a state with a flipped bit at %zu was taken", at);
        keep();
    }
    fs::resize_file(o.state_path, state.size() - 100);
    CHECK(train(o) == "file-damaged", "a state without its end was taken");
    keep();
    auto other = o;
    other.seed = 99;
    CHECK(train(other) == "invalid-argument", "the state of another seed was taken");
    CHECK(bytes_of(o.state_path) == state, "a refused training changed the state");
    other.resume = false;
    CHECK(train(other).empty(), "beginning anew failed");

    other              = in_place(d, options, "trainer-refused");
    other.adapter_path = options.scratch + "/no such folder/adapter.gguf";
    other.steps        = 1;
    CHECK(train(other) == "file-not-readable", "an adapter was written into a folder that is not there");
    other              = in_place(d, options, "trainer-refused");
    other.captured     = options.scratch + "/no such file";
    CHECK(train(other) == "file-not-found", "a file that is not there was read");
    other            = in_place(d, options, "trainer-refused");
    other.exit_layer = 3;
    CHECK(train(other) == "invalid-argument", "a layer that was not captured was trained");
    other               = in_place(d, options, "trainer-refused");
    other.learning_rate = NAN;
    CHECK(train(other) == "invalid-argument", "a learning rate of NaN was taken");

    const std::string copy = options.scratch + "/trainer-copy.captured";
    fs::copy_file(d.captured, copy, fs::copy_options::overwrite_existing);
    const auto size = fs::file_size(copy);
    other           = in_place(d, options, "trainer-refused");
    other.captured  = copy;
    other.steps     = 8;
    flip(copy, 2000); // in the first text's states
    CHECK(train(other) == "file-damaged", "a flipped bit in the states went unnoticed");
    flip(copy, 2000);
    flip(copy, 20);
    CHECK(train(other) == "file-damaged", "a flipped bit in the head went unnoticed");
    flip(copy, 20);

    const std::string identity = kangaroo::identity_of(d.l.model->info());
    const auto        whole    = kangaroo::captured_reader(copy, identity).totals();
    fs::resize_file(copy, size - 1000); // as a crash in the middle of the last text leaves it
    CHECK(kangaroo::captured_reader(copy, identity).totals().texts == whole.texts - 1, "a text without its end was counted");
    {
        kangaroo::capturer        capturer(d.l.model, {2, 6}, 256, 1);
        kangaroo::captured_writer file(copy, capturer.layout());
        CHECK(file.totals().texts == whole.texts - 1, "%lld texts to go on from", static_cast<long long>(file.totals().texts));
        for (const auto & text : capturer.capture(own_texts(d.l, 35, 1), NEVER)) {
            file.add(text);
        }
    }
    CHECK(kangaroo::captured_reader(copy, identity).totals().tokens == whole.tokens, "the last text was not captured again");
    CHECK(train(other).empty(), "training on a file that was continued failed");
    CHECK(code_of([&] { kangaroo::captured_writer(copy, {identity, d.l.model->info().n_embd, {3}}); }) == "invalid-argument", "other layers went into the file");
    CHECK(code_of([&] { kangaroo::captured_reader(copy, "another model"); }) == "invalid-argument", "another model's file was read");
}
