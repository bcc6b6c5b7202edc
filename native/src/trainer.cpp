#include "trainer.h"

#include "adapter-file.h"
#include "argument-check.h"
#include "checksum.h"
#include "layers.h"
#include "model-files.h"
#include "random.h"
#include "timing.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <numeric>

namespace kangaroo {

namespace {

constexpr float CLIP = 0.5f; // of the gradient's norm, as in the paper's code
constexpr float LAST_RATE = 0.05f; // of the learning rate, at the end of the cosine

void check(const training_options & o) {
    check_range("steps", o.steps, 0, 10'000'000);
    check_range("positionsPerStep", o.positions_per_step, 1, 1 << 24);
    check_range("learningRate", o.learning_rate, 0.0f, 1.0f);
    check_range("warmupSteps", o.warmup_steps, -1, o.steps);
    check_range("weightDecay", o.weight_decay, 0.0f, 1.0f);
    check_range("evaluateEvery", o.evaluate_every, 0, 10'000'000);
    check_range("saveEvery", o.save_every, 1, 10'000'000);
    check_range("threads", o.threads, 0, 512);
}

adapter_shape shape_of(const model & base, const llama_context & ctx, int32_t exit_layer) {
    const auto    like = llama_exit_shape_of(ctx, exit_layer);
    adapter_shape s;
    s.exit_layer     = exit_layer;
    s.n_embd         = base.info().n_embd;
    s.n_head         = like.n_head;
    s.n_head_kv      = like.n_head_kv;
    s.n_embd_head    = like.n_embd_head;
    s.n_rot          = like.n_rot;
    s.freq_base      = like.freq_base;
    s.max_alibi_bias = like.max_alibi_bias;
    return s;
}

// The base's last norm: a good beginning for the adapter's. Empty where it has none as a file of F32.
std::vector<float> final_norm_of(const model & base) {
    const model_files files(base.info().path);
    const auto [file, id] = files.find("output_norm.weight");
    if (!file || gguf_get_tensor_type(file->get(), id) != GGML_TYPE_F32) {
        return {};
    }
    const auto         bytes = file->read(id);
    std::vector<float> out(bytes.size() / sizeof(float));
    std::memcpy(out.data(), bytes.data(), out.size() * sizeof(float));
    return out;
}

// Texts in another order in each epoch.
std::vector<int64_t> order_of(int64_t texts, uint64_t seed, int64_t epoch) {
    std::vector<int64_t> order(texts);
    std::iota(order.begin(), order.end(), 0);
    random_numbers random(seed * 0x100000001B3u + static_cast<uint64_t>(epoch) + 1);
    for (int64_t i = texts - 1; i > 0; --i) {
        std::swap(order[i], order[random.below(i + 1)]);
    }
    return order;
}

float rate_at(const training_options & o, float height, int32_t step) { // step counts from 0
    const int32_t warmup = o.warmup_steps >= 0 ? o.warmup_steps : std::min(100, (o.steps + 19) / 20);
    if (step < warmup) {
        return height * static_cast<float>(step + 1) / static_cast<float>(warmup);
    }
    const double progress = static_cast<double>(step - warmup) / std::max(1, o.steps - warmup);
    return height * static_cast<float>(LAST_RATE + (1.0 - LAST_RATE) * 0.5 * (1.0 + std::cos(3.141592653589793 * progress)));
}

// Rows of the positions that count, and back.
std::vector<float> gather(const std::vector<float> & rows, const std::vector<uint8_t> & mask, int64_t n_embd) {
    std::vector<float> out;
    for (size_t i = 0; i < mask.size(); ++i) {
        if (mask[i]) {
            out.insert(out.end(), rows.begin() + i * n_embd, rows.begin() + (i + 1) * n_embd);
        }
    }
    return out;
}

std::vector<float> scatter(const std::vector<float> & rows, const std::vector<uint8_t> & mask, int64_t n_embd) {
    std::vector<float> out(mask.size() * n_embd, 0.0f);
    size_t             from = 0;
    for (size_t i = 0; i < mask.size(); ++i) {
        if (mask[i]) {
            std::copy(rows.begin() + from * n_embd, rows.begin() + (from + 1) * n_embd, out.begin() + i * n_embd);
            ++from;
        }
    }
    return out;
}

} // namespace

void check_head(capturer & capturer, const language_head & head, const model & base) {
    // Activations are quantised in the model and not here: about a hundredth of the logits' spread.
    constexpr double TOLERANCE = 0.1;
    text_to_capture  text;
    for (uint32_t i = 0, state = 1; i < 24; ++i) {
        state = state * 1664525u + 1013904223u;
        text.tokens.push_back(static_cast<llama_token>((state >> 8) % base.info().n_vocab));
    }
    text.mask.assign(text.tokens.size(), 0);
    text.mask.back() = 1;
    const std::atomic<bool> never{false};
    const auto              captured = capturer.capture({text}, never);
    const auto              wanted = capturer.logits(text.tokens), found = head.logits(captured[0].finals.data(), 1);
    double                  mean = 0.0, spread = 0.0, difference = 0.0;
    for (const float x : wanted) {
        mean += x / static_cast<double>(wanted.size());
    }
    for (size_t i = 0; i < found.size(); ++i) {
        spread += (wanted[i] - mean) * (wanted[i] - mean);
        difference += (wanted[i] - found[i]) * (wanted[i] - found[i]);
    }
    if (found.size() != wanted.size() || !(std::sqrt(difference) <= TOLERANCE * std::sqrt(spread))) {
        throw error("unsupported-architecture", "No adapter can be trained for " + base.info().name + ": its logits are not what its head makes of its final state. Choose another model.");
    }
}

namespace {

class trainer {
public:
    trainer(std::shared_ptr<const model> base, const training_options & o, const std::function<void(const training_event &)> & on_event, const std::atomic<bool> & cancelled)
        : base_(std::move(base)), o_(o), on_event_(on_event), cancelled_(cancelled), texts_(o.captured, identity_of(base_->info())),
          compute_(o.threads) {
        if (texts_.totals().targets == 0) {
            invalid(o.captured + " holds no text to learn from.");
        }
        if (!o.held_out.empty()) {
            held_out_ = std::make_unique<captured_reader>(o.held_out, identity_of(base_->info()));
        }
        texts_.read(0, o.exit_layer); // refuses a layer that is not there before anything large is made
        capturer capturer(base_, {o.exit_layer}, 64, o.threads);
        head_ = std::make_unique<language_head>(compute_, base_, capturer.head(), std::vector<llama_token>());
        check_head(capturer, *head_, *base_);
        network_ = std::make_unique<adapter_network>(compute_, shape_of(*base_, capturer.context(), o.exit_layer), llama_exit_rotation_of(capturer.context(), o.exit_layer));
        if (!o.draft_vocab.empty()) {
            judge_by_whole_vocabulary();
            head_.reset();
            head_ = std::make_unique<language_head>(compute_, base_, capturer.head(), o.draft_vocab);
        }
        height_ = o.learning_rate > 0.0f ? o.learning_rate : 1.0f / static_cast<float>(base_->info().n_embd);
    }

