// The gradient that training follows, against finite differences of the loss it reports: through the head with its scales, soft caps
// and biases, the adapter's attention with grouped heads, every kind of RoPE and ALiBi.
#include "adapter-network.h"
#include "architectures.h"
#include "check.h"
#include "error.h"
#include "random.h"
#include "trainer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

namespace {

using kangaroo::adapter_network;

struct problem {
    std::shared_ptr<kangaroo::model>         base;
    kangaroo::captured_text                  text;
    std::unique_ptr<kangaroo::capturer>      capturer;
    std::unique_ptr<kangaroo::language_head> head;
    std::unique_ptr<adapter_network>         network;
};

kangaroo::text_to_capture random_text(int32_t n, int32_t n_vocab, uint64_t seed) {
    kangaroo::random_numbers  random(seed);
    kangaroo::text_to_capture t;
    for (int32_t i = 0; i < n; ++i) {
        t.tokens.push_back(static_cast<llama_token>(random.below(n_vocab - 1)));
        t.mask.push_back(i % 3 != 0);
    }
    return t;
}

double loss_of(const problem & p, std::vector<float> * dy = nullptr) {
    const auto         y = p.network->forward(p.text.states[0], dy != nullptr);
    const size_t       n_embd = p.base->info().n_embd;
    std::vector<float> counted, gradient;
    for (size_t i = 0; i < p.text.mask.size(); ++i) {
        if (p.text.mask[i]) {
            counted.insert(counted.end(), y.begin() + i * n_embd, y.begin() + (i + 1) * n_embd);
        }
    }
    gradient.resize(counted.size());
    const auto loss = p.head->loss(counted.data(), p.text.finals.data(), p.text.targets(), dy ? gradient.data() : nullptr);
    if (dy) {
        dy->assign(y.size(), 0.0f);
        for (size_t i = 0, from = 0; i < p.text.mask.size(); ++i) {
            if (p.text.mask[i]) {
                std::copy(gradient.begin() + from * n_embd, gradient.begin() + (from + 1) * n_embd, dy->begin() + i * n_embd);
                ++from;
            }
        }
    }
    return loss.cross_entropy;
}

// Along a direction (one vector per tensor): what the gradient says, and what the loss does.
std::pair<double, double> slopes(const problem & p, const std::vector<std::vector<float>> & direction, double reach) {
    double expected = 0.0, length = 0.0;
    for (int i = 0; i < adapter_network::N_TENSORS; ++i) {
        const auto * g = static_cast<const float *>(p.network->parameters()[i].gradient->data);
        for (size_t j = 0; j < direction[i].size(); ++j) {
            expected += static_cast<double>(g[j]) * direction[i][j];
            length += static_cast<double>(direction[i][j]) * direction[i][j];
        }
    }
    const double step = reach / std::sqrt(length);
    const auto   move = [&](double by) {
        for (int i = 0; i < adapter_network::N_TENSORS; ++i) {
            auto * w = static_cast<float *>(p.network->parameters()[i].weight->data);
            for (size_t j = 0; j < direction[i].size(); ++j) {
                w[j] += static_cast<float>(by * direction[i][j]);
            }
        }
    };
    std::vector<std::vector<float>> kept;
    for (const auto & parameter : p.network->parameters()) {
        const auto * w = static_cast<const float *>(parameter.weight->data);
        kept.emplace_back(w, w + ggml_nelements(parameter.weight));
    }
    const auto restore = [&] {
        for (int i = 0; i < adapter_network::N_TENSORS; ++i) {
            std::copy(kept[i].begin(), kept[i].end(), static_cast<float *>(p.network->parameters()[i].weight->data));
        }
    };
    move(step);
    const double above = loss_of(p);
    restore();
    move(-step);
    const double below = loss_of(p);
    restore();
    return {expected, (above - below) / (2.0 * step)};
}

} // namespace

