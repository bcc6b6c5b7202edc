// Runs texts through the model and brings back what an adapter learns from: states between layers, normalised final states.
#pragma once

#include "captured-file.h"
#include "llama-exit.h"
#include "model.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace kangaroo {

struct text_to_capture {
    std::vector<llama_token> tokens;
    std::vector<uint8_t>     mask; // 1 where a position counts; as long as tokens
};

// A context of its own, with room for one batch of texts. Not thread-safe.
class capturer {
public:
    // `layers`: whose inputs are wanted, 0 < l < n_layer, ascending. Texts are cut off behind max_tokens. Throws invalid-argument,
    // out-of-memory, unsupported-architecture where no adapter could draft for the model.
    capturer(std::shared_ptr<const model> base, std::vector<int32_t> layers, int32_t max_tokens, int32_t threads);
    ~capturer();

    // Several texts in one pass where they are short. Throws invalid-argument for ids the model does not have or a text in which
    // nothing counts, cancelled.
    std::vector<captured_text> capture(const std::vector<text_to_capture> & texts, const std::atomic<bool> & cancelled);

    captured_layout         layout() const;
    const llama_exit_head & head() const { return head_; }
    const llama_context &   context() const { return *ctx_; }

    // The model's own logits after a text, [n_vocab].
    std::vector<float> logits(const std::vector<llama_token> & tokens);

private:
    void check_layers() const;
    void check_head();

    struct deleter {
        void operator()(llama_context * c) const { llama_free(c); }
    };
    std::shared_ptr<const model>            base_;
    const std::vector<int32_t>              layers_;
    const int32_t                           max_tokens_;
    std::unique_ptr<llama_context, deleter> ctx_;
    std::unique_ptr<llama_exit>             exit_; // freed before the context
    llama_exit_head                         head_;
};

// What a captured file says that it belongs to.
std::string identity_of(const model_info & info);

} // namespace kangaroo