    // The base's own norm and head on the exit state, and an adapter after a quick training.
    layer_evaluation evaluate_layer() {
        layer_evaluation e;
        e.layer = o_.exit_layer;
        network_->initialize(o_.seed, final_norm_of(*base_));
        ggml_tensor * out = network_->parameters()[adapter_network::attn_output].weight;
        std::vector<uint8_t> kept(ggml_nbytes(out));
        std::memcpy(kept.data(), out->data, kept.size());
        std::memset(out->data, 0, kept.size()); // y = norm(h)
        const auto bare  = evaluate();
        e.bare_agreement = bare.agreement;
        e.positions      = bare.positions;
        std::memcpy(out->data, kept.data(), kept.size());
        std::vector<int64_t> order = order_of(texts_.totals().texts, o_.seed, 0);
        while (at_.step < o_.steps && one_step(order)) {
        }
        if (at_.step > 0 && !cancelled_) {
            e.fitted_agreement = evaluate().agreement;
        }
        return e;
    }

    training_result run() {
        const double    began = now_ms();
        training_result r;
        r.steps    = o_.steps;
        r.n_params = network_->n_params();
        r.learned_from = texts_.totals();
        begin();
        std::vector<int64_t> order = order_of(texts_.totals().texts, o_.seed, at_.epoch);
        while (at_.step < o_.steps && !cancelled_) {
            if (!one_step(order)) {
                break;
            }
            if (o_.evaluate_every > 0 && at_.step % o_.evaluate_every == 0 && at_.step < o_.steps) {
                r.held_out = evaluate();
            }
            if (at_.step % o_.save_every == 0) {
                save_state(o_.state_path, *network_, at_, belongs_to());
            }
        }
        r.step     = at_.step;
        r.finished = at_.step >= o_.steps;
        save_state(o_.state_path, *network_, at_, belongs_to());
        if (r.finished) {
            r.held_out = evaluate();
            r.finished = !cancelled_;
        }
        if (r.finished) {
            save_adapter(o_.adapter_path, *network_, base_->info(), o_, r);
        }
        r.seconds = (now_ms() - began) / 1000.0;
        return r;
    }

private:
    void begin() {
        std::error_code failed;
        if (o_.resume && std::filesystem::exists(o_.state_path, failed)) {
            at_ = load_state(o_.state_path, *network_, belongs_to());
        } else {
            network_->initialize(o_.seed, final_norm_of(*base_));
        }
    }