TEST(trainer_gradient, "trainer: the gradient is that of the loss, through heads with scales, soft caps and biases, with RoPE and ALiBi")
{
    const std::set<std::string> wanted = {"llama", "qwen3", "qwen2vl", "gemma2", "granite", "command-r", "phi2", "phi3", "minicpm", "bloom", "mpt", "starcoder", "grok", "deepseek2, MLA"};
    const kangaroo::compute     compute(1); // small graphs: two threads would wait for each other
    size_t                      tested = 0;
    for (auto a : test::drafting_architectures()) {
        if (!wanted.count(a.label)) {
            continue;
        }
        ++tested;
        const std::string path = options.scratch + "/trainer-gradient.gguf";
        testing::write_random_model(path, a.model);
        problem p;
        p.base     = kangaroo::model::load(path, 0, nullptr);
        const int32_t layer = p.base->info().n_layer / 2;
        p.capturer = std::make_unique<kangaroo::capturer>(p.base, std::vector<int32_t>{layer}, 64, 1);
        p.head     = std::make_unique<kangaroo::language_head>(compute, p.base, p.capturer->head(), std::vector<llama_token>());
        kangaroo::check_head(*p.capturer, *p.head, *p.base);
        const std::atomic<bool> never{false};
        p.text = p.capturer->capture({random_text(20, p.base->info().n_vocab, 7)}, never)[0];
        const auto              like = llama_exit_shape_of(p.capturer->context(), layer);
        kangaroo::adapter_shape shape;
        shape.exit_layer     = layer;
        shape.n_embd         = p.base->info().n_embd;
        shape.n_head         = like.n_head;
        shape.n_head_kv      = like.n_head_kv;
        shape.n_embd_head    = like.n_embd_head;
        shape.n_rot          = like.n_rot;
        shape.freq_base      = like.freq_base;
        shape.max_alibi_bias = like.max_alibi_bias;
        p.network = std::make_unique<adapter_network>(compute, shape, llama_exit_rotation_of(p.capturer->context(), layer));
        p.network->initialize(3, {});
        kangaroo::random_numbers random(5);
        for (const auto & parameter : p.network->parameters()) { // no weight is where training begins: all gradients are at work
            auto *      w     = static_cast<float *>(parameter.weight->data);
            const float scale = ggml_n_dims(parameter.weight) > 1 ? 1.5f / std::sqrt(static_cast<float>(parameter.weight->ne[0])) : 0.2f;
            std::for_each(w, w + ggml_nelements(parameter.weight), [&](float & x) { x += scale * random.normal(); });
        }
        std::vector<float> dy;
        loss_of(p, &dy);
        p.network->backward(dy);

        const auto direction_of = [&](auto value, int only) {
            std::vector<std::vector<float>> d;
            for (int i = 0; i < adapter_network::N_TENSORS; ++i) {
                const auto * g = static_cast<const float *>(p.network->parameters()[i].gradient->data);
                d.emplace_back(ggml_nelements(p.network->parameters()[i].gradient), 0.0f);
                for (size_t j = 0; (only < 0 || only == i) && j < d.back().size(); ++j) {
                    d.back()[j] = value(g[j]);
                }
            }
            return d;
        };
        const auto compare = [&](const char * what, const std::vector<std::vector<float>> & direction, double tolerance) {
            const auto [expected, found] = slopes(p, direction, 0.02);
            CHECK(std::abs(expected - found) <= tolerance * std::abs(expected), "%s, %s: the gradient says %g, the loss %g", a.label.c_str(), what, expected, found);
        };
        compare("along the gradient", direction_of([](float g) { return g; }, -1), 0.01);
        for (int i = 0; i < adapter_network::N_TENSORS; ++i) { // each tensor alone, its parts weighed by chance
            compare(adapter_network::tensor_name(i), direction_of([&](float g) { return std::copysign(std::abs(random.normal()), g); }, i), 0.02);
        }
        const double norm = p.network->gradient_norm();
        const auto   wild = direction_of([&](float) { return random.normal(); }, -1);
        const auto [expected, found] = slopes(p, wild, 0.02);
        double length = 0.0;
        for (const auto & d : wild) {
            for (const float x : d) {
                length += static_cast<double>(x) * x;
            }
        }
        CHECK(std::abs(expected - found) <= 0.005 * norm * std::sqrt(length), "%s, any direction: the gradient says %g, the loss %g", a.label.c_str(), expected, found);
    }
    CHECK(tested == wanted.size(), "%zu of %zu architectures were there", tested, wanted.size());
}

TEST(trainer_architectures, "trainer: every architecture that drafts can be captured, and its head is the model's own; the others are refused")
{
    const kangaroo::compute compute(1);
    const std::atomic<bool> never{false};
    const std::string       path = options.scratch + "/trainer-architecture.gguf";
    for (const auto & a : test::drafting_architectures()) {
        testing::write_random_model(path, a.model);
        try {
            const auto         base  = kangaroo::model::load(path, 0, nullptr);
            const int32_t      layer = base->info().n_layer / 2;
            // Gemma 4 can be left only where what is computed twice is little beside what is behind the exit
            const std::vector<int32_t> layers = a.label == "gemma4, per-layer embeddings" ? std::vector<int32_t>{layer} : std::vector<int32_t>{1, layer, base->info().n_layer - 1};
            kangaroo::capturer capturer(base, layers, 64, 1);
            kangaroo::check_head(capturer, kangaroo::language_head(compute, base, capturer.head(), {}), *base);
            const auto texts = capturer.capture({random_text(20, base->info().n_vocab, 7), random_text(9, base->info().n_vocab, 8)}, never);
            for (const auto & text : texts) {
                for (const auto & rows : text.states) {
                    CHECK(rows.size() == text.tokens.size() * base->info().n_embd && std::all_of(rows.begin(), rows.end(), [](float x) { return std::isfinite(x); }),
                        "%s: states are missing or no numbers", a.label.c_str());
                }
            }
            const auto & states = texts[0].states;
            CHECK(states.size() == 1 || states[0] != states[1], "%s: two layers have the same states", a.label.c_str());
        } catch (const std::exception & why) {
            CHECK(false, "%s: %s", a.label.c_str(), why.what());
        }
    }
    for (const auto & a : test::refused_architectures()) {
        testing::write_random_model(path, a.model);
        std::string code;
        try {
            const auto               base = kangaroo::model::load(path, 0, nullptr);
            const kangaroo::capturer capturer(base, {base->info().n_layer / 2}, 64, 1);
        } catch (const kangaroo::error & why) {
            code = why.code;
            CHECK(std::strstr(why.what(), a.notes.c_str()), "%s: %s", a.label.c_str(), why.what());
        }
        CHECK(code == "unsupported-architecture", "%s: \"%s\"", a.label.c_str(), code.c_str());
    }
}
