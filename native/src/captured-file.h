// What training reads: for each text its tokens, which of them count, and the model's states, in a file that is written text by text
// and can be continued after any interruption. States are kept in half precision with a scale per row.
#pragma once

#include "llama.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace kangaroo {

struct captured_text {
    std::vector<llama_token> tokens;
    std::vector<uint8_t>     mask; // 1 where a position counts: its exit state is to predict what follows
    std::vector<std::vector<float>> states; // per layer [n_embd] per token
    std::vector<float>              finals; // the normalised final states, [n_embd] per position that counts

    int64_t targets() const;
};

// What a file belongs to.
struct captured_layout {
    std::string          model; // identifies the base and its quantisation
    int32_t              n_embd = 0;
    std::vector<int32_t> layers; // whose inputs are kept, ascending

    std::string text() const; // the same for the same layout
};

// Bytes that a text takes.
int64_t captured_bytes(const captured_layout & layout, int64_t n_tokens, int64_t n_targets);

struct captured_totals {
    int64_t texts = 0, tokens = 0, targets = 0, bytes = 0;
};

class captured_writer {
public:
    // Continues the file where it is one of this layout, behind its last whole text; begins it otherwise anew. Throws
    // invalid-argument where the file belongs to something else, disk-full, file-not-readable.
    captured_writer(const std::string & path, const captured_layout & layout);

    void                    add(const captured_text & text); // throws disk-full, file-not-readable; the file then ends before this text
    const captured_totals & totals() const { return totals_; }

private:
    struct closer {
        void operator()(std::FILE * f) const { std::fclose(f); }
    };
    std::string                          path_;
    captured_layout                      layout_;
    std::unique_ptr<std::FILE, closer>   file_;
    captured_totals                      totals_;
};

class captured_reader {
public:
    // Throws file-not-found, file-not-readable, file-damaged where it is none, invalid-argument where it belongs to another model.
    captured_reader(const std::string & path, const std::string & model);

    const captured_layout & layout() const { return layout_; }
    const captured_totals & totals() const { return totals_; }
    int64_t                 targets_of(int64_t text) const { return places_[text].n_targets; }

    // With the states of one layer of the layout only: states has one element. Throws file-damaged, invalid-argument for a layer that
    // was not captured.
    captured_text read(int64_t text, int32_t layer) const;

private:
    friend class captured_writer;
    struct place {
        int64_t at, n_tokens, n_targets;
    };
    struct closer {
        void operator()(std::FILE * f) const { std::fclose(f); }
    };
    std::string                        path_;
    captured_layout                    layout_;
    std::unique_ptr<std::FILE, closer> file_;
    std::vector<place>                 places_;
    captured_totals                    totals_;
};

} // namespace kangaroo
