// Where the end of a text has stood in it before, and how it went on there. In summaries, code edits and answers from a
// passage the next words are often a copy (Saxena, "Prompt Lookup Decoding", 2023); a look costs less than a microsecond.
#pragma once

#include "llama.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace kangaroo {

class prompt_lookup {
public:
    static constexpr int32_t SHORTEST = 2; // tokens of a match

    struct match {
        int32_t length = 0; // tokens before the end that are the same there, up to LONGEST; 0: none
        int32_t next   = 0; // index of the token that followed there
    };

    // The text from now on. What it shares with the text so far is not read again.
    void assign(const std::vector<llama_token> & text);
    void push(llama_token token);

    // The longest place, and of several the latest, that ends like the text followed by `more`.
    match find(const std::vector<llama_token> & more = {}) const;

    // The i-th token from a match on: a copy may run into the text's end and beyond it, into itself. `more` as in find().
    llama_token token(const match & m, int32_t i, const std::vector<llama_token> & more = {}) const;

private:
    static constexpr int32_t LONGEST = 32, MOST_PLACES = 24;

    static uint64_t key(llama_token a, llama_token b) { return static_cast<uint64_t>(static_cast<uint32_t>(a)) << 32 | static_cast<uint32_t>(b); }

    std::vector<llama_token>              text_;
    std::vector<int32_t>                  previous_; // [i]: the place before i where the same two tokens ended; -1: none
    std::unordered_map<uint64_t, int32_t> latest_;   // two tokens: the index behind their last occurrence
};

} // namespace kangaroo
