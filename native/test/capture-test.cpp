// Captured states are the engine's own, whatever else is in the pass, also of a text that needs several, and a file keeps them.
#include "captured-file.h"
#include "language-head.h"
#include "random-model.h"
#include "trainer-fixture.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace {

namespace fs = std::filesystem;

using namespace test;

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
