#include "capture.h"

#include "abort-guard.h"
#include "argument-check.h"
#include "compute.h"

#include <algorithm>
#include <cstring>

namespace kangaroo {

namespace {

constexpr int64_t OUTPUT_BYTES = 128 << 20; // llama.cpp keeps room for the logits of a whole batch, though none are computed
constexpr int32_t BATCH        = 512, TEXTS = 32;
constexpr int32_t LONGEST_TEXT = 8192;

error refused(const model & m, const std::exception & why) {
    return {"unsupported-architecture", "No adapter can be trained for " + m.info().name + ": " + why.what() + ". Choose another model."};
}

} // namespace

std::string identity_of(const model_info & m) {
    return m.fingerprint + " " + m.architecture + " " + m.file_type + " " + std::to_string(m.size_bytes);
}

capturer::capturer(std::shared_ptr<const model> base, std::vector<int32_t> layers, int32_t max_tokens, int32_t threads)
    : base_(std::move(base)), layers_(std::move(layers)), max_tokens_(max_tokens) {
    const model_info & info = base_->info();
    check_range("maxTokens", max_tokens, 8, LONGEST_TEXT);
    check_range("threads", threads, 0, 512);
    if (layers_.empty() || !std::is_sorted(layers_.begin(), layers_.end()) || std::adjacent_find(layers_.begin(), layers_.end()) != layers_.end() ||
        layers_.front() < 1 || layers_.back() >= info.n_layer) {
        invalid("The exit layers must be different, ascending, and lie between 1 and " + std::to_string(info.n_layer - 1) + ".");
    }
    if (info.fingerprint.empty()) {
        throw error("unsupported-architecture", "No adapter can be trained for " + info.name + ": its layers have no norms to recognise it by. Choose another model.");
    }
    auto params            = llama_context_default_params();
    params.n_batch         = static_cast<uint32_t>(std::clamp<int64_t>(OUTPUT_BYTES / 4 / info.n_vocab, 32, BATCH));
    params.n_ubatch        = params.n_batch;
    params.n_ctx           = (std::max<uint32_t>(max_tokens, params.n_batch) + 255) / 256 * 256;
    params.n_seq_max       = TEXTS;
    params.kv_unified      = true; // texts of any lengths side by side, in the order in which they were given
    params.n_outputs_max   = params.n_batch;
    params.n_threads       = params.n_threads_batch = threads > 0 ? threads : training_threads();
    params.swa_full        = true;
    params.no_perf         = true;
    check_layers();
    try {
        const abort_guard guard;
        ctx_.reset(llama_init_from_model(base_->get(), params));
    } catch (const std::bad_alloc &) {
    }
    if (!ctx_) {
        throw error("out-of-memory", "There is not enough memory to capture texts. Close other programs, or choose shorter texts.");
    }
    exit_ = std::make_unique<llama_exit>(*ctx_, nullptr, 1);
    try {
        check_head();
    } catch (const error &) {
        throw;
    } catch (const std::runtime_error & why) {
        throw refused(*base_, why);
    }
}

capturer::~capturer() = default;

// A trial round with an adapter of zeros at every layer that is wanted: what cannot draft is refused before anything is captured.
void capturer::check_layers() const {
    auto params          = llama_context_default_params();
    params.n_ctx         = 256;
    params.n_batch       = params.n_ubatch = 32;
    params.n_outputs_max = 2;
    params.n_threads     = params.n_threads_batch = 1;
    params.swa_full      = true;
    params.no_perf       = true;
    for (const int32_t layer : layers_) {
        try {
            const abort_guard guard;
            const std::unique_ptr<llama_context, deleter> ctx(llama_init_from_model(base_->get(), params));
            if (!ctx) {
                throw error("out-of-memory", "There is not enough memory to capture texts. Close other programs.");
            }
            const auto         shape = llama_exit_shape_of(*ctx, layer);
            llama_exit_adapter a;
            a.exit_layer = layer;
            a.n_head     = shape.n_head;
            a.n_head_kv  = shape.n_head_kv;
            a.n_rot      = shape.n_rot;
            a.freq_base  = shape.freq_base;
            a.norm_eps   = 1e-5f;
            a.ctx.reset(ggml_init({ggml_tensor_overhead() * 8, nullptr, true}));
            const auto matrix = [&](int64_t n, int64_t m) { return ggml_new_tensor_2d(a.ctx.get(), GGML_TYPE_F16, n, m); };
            const int64_t n_embd = base_->info().n_embd, q = shape.n_head * shape.n_embd_head, kv = shape.n_head_kv * shape.n_embd_head;
            a.attn_norm = ggml_new_tensor_1d(a.ctx.get(), GGML_TYPE_F32, n_embd);
            a.norm      = ggml_new_tensor_1d(a.ctx.get(), GGML_TYPE_F32, n_embd);
            a.wq        = matrix(n_embd, q);
            a.wk        = matrix(n_embd, kv);
            a.wv        = matrix(n_embd, kv);
            a.wo        = matrix(q, n_embd);
            a.buffer.reset(ggml_backend_alloc_ctx_tensors_from_buft(a.ctx.get(), llama_exit_buffer_type(*base_->get(), layer)));
            if (!a.buffer) {
                throw error("out-of-memory", "There is not enough memory to capture texts. Close other programs.");
            }
            ggml_backend_buffer_clear(a.buffer.get(), 0);
            const llama_exit trial(*ctx, &a, 2);
        } catch (const error &) {
            throw;
        } catch (const std::runtime_error & why) {
            throw refused(*base_, std::runtime_error(layers_.size() > 1 ? why.what() + (" (exit layer " + std::to_string(layer) + ")") : why.what()));
        }
    }
}

// The head is known from the first capture on.
void capturer::check_head() {
    llama_exit_captured     ignored;
    const llama_token       token = 0;
    const llama_exit_piece  piece{&token, 1, 0, 0};
    if (exit_->capture({piece}, layers_, ignored) != 0) {
        throw std::runtime_error("a trial pass failed");
    }
    head_ = exit_->head();
    llama_memory_clear(llama_get_memory(ctx_.get()), false);
}

captured_layout capturer::layout() const {
    return {identity_of(base_->info()), base_->info().n_embd, layers_};
}

std::vector<float> capturer::logits(const std::vector<llama_token> & tokens) {
    llama_memory_clear(llama_get_memory(ctx_.get()), false);
    const int32_t batch = static_cast<int32_t>(llama_n_batch(ctx_.get())), n = std::min(static_cast<int32_t>(tokens.size()), max_tokens_);
    for (int32_t at = 0; at < n; at += batch) {
        if (exit_->decode(&tokens[at], std::min(batch, n - at), at, false) != 0) {
            throw error("internal", "A text could not be computed.");
        }
    }
    const float * out = llama_get_logits_ith(ctx_.get(), -1);
    return {out, out + base_->info().n_vocab};
}

std::vector<captured_text> capturer::capture(const std::vector<text_to_capture> & texts, const std::atomic<bool> & cancelled) {
    const model_info & info = base_->info();
    const int64_t      n_embd = info.n_embd;
    const auto         n_batch = static_cast<int32_t>(llama_n_batch(ctx_.get()));
    std::vector<captured_text> out;
    for (const auto & t : texts) {
        if (t.tokens.size() != t.mask.size()) {
            invalid("The mask of a text must be as long as its tokens.");
        }
        for (const llama_token id : t.tokens) {
            if (id < 0 || id >= info.n_vocab) {
                invalid("There is no token " + std::to_string(id) + ".");
            }
        }
        captured_text    c;
        const size_t     n = std::min(t.tokens.size(), static_cast<size_t>(max_tokens_));
        c.tokens.assign(t.tokens.begin(), t.tokens.begin() + n);
        for (size_t i = 0; i < n; ++i) {
            c.mask.push_back(t.mask[i] != 0);
        }
        if (c.targets() == 0) {
            invalid("In a text of " + std::to_string(t.tokens.size()) + " tokens nothing is to be learned: its mask is 0 in the first " + std::to_string(n) + " tokens.");
        }
        c.states.resize(layers_.size());
        out.push_back(std::move(c));
    }
    // Pieces are put into passes as they come; a text that does not fit into the rest of a pass begins the next one, a longer one
    // takes several.
    llama_exit_captured rows;
    const auto run = [&](const std::vector<llama_exit_piece> & pieces, size_t first) {
        if (cancelled) {
            throw error("cancelled", "Capturing was stopped. What was captured is kept.");
        }
        if (exit_->capture(pieces, layers_, rows) != 0) {
            throw error("out-of-memory", "There is not enough memory to capture texts. Close other programs, or choose shorter texts.");
        }
        int64_t at = 0;
        for (size_t i = 0; i < pieces.size(); ++i) {
            captured_text & c = out[first + i];
            for (size_t l = 0; l < layers_.size(); ++l) {
                c.states[l].insert(c.states[l].end(), rows.states[l].begin() + at * n_embd, rows.states[l].begin() + (at + pieces[i].n) * n_embd);
            }
            for (int32_t j = 0; j < pieces[i].n; ++j) {
                if (c.mask[pieces[i].pos + j]) {
                    c.finals.insert(c.finals.end(), rows.finals.begin() + (at + j) * n_embd, rows.finals.begin() + (at + j + 1) * n_embd);
                }
            }
            at += pieces[i].n;
        }
    };
    for (size_t first = 0; first < out.size();) {
        llama_memory_clear(llama_get_memory(ctx_.get()), false);
        std::vector<llama_exit_piece> pieces;
        int32_t                       filled = 0;
        size_t                        next   = first;
        for (; next < out.size() && static_cast<int32_t>(pieces.size()) < TEXTS; ++next) {
            const auto n = static_cast<int32_t>(out[next].tokens.size());
            if (!pieces.empty() && filled + n > n_batch) {
                break;
            }
            pieces.push_back({out[next].tokens.data(), std::min(n, n_batch), 0, static_cast<llama_seq_id>(next - first)});
            filled += n;
        }
        run(pieces, first);
        for (int32_t at = n_batch; at < static_cast<int32_t>(out[first].tokens.size()); at += n_batch) { // the rest of a long text
            run({{&out[first].tokens[at], std::min(n_batch, static_cast<int32_t>(out[first].tokens.size()) - at), at, 0}}, first);
        }
        first = next;
    }
    return out;
}

} // namespace kangaroo
