// Capturing and training as a whole: states are the engine's own, training learns, repeats itself to the bit, goes on after
// interruptions, and says what is wrong with damaged files.
#include "captured-file.h"
#include "error.h"
#include "fixture.h"
#include "gguf-file.h"
#include "random-model.h"
#include "layers.h"
#include "trainer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace {

namespace fs = std::filesystem;

const std::atomic<bool> NEVER{false};

// Conversations that the starter answers itself, as the app makes its data: its own greedy answers to some questions.
std::vector<kangaroo::text_to_capture> own_texts(const test::loaded & l, int32_t first, int32_t n) {
    static const char * const subjects[] = {"the sea", "a dog", "bread", "the moon", "a friend", "school", "the rain", "a garden", "music", "birds", "winter", "a river"};
    static const char * const questions[] = {"Tell me about ", "What is good about ", "Write a short story about ", "Explain "};
    kangaroo::session_options so;
    so.context_size = 256;
    so.threads      = 1;
    const auto session = test::open_session({l.model, nullptr}, so);
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
        for (const llama_token id : test::answer(*session, t.tokens, go).ids) {
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

struct data {
    test::loaded             l;
    std::string              captured, held_out;
    kangaroo::training_options options;
};

// Captured once for all tests of a run.
const data & starter_data(const test::options & options) {
    static data d = [&] {
        data made;
        made.l        = test::load_starter(options, "Q8_0");
        made.captured = options.scratch + "/trainer.captured";
        made.held_out = options.scratch + "/trainer-held-out.captured";
        fs::remove(made.captured);
        fs::remove(made.held_out);
        kangaroo::capturer capturer(made.l.model, {2, 4}, 256, 1);
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

kangaroo::training_options in_place(const data & d, const test::options & options, const std::string & name) {
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

void flip(const std::string & path, size_t at) {
    std::fstream f(path, std::ios::in | std::ios::out | std::ios::binary);
    char         c = 0;
    f.seekg(static_cast<std::streamoff>(at));
    f.get(c);
    f.seekp(static_cast<std::streamoff>(at));
    f.put(static_cast<char>(c ^ 0x40));
}

template <typename body_fn> std::string code_of(body_fn body) {
    try {
        body();
        return "";
    } catch (const kangaroo::error & e) {
        return e.code;
    }
}

} // namespace

TEST(capture_states, "trainer: captured states are those of drafting, whatever else is in the pass, and half precision keeps them")
{
    const auto & d = starter_data(options);
    kangaroo::capturer capturer(d.l.model, {2, 4}, 256, 1);
    auto texts = own_texts(d.l, 0, 5);
    texts[1].tokens.resize(90, 300); // of other lengths
    texts[1].mask.assign(90, 1);
    const auto together = capturer.capture(texts, NEVER);
    for (size_t i = 0; i < texts.size(); ++i) {
        const auto alone = capturer.capture({texts[i]}, NEVER)[0];
        float      difference = 0.0f, size = 0.0f;
        for (size_t l = 0; l < 2; ++l) {
            for (size_t j = 0; j < alone.states[l].size(); ++j) {
                difference = std::max(difference, std::abs(alone.states[l][j] - together[i].states[l][j]));
                size       = std::max(size, std::abs(alone.states[l][j]));
            }
        }
        CHECK(alone.finals.size() == together[i].finals.size() && difference <= 0.02f * size, "text %zu: states differ by %g of %g", i, difference, size);
    }
    auto session = test::open_session(d.l);
    std::vector<float> state;
    session->prefill(texts[0].tokens, state);
    const auto n_embd = static_cast<size_t>(d.l.model->info().n_embd);
    const float * last = &together[0].states[0][(texts[0].tokens.size() - 1) * n_embd];
    float difference = 0.0f, size = 0.0f;
    for (size_t i = 0; i < n_embd; ++i) {
        difference = std::max(difference, std::abs(state.at(i) - last[i]));
        size       = std::max(size, std::abs(state[i]));
    }
    CHECK(difference <= 0.02f * size, "drafting has another exit state: %g of %g", difference, size);

    const std::string path = options.scratch + "/trainer-states.captured";
    fs::remove(path);
    write(path, capturer, texts);
    const kangaroo::captured_reader file(path, kangaroo::identity_of(d.l.model->info()));
    const auto read = file.read(1, 4);
    difference = size = 0.0f;
    for (size_t i = 0; i < read.states[0].size(); ++i) {
        difference = std::max(difference, std::abs(read.states[0][i] - together[1].states[1][i]));
        size       = std::max(size, std::abs(read.states[0][i]));
    }
    CHECK(read.tokens == texts[1].tokens && read.mask == texts[1].mask && difference <= 1e-3f * size, "the file has other states: %g of %g", difference, size);
    CHECK(code_of([&] { file.read(1, 3); }) == "invalid-argument", "a layer that was not captured was read");
}

TEST(capture_long, "trainer: a text longer than a pass has the states of one pass")
{
    // a vocabulary so large that a pass takes 32 tokens only
    testing::random_model m;
    m.n_vocab = 1200000;
    m.n_embd  = 64;
    m.n_layer = 3;
    m.name    = "random";
    const std::string path = options.scratch + "/trainer-wide.gguf";
    testing::write_random_model(path, m);
    const auto         base = kangaroo::model::load(path, 0, nullptr);
    kangaroo::capturer capturer(base, {1}, 100, 1);
    kangaroo::text_to_capture text;
    for (int i = 0; i < 80; ++i) {
        text.tokens.push_back(static_cast<llama_token>(i * 37 % 1000));
        text.mask.push_back(i % 2);
    }
    const auto whole = capturer.capture({text}, NEVER)[0];
    CHECK(whole.states[0].size() == 80u * 64 && whole.finals.size() == 40u * 64, "%zu and %zu values", whole.states[0].size(), whole.finals.size());
    auto begin = text; // what the first pass gives must not depend on the second
    begin.tokens.resize(30);
    begin.mask.resize(30);
    const auto part = capturer.capture({begin}, NEVER)[0];
    float      difference = 0.0f;
    for (size_t i = 0; i < part.states[0].size(); ++i) {
        difference = std::max(difference, std::abs(part.states[0][i] - whole.states[0][i]));
    }
    CHECK(difference < 1e-2f, "states differ by %g", difference);
    const kangaroo::compute       compute(1);
    const kangaroo::language_head head(compute, base, capturer.head(), {}); // in slices that are not kept
    kangaroo::check_head(capturer, head, *base);
    CHECK(head.memory_bytes() < 256u << 20, "%zu bytes for a head that would take %lld", head.memory_bytes(), static_cast<long long>(head.n_rows() * 64 * 4));

    // the gradient through such slices, along itself
    constexpr int64_t  N = 3;
    const float        reach = 0.05f;
    std::vector<float> y(whole.states[0].begin(), whole.states[0].begin() + N * 64), dy(y.size());
    std::for_each(y.begin(), y.end(), [](float & x) { x *= 0.3f; });
    head.loss(y.data(), whole.finals.data(), N, dy.data());
    double length = 0.0;
    for (const float g : dy) {
        length += static_cast<double>(g) * g;
    }
    const auto moved = [&](float by) {
        auto z = y;
        for (size_t i = 0; i < z.size(); ++i) {
            z[i] += by * dy[i] / static_cast<float>(std::sqrt(length));
        }
        return head.loss(z.data(), whole.finals.data(), N, nullptr).cross_entropy;
    };
    const double slope = (moved(reach) - moved(-reach)) / (2.0 * reach);
    CHECK(std::abs(slope - std::sqrt(length)) <= 0.01 * std::sqrt(length), "the gradient says %g, the loss %g", std::sqrt(length), slope);
    fs::remove(path);
}

TEST(trainer_learns, "trainer: from a random beginning loss falls and held-out agreement rises; the adapter drafts")
{
    const auto & d = starter_data(options);
    auto         o = in_place(d, options, "trainer-learns");
    o.steps          = 40;
    o.evaluate_every = 1;
    std::vector<kangaroo::training_step>       steps;
    std::vector<kangaroo::training_evaluation> evaluations;
    const auto r = kangaroo::train_adapter(d.l.model, o, [&](const kangaroo::training_event & e) {
        if (const auto * s = std::get_if<kangaroo::training_step>(&e)) {
            steps.push_back(*s);
        } else {
            evaluations.push_back(std::get<kangaroo::training_evaluation>(e));
        }
    }, NEVER);
    CHECK(r.finished && r.step == 40 && steps.size() == 40 && evaluations.size() == 40, "%zu steps, %zu evaluations", steps.size(), evaluations.size());
    CHECK(steps.back().loss < steps.front().loss - 0.3, "loss %g, then %g", steps.front().loss, steps.back().loss);
    CHECK(r.held_out.agreement > evaluations.front().agreement + 0.03, "agreement %g, then %g", evaluations.front().agreement, r.held_out.agreement);
    CHECK(r.held_out.cross_entropy > r.held_out.least_cross_entropy && r.held_out.least_cross_entropy > 0.0, "entropy %g of %g", r.held_out.least_cross_entropy, r.held_out.cross_entropy);
    CHECK(steps.front().learning_rate < steps[2].learning_rate && steps.back().learning_rate < 0.1f * steps[2].learning_rate, "the rate has no warm-up or no cosine");

    test::loaded fresh = d.l;
    fresh.adapter      = d.l.model->load_adapter(o.adapter_path);
    const auto prompt  = d.l.model->tokenize("<|user|>Tell me about the sea.<|end|><|assistant|>", true, true);
    kangaroo::generation_options go;
    go.max_tokens = 60;
    go.mode       = kangaroo::decoding_mode::plain;
    const auto plain = test::answer(*test::open_session(fresh), prompt, go);
    go.mode          = kangaroo::decoding_mode::kangaroo;
    const auto drafted = test::answer(*test::open_session(fresh), prompt, go);
    CHECK(plain.ids == drafted.ids, "drafting with the new adapter changed the answer");
    CHECK(kangaroo::inspect(o.adapter_path).metadata.count("kangaroo.train.held_out.agreement") == 1, "the adapter does not tell how good it is");
}

TEST(trainer_repeats, "trainer: the same seed gives the same adapter, another seed another; stopped and resumed, it is the same again")
{
    const auto & d     = starter_data(options);
    const auto   train = [&](const kangaroo::training_options & o) { return kangaroo::train_adapter(d.l.model, o, [](const kangaroo::training_event &) {}, NEVER); };
    const auto   first = in_place(d, options, "trainer-first");
    auto         other = in_place(d, options, "trainer-other");
    const auto   again = in_place(d, options, "trainer-again");
    other.seed         = 6;
    train(first);
    train(again);
    train(other);
    const auto wanted = bytes_of(first.adapter_path);
    CHECK(!wanted.empty() && wanted == bytes_of(again.adapter_path), "two runs differ");
    CHECK(wanted != bytes_of(other.adapter_path), "another seed gives the same adapter");

    auto stopped       = in_place(d, options, "trainer-stopped");
    stopped.save_every = 3;
    for (int32_t runs = 0, done = 0; done < stopped.steps; ++runs) { // stopped after every few steps, once in the middle of one
        std::atomic<bool> stop{false};
        const int32_t     until = done + 3 + runs % 2;
        const auto        r     = kangaroo::train_adapter(d.l.model, stopped, [&](const kangaroo::training_event & e) {
            if (const auto * s = std::get_if<kangaroo::training_step>(&e)) {
                CHECK(s->step == done + 1, "step %d after %d", s->step, done);
                done = s->step;
                stop = s->step >= until && s->step < stopped.steps;
            }
        }, stop);
        CHECK(r.finished == (done == stopped.steps) && r.step == done, "a run ended at %d of %d", r.step, done);
        CHECK(r.finished || !fs::exists(stopped.adapter_path), "a stopped training wrote an adapter");
    }
    CHECK(bytes_of(stopped.adapter_path) == wanted, "stopped and resumed gives another adapter");
    const auto finished = train(stopped); // nothing is left to do
    CHECK(finished.finished && bytes_of(stopped.adapter_path) == wanted, "going on behind the end changed the adapter");
}

TEST(trainer_vocabulary, "trainer: with a draft vocabulary agreement counts what it lacks, and the engine takes the adapter")
{
    const auto & d = starter_data(options);
    auto         o = in_place(d, options, "trainer-vocabulary");
    std::vector<int64_t> counts(d.l.model->info().n_vocab, 0);
    const kangaroo::captured_reader texts(d.captured, kangaroo::identity_of(d.l.model->info()));
    for (int64_t i = 0; i < texts.totals().texts; ++i) {
        for (const llama_token id : texts.read(i, 2).tokens) {
            ++counts[id];
        }
    }
    for (llama_token id = 0; id < static_cast<llama_token>(counts.size()); ++id) {
        if (counts[id] > 1) {
            o.draft_vocab.push_back(id);
        }
    }
    const auto narrow = kangaroo::train_adapter(d.l.model, o, [](const kangaroo::training_event &) {}, NEVER);
    CHECK(o.draft_vocab.size() < counts.size() / 4 && narrow.held_out.agreement > 0.1 && narrow.held_out.agreement < 1.0, "agreement %g with %zu tokens", narrow.held_out.agreement, o.draft_vocab.size());
    CHECK(d.l.model->load_adapter(o.adapter_path)->weights().draft_vocab == o.draft_vocab, "the adapter has another vocabulary");
    o.draft_vocab = {0}; // the model never wants it
    o.resume      = false;
    o.steps       = 1;
    CHECK(kangaroo::train_adapter(d.l.model, o, [](const kangaroo::training_event &) {}, NEVER).held_out.agreement == 0.0, "tokens that cannot be drafted count as agreed");
}

TEST(trainer_layers, "trainer: the layer explorer finds that later layers know more")
{
    const auto &             d = starter_data(options);
    kangaroo::layers_options o;
    o.captured           = d.captured;
    o.held_out           = d.held_out;
    o.steps              = 10;
    o.positions_per_step = 300;
    o.threads            = 1;
    std::vector<int32_t> told;
    const auto all = kangaroo::evaluate_layers(d.l.model, o, [&](const kangaroo::layer_evaluation & e) { told.push_back(e.layer); }, NEVER);
    CHECK(all.size() == 2 && told == std::vector<int32_t>({2, 4}), "%zu layers", all.size());
    if (all.size() == 2) {
        CHECK(all[1].fitted_agreement > all[0].fitted_agreement && all[0].fitted_agreement > all[0].bare_agreement && all[0].bare_agreement >= 0.0,
            "layer 2: %g, %g; layer 4: %g, %g", all[0].bare_agreement, all[0].fitted_agreement, all[1].bare_agreement, all[1].fitted_agreement);
    }
}

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
        kangaroo::capturer        capturer(d.l.model, {2, 4}, 256, 1);
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
