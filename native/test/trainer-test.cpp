// Training as a whole: it learns, repeats itself to the bit, goes on after interruptions; what it makes drafts.
#include "inspect.h"
#include "layers.h"
#include "trainer-fixture.h"

#include <filesystem>

namespace {

namespace fs = std::filesystem;

using namespace test;

} // namespace

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
    CHECK(all.size() == 2 && told == std::vector<int32_t>({2, 6}), "%zu layers", all.size());
    if (all.size() == 2) {
        CHECK(all[1].fitted_agreement > all[0].fitted_agreement && all[0].fitted_agreement > all[0].bare_agreement && all[0].bare_agreement >= 0.0,
            "layer 2: %g, %g; layer 6: %g, %g", all[0].bare_agreement, all[0].fitted_agreement, all[1].bare_agreement, all[1].fitted_agreement);
    }
}
