// Single rows of the LM head as F32, whatever its type and wherever it lies.
#pragma once

#include "compute.h"
#include "model-files.h"
#include "llama.h"

#include <memory>
#include <string>
#include <vector>

namespace kangaroo {

// Reads rows where they lie in the machine's memory; those of a GPU, or of a head that was repacked for it, from the model's file.
// The file may be one of several of a split model.
class head_rows {
public:
    // `ids`: the only rows that are wanted, in this order, gathered at once; empty: all. Throws unsupported-architecture where they are
    // in neither, and the errors of gguf_file.
    head_rows(const std::string & model_path, const ggml_tensor & weight, const std::vector<llama_token> & ids);

    // Rows [first, first + n), [n_embd] each.
    void read(const compute & compute, int64_t first, int64_t n, float * to) const;

private:
    void open(const std::string & model_path, const ggml_tensor & weight);

    ggml_type                  type_;
    int64_t                    n_embd_;
    size_t                     row_bytes_;
    const uint8_t *            data_ = nullptr; // of all rows; null: in the file
    std::vector<uint8_t>       gathered_;
    std::unique_ptr<model_files> files_;
    model_files::place         place_; // where data_ is null
};

} // namespace kangaroo
