// Models and adapters with random weights, written as GGUF files tensor by tensor: what tests and benchmarks of shapes need.
// The tensors of an architecture are not listed here: llama.cpp says itself what it would load for given keys.
#pragma once

#include "ggml.h"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace testing {

using gguf_value = std::variant<uint32_t, float, bool, std::string, std::vector<uint32_t>, std::vector<float>>;

struct random_model {
    std::string architecture = "llama"; // as in general.architecture
    std::string name;                   // '': architecture
    ggml_type   type = GGML_TYPE_Q8_0;  // of matrices: F32, F16, Q8_0 or Q4_0; those whose rows no block divides become F16
    uint64_t    seed = 1;

    // Keys that every architecture has. 0: not written, so that llama.cpp's own default holds.
    uint32_t n_layer = 4, n_embd = 64, n_head = 4, n_head_kv = 2, n_embd_head = 0, n_rot = 0, n_ff = 128;
    uint32_t n_vocab = 512; // at least 320
    uint32_t n_ctx   = 4096;
    uint32_t n_expert = 0, n_expert_used = 0, n_ff_expert = 0;
    float    freq_base = 10000.0f;

    // More keys; they replace those above. They get the architecture's prefix unless they begin with a slash, as "/general.license".
    std::vector<std::pair<std::string, gguf_value>> keys;

    // Optional tensors that the file shall not have (llama.cpp would take all it knows): whole names, or ends of names that begin
    // with a dot, as ".bias". Without "output.weight" the embeddings serve as head.
    std::vector<std::string> without;

    // Standard deviation of embeddings, and that of matrices times the root of their row length. Larger matrices make greedy
    // answers wander; small ones let them repeat one token.
    float embedding_scale = 0.5f, matrix_scale = 1.5f;
};

// The same file for the same description on every machine. The tokenizer is byte-level BPE: 256 bytes, a few merges, made-up words,
// last an end-of-turn token that random weights never choose (its row of the head is 0). Memory: one tensor row and the header.
// Throws std::runtime_error where llama.cpp does not accept the keys, or the file cannot be written.
void write_random_model(const std::string & path, const random_model & model);

struct random_adapter {
    int32_t   exit_layer = 1;
    uint32_t  n_head = 4, n_head_kv = 2;
    uint32_t  n_embd_head = 0; // 0: n_embd / n_head
    uint32_t  n_rot = 0;       // 0: the whole head
    ggml_type type = GGML_TYPE_F16;
    float     freq_base = 10000.0f, norm_eps = 1e-5f, matrix_scale = 1.0f;
    uint64_t  seed = 1;
    std::vector<int32_t> draft_vocab; // empty: the whole vocabulary
};

// An adapter for the model at `base_path` (its fingerprint and n_embd). Throws the errors of gguf_file.
void write_random_adapter(const std::string & path, const std::string & base_path, const random_adapter & adapter);

} // namespace testing
