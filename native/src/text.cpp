#include "text.h"

#include <algorithm>

namespace kangaroo {

namespace {

constexpr const char * REPLACEMENT = "\xEF\xBF\xBD";

// Length of the UTF-8 character that begins at bytes[at]; 0 when it is none, -1 when the text ends inside it.
int character_length(const std::string & bytes, size_t at) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const unsigned char first = byte(at);
    if (first < 0x80) {
        return 1;
    }
    const int n = first >= 0xC2 && first <= 0xDF ? 2 : first >= 0xE0 && first <= 0xEF ? 3 : first >= 0xF0 && first <= 0xF4 ? 4 : 0;
    for (int i = 1; i < n; ++i) {
        if (at + i >= bytes.size()) {
            return -1;
        }
        unsigned char low = 0x80, high = 0xBF;
        if (i == 1) { // overlong forms, surrogates and what lies beyond U+10FFFF
            low  = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : low;
            high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : high;
        }
        if (byte(at + i) < low || byte(at + i) > high) {
            return 0;
        }
    }
    return n;
}

// Whole characters of `bytes`, bad bytes replaced; stops at an incomplete one and tells where.
std::string decode(const std::string & bytes, size_t & end) {
    std::string out;
    size_t      at = 0;
    while (at < bytes.size()) {
        const int n = character_length(bytes, at);
        if (n < 0) {
            break;
        }
        if (n == 0) {
            out += REPLACEMENT;
            ++at;
        } else {
            out.append(bytes, at, n);
            at += n;
        }
    }
    end = at;
    return out;
}

} // namespace

bool is_utf8(const std::string & bytes) {
    for (size_t at = 0; at < bytes.size();) {
        const int n = character_length(bytes, at);
        if (n <= 0) {
            return false;
        }
        at += n;
    }
    return true;
}

std::string to_utf8(const std::string & bytes) {
    size_t      end = 0;
    std::string out = decode(bytes, end);
    return end < bytes.size() ? out + REPLACEMENT : out;
}

std::string text_stream::feed(const std::string & bytes) {
    if (stopped_) {
        return "";
    }
    held_ += bytes;
    size_t first = std::string::npos;
    for (const auto & stop : stops_) {
        first = std::min(first, held_.find(stop));
    }
    if (first != std::string::npos) {
        stopped_ = true;
        held_.resize(first);
        const std::string out = to_utf8(held_);
        held_.clear();
        return out;
    }
    size_t keep = 0; // bytes at the end that may begin a stop text
    for (const auto & stop : stops_) {
        for (size_t n = std::min(stop.size() - 1, held_.size()); n > keep; --n) {
            if (held_.compare(held_.size() - n, n, stop, 0, n) == 0) {
                keep = n;
            }
        }
    }
    size_t            end  = 0;
    const std::string show = decode(held_.substr(0, held_.size() - keep), end);
    held_.erase(0, end);
    return show;
}

std::string text_stream::flush() {
    const std::string out = to_utf8(held_);
    held_.clear();
    return stopped_ ? "" : out;
}

} // namespace kangaroo
