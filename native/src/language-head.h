// The base's LM head as training sees it: soft cross-entropy of what the head makes of the adapter's outputs against what it makes of
// the full model's final states, and its gradient. The head's rows are read and widened to F32 in slices, tokens go through in
// tiles: memory stays the same whatever the vocabulary.
#pragma once

#include "compute.h"
#include "llama-exit.h"
#include "model.h"

#include <algorithm>
#include <memory>
#include <vector>

namespace kangaroo {

// Of the positions that were looked at.
struct head_loss {
    double  cross_entropy = 0.0; // sum, in nats: of the adapter's distribution against the model's
    double  entropy       = 0.0; // sum, in nats: the model's own, the least that cross_entropy can be
    int64_t agreed        = 0;   // the likeliest token is the same
    int64_t positions     = 0;

    void add(const head_loss & other) {
        cross_entropy += other.cross_entropy;
        entropy += other.entropy;
        agreed += other.agreed;
        positions += other.positions;
    }
};

class head_rows;

class language_head {
public:
    // `draft_vocab`: ids of the tokens that the adapter may draft; empty: all. Distributions are then over these tokens only, as in
    // the engine's drafts. Throws invalid-argument, out-of-memory, unsupported-architecture where the head's rows cannot be read.
    language_head(const compute & compute, std::shared_ptr<const model> base, const llama_exit_head & head, std::vector<llama_token> draft_vocab);
    ~language_head();

    // y: the adapter's outputs, finals: the model's normalised final states, both [n_embd] times n. `dy`, where not null, gets the
    // gradient of the summed cross-entropy with respect to y, [n_embd] times n. `likeliest`: the model's own likeliest tokens over its
    // whole vocabulary, to judge agreement by; empty: by what is likeliest here.
    head_loss loss(const float * y, const float * finals, int64_t n, float * dy, const std::vector<llama_token> & likeliest = {}) const;

    std::vector<float>       logits(const float * x, int64_t n) const;    // of n states, [n_rows] each
    std::vector<llama_token> likeliest(const float * x, int64_t n) const; // the likeliest token of each of n states

    int64_t n_rows() const { return n_rows_; }
    size_t  memory_bytes() const;

private:
    struct workspace;

    // One column of logits, which lies in slices.
    struct column {
        float * first;
        int64_t rows_per_slice, stride, n_rows; // stride: floats from one slice to the next

        template <typename body_fn> void each_slice(body_fn body) const { // body(values, their number, first row)
            for (int64_t row = 0; row < n_rows; row += rows_per_slice) {
                body(first + row / rows_per_slice * stride, std::min(rows_per_slice, n_rows - row), row);
            }
        }
    };

    void      widen(int64_t slice) const;
    void      transpose(int64_t slice) const;
    void      project(int64_t columns) const;
    column    column_of(int64_t i, int64_t columns) const;
    head_loss judge(const column & adapter, const column & full, int64_t likeliest) const;
    void      pull_back(int64_t n, float * dy) const;

    const compute &              compute_;
    std::shared_ptr<const model> base_;
    const llama_exit_head        head_;
    std::unique_ptr<head_rows>   rows_;
    std::unique_ptr<workspace>   workspace_;
    std::vector<float>           bias_; // of the rows, scaled; empty: none
    std::vector<llama_token>     draft_vocab_;
    int64_t                      n_embd_, n_rows_;
};

} // namespace kangaroo
