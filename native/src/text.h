// From token bytes to text that may be shown: whole UTF-8 characters only, and nothing from a stop text on.
#pragma once

#include <string>
#include <vector>

namespace kangaroo {

bool is_utf8(const std::string & bytes);

// Replaces what is no UTF-8 by U+FFFD.
std::string to_utf8(const std::string & bytes);

class text_stream {
public:
    explicit text_stream(std::vector<std::string> stops) : stops_(std::move(stops)) {}

    // Takes a token's bytes and returns what may be shown now. An incomplete character and a possible beginning of a stop
    // text are held back.
    std::string feed(const std::string & bytes);

    // A stop text has been completed: nothing more may be shown.
    bool stopped() const { return stopped_; }

    // What is still held back, at the end of the answer.
    std::string flush();

private:
    std::vector<std::string> stops_;
    std::string              held_;
    bool                     stopped_ = false;
};

} // namespace kangaroo