    // What the next step depends on besides the state: a state of another training must not go on here.
    std::string belongs_to() const {
        checksum vocabulary;
        vocabulary.add(o_.draft_vocab.data(), o_.draft_vocab.size() * sizeof(llama_token));
        const auto & t = texts_.totals();
        return texts_.layout().text() + "\n" + std::to_string(o_.exit_layer) + " steps " + std::to_string(o_.steps) + " of " + std::to_string(o_.positions_per_step) +
            " rate " + std::to_string(height_) + " warmup " + std::to_string(o_.warmup_steps) + " decay " + std::to_string(o_.weight_decay) + " seed " + std::to_string(o_.seed) +
            " texts " + std::to_string(t.texts) + " " + std::to_string(t.tokens) + " " + std::to_string(t.targets) + " vocabulary " + std::to_string(vocabulary.value());
    }

    // False when it was stopped in the middle: nothing has changed then.
    bool one_step(std::vector<int64_t> & order) {
        const double      began = now_ms();
        training_progress next  = at_;
        head_loss         sum;
        int64_t           tokens = 0;
        network_->clear_gradients();
        while (sum.positions < o_.positions_per_step) {
            if (cancelled_) {
                order = order_of(texts_.totals().texts, o_.seed, at_.epoch);
                return false;
            }
            if (next.next_text >= static_cast<int64_t>(order.size())) {
                next.epoch += 1;
                next.next_text = 0;
                order          = order_of(texts_.totals().texts, o_.seed, next.epoch);
            }
            const captured_text text = texts_.read(order[next.next_text++], o_.exit_layer);
            sum.add(learn(text));
            tokens += static_cast<int64_t>(text.tokens.size());
        }
        network_->scale_gradients(1.0f / static_cast<float>(sum.positions));
        training_step s;
        s.gradient_norm = network_->gradient_norm();
        s.learning_rate = rate_at(o_, height_, next.step);
        if (!std::isfinite(s.gradient_norm)) {
            throw error("internal", "The training has left the range of numbers in step " + std::to_string(next.step + 1) + ". Start it again with a smaller learning rate.");
        }
        if (s.gradient_norm > CLIP) {
            network_->scale_gradients(CLIP / s.gradient_norm);
        }
        network_->step(++next.step, s.learning_rate, o_.weight_decay);
        at_                 = next;
        s.step              = at_.step;
        s.steps             = o_.steps;
        s.positions         = sum.positions;
        s.loss              = sum.cross_entropy / static_cast<double>(sum.positions);
        s.least_loss        = sum.entropy / static_cast<double>(sum.positions);
        s.tokens_per_second = static_cast<double>(tokens) * 1000.0 / (now_ms() - began);
        on_event_(s);
        return true;
    }

