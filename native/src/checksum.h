// A checksum against damage, not against malice: FNV-1a over 64-bit words, at memory speed. The same bytes give the same sum,
// however they are cut into pieces.
#pragma once

#include <cstdint>
#include <cstring>

namespace kangaroo {

class checksum {
public:
    void add(const void * data, size_t size) {
        const auto * bytes = static_cast<const uint8_t *>(data);
        while (size > 0 && filled_ > 0) { // a word that began in the piece before
            byte(*bytes++);
            --size;
        }
        for (; size >= sizeof(word_); bytes += sizeof(word_), size -= sizeof(word_)) {
            std::memcpy(&word_, bytes, sizeof(word_));
            mix();
        }
        for (; size > 0; --size) {
            byte(*bytes++);
        }
    }

    // Of everything so far; more may follow.
    uint64_t value() const {
        checksum end = *this;
        end.word_ |= static_cast<uint64_t>(filled_ + 1) << 56;
        end.mix();
        return end.sum_;
    }

private:
    void byte(uint8_t b) {
        word_ |= static_cast<uint64_t>(b) << (8 * filled_);
        if (++filled_ == sizeof(word_)) {
            mix();
        }
    }

    void mix() {
        sum_ = (sum_ ^ word_) * 0x100000001B3u;
        sum_ ^= sum_ >> 29; // a plain product would let the high bytes of a word reach the high bits only
        word_   = 0;
        filled_ = 0;
    }

    uint64_t sum_ = 0xCBF29CE484222325u, word_ = 0;
    unsigned filled_ = 0; // bytes of the word
};

} // namespace kangaroo
