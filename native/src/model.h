// A loaded base model and its adapters. Thread-safe to read once loaded; sessions keep both alive.
#pragma once

#include "free-memory.h"
#include "gguf-file.h"
#include "llama-exit.h"
#include "llama.h"
#include "turns.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kangaroo {

// Loads ggml's backends once: those beside the linked ggml, then GPU backends of sibling packages. Quiet: llama.cpp's log
// is kept for error messages only.
void init_backends();

std::vector<std::string> devices();

struct gpu_memory {
    std::string name;
    size_t      total = 0, free = 0; // bytes, as its driver tells
};

// Every GPU that a backend was loaded for.
std::vector<gpu_memory> gpus();

// llama.cpp's quantiser. `type`: F32, F16, Q8_0, Q4_0, Q4_K_M, … Throws invalid-argument, or the errors of gguf_file.
void quantize(const std::string & source, const std::string & target, const std::string & type);

struct model_info {
    std::string path, name, architecture, file_type, fingerprint;
    int64_t     n_params = 0, size_bytes = 0;
    int32_t     n_layer = 0, n_embd = 0, n_vocab = 0, n_ctx_train = 0;
};

class model;

// An adapter on the device of its exit layer.
class adapter {
public:
    const adapter_info & info() const { return info_; }
    const llama_exit_adapter & weights() const { return weights_; }
    uint64_t                   checksum() const { return checksum_; } // of its tensors

private:
    friend class model;
    adapter_info       info_;
    llama_exit_adapter weights_;
    uint64_t           checksum_ = 0;
};

class model : public std::enable_shared_from_this<model> {
public:
    // `progress` is called with 0…1 and cancels by returning false. Throws the errors of gguf_file, cancelled,
    // unsupported-architecture, out-of-memory.
    static std::shared_ptr<model> load(const std::string & path, int32_t gpu_layers, const std::function<bool(float)> & progress);

    // Throws the errors of gguf_file, adapter-invalid, adapter-mismatch (before anything is loaded), out-of-memory.
    std::shared_ptr<adapter> load_adapter(const std::string & path) const;

    const model_info &  info() const { return info_; }
    llama_model *       get() const { return model_.get(); }
    turns &             sessions() const { return turns_; } // who of its sessions computes
    const llama_vocab * vocab() const { return vocab_; }
    std::string         chat_template() const;

    // These throw file-damaged where the vocabulary contradicts itself.
    std::vector<llama_token> tokenize(const std::string & text, bool add_special, bool parse_special) const;
    std::string              detokenize(const std::vector<llama_token> & ids, bool special) const;
    std::string              piece(llama_token id, bool special) const; // the token's bytes, not always whole UTF-8 characters
    bool                     ends_generation(llama_token id) const { return llama_vocab_is_eog(vocab_, id); }

private:
    template <typename body_fn> auto with_vocabulary(body_fn body) const;

    struct model_deleter {
        void operator()(llama_model * m) const {
            llama_model_free(m);
            return_free_memory();
        }
    };
    model_info                                  info_;
    std::unique_ptr<llama_model, model_deleter> model_;
    const llama_vocab *                         vocab_ = nullptr;
    mutable turns                               turns_;
};

} // namespace kangaroo