    head_loss learn(const captured_text & text) {
        const int64_t      n_embd = base_->info().n_embd;
        const auto         y      = gather(network_->forward(text.states[0], true), text.mask, n_embd);
        std::vector<float> dy(y.size());
        const head_loss    l = head_->loss(y.data(), text.finals.data(), text.targets(), dy.data());
        network_->backward(scatter(dy, text.mask, n_embd));
        return l;
    }

    training_evaluation evaluate() {
        training_evaluation e;
        e.step = at_.step;
        head_loss sum;
        for (int64_t i = 0; held_out_ && i < held_out_->totals().texts && !cancelled_; ++i) {
            const captured_text text = held_out_->read(i, o_.exit_layer);
            const auto          y    = gather(network_->forward(text.states[0], false), text.mask, base_->info().n_embd);
            sum.add(head_->loss(y.data(), text.finals.data(), text.targets(), nullptr, likeliest_.empty() ? std::vector<llama_token>() : likeliest_[i]));
        }
        if (sum.positions == 0 || cancelled_) {
            return e;
        }
        const auto n          = static_cast<double>(sum.positions);
        e.positions           = sum.positions;
        e.agreement           = static_cast<double>(sum.agreed) / n;
        e.cross_entropy       = sum.cross_entropy / n;
        e.least_cross_entropy = sum.entropy / n;
        on_event_(e);
        return e;
    }

    // A draft vocabulary lacks tokens that the model may want: agreement must count those as missed.
    void judge_by_whole_vocabulary() {
        for (int64_t i = 0; held_out_ && i < held_out_->totals().texts && !cancelled_; ++i) {
            const captured_text text = held_out_->read(i, o_.exit_layer);
            likeliest_.push_back(head_->likeliest(text.finals.data(), text.targets()));
        }
    }

    std::shared_ptr<const model>                        base_;
    const training_options &                            o_;
    const std::function<void(const training_event &)> & on_event_;
    const std::atomic<bool> &                           cancelled_;
    captured_reader                                     texts_;
    std::unique_ptr<captured_reader>                    held_out_;
    const compute                                       compute_;
    std::unique_ptr<language_head>                      head_;
    std::unique_ptr<adapter_network>                    network_;
    std::vector<std::vector<llama_token>>               likeliest_; // per held-out text, with a draft vocabulary
    training_progress                                   at_;
    float                                               height_ = 0.0f; // of the learning rate
};

} // namespace

training_result train_adapter(std::shared_ptr<const model> base, const training_options & options,
    const std::function<void(const training_event &)> & on_event, const std::atomic<bool> & cancelled) {
    check(options);
    if (options.adapter_path.empty() || options.state_path.empty() || options.steps < 1) {
        invalid("A training needs at least one step, a place for its state and one for the adapter.");
    }
    return trainer(std::move(base), options, on_event, cancelled).run();
}

std::vector<layer_evaluation> evaluate_layers(std::shared_ptr<const model> base, const layers_options & options,
    const std::function<void(const layer_evaluation &)> & on_layer, const std::atomic<bool> & cancelled) {
    training_options o;
    o.captured           = options.captured;
    o.held_out           = options.held_out;
    o.steps              = options.steps;
    o.positions_per_step = options.positions_per_step;
    o.threads            = options.threads;
    check(o);
    if (o.held_out.empty()) {
        invalid("Layers are compared on held-out texts: their file is missing.");
    }
    const auto                    layers = captured_reader(o.captured, identity_of(base->info())).layout().layers;
    std::vector<layer_evaluation> out;
    for (const int32_t layer : layers) {
        o.exit_layer = layer;
        const auto e = trainer(base, o, [](const training_event &) {}, cancelled).evaluate_layer();
        if (cancelled) {
            break;
        }
        out.push_back(e);
        on_layer(e);
    }
    return out;
}

} // namespace kangaroo
