// llama.cpp's speculative decoding, one answer at a time: its own drafters (common/speculative.h), greedy verification.
#pragma once

#include "ggml-cpu.h"
#include "llama-cpp.h"
#include "speculative.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace peers {

// How one peer drafts. `type` is llama.cpp's name (`none`, `ngram-simple`, `draft-simple`, …); settings that are not given
// keep llama.cpp's defaults: `n`, `m`, `minHits`, `min`, `max`, `minProbability`.
struct variant {
    std::string                   type;
    std::map<std::string, double> settings;
};

struct options {
    std::string                model_path;
    std::optional<std::string> drafter_path;
    int32_t                    context_size = 0;
    int32_t                    threads      = 1;
    int32_t                    gpu_layers   = -1; // -1: all
};

struct answer {
    std::vector<llama_token> tokens;      // an end-of-turn token included
    double                   prompt_ms;   // from the call to the first token
    double                   ms;          // from the first token to the last
    int32_t                  rounds = 0;  // passes of the target after the prompt's
    int32_t                  drafted  = 0;
    int32_t                  accepted = 0;
};

// Loads the backends that lie beside the linked ggml, and those of GPU packages beside that. Once, before anything else.
void load_backends();

class speculation {
  public:
    // Throws std::runtime_error with what failed.
    explicit speculation(const options & options);

    // Adds a peer; throws where there is no such type or setting. Returns its parameters in words.
    std::string add(const std::string & name, const variant & variant);

    // From empty caches and a drafter without memory, as if the process had just been started.
    answer generate(const std::string & name, const std::vector<llama_token> & prompt, int32_t max_tokens);

    int32_t context_size() const;

  private:
    struct threadpool_deleter {
        void operator()(ggml_threadpool * pool) const;
    };

    llama_context_ptr make_context(llama_model * model) const;
    llama_token       likeliest(int32_t row) const;
    void              read_prompt(const std::vector<llama_token> & prompt, common_speculative * drafter);

    options           options_;
    llama_model_ptr   model_;
    llama_model_ptr   drafter_;
    std::unique_ptr<ggml_threadpool, threadpool_deleter> threadpool_; // of both contexts, which compute in turns
    llama_context_ptr ctx_;
    llama_context_ptr drafter_ctx_;
    const llama_vocab * vocab_ = nullptr;
    std::map<std::string, common_params_speculative> variants_;
};

} // namespace peers
