#include "gguf-mutator.h"

#include "ggml.h"
#include "gguf.h"

#include <cstring>
#include <random>
#include <vector>

extern "C" size_t LLVMFuzzerMutate(uint8_t * data, size_t size, size_t max_size);

namespace fuzzing {

namespace {

struct field {
    size_t at;
    size_t width;
    bool   name; // the first letter of a name
};

struct tensor_entry {
    uint64_t ne[4]     = {1, 1, 1, 1};
    uint32_t type      = 0;
    size_t   offset_at = 0;
};

// Walks a header as far as it makes sense.
class scanner {
public:
    std::vector<field>        fields;
    std::vector<tensor_entry> tensors;

    scanner(const uint8_t * data, size_t size) : data_(data), size_(size) {
        at_ = 4;
        number(4);
        const uint64_t n_tensors = number(8), n_keys = number(8);
        for (uint64_t i = 0; i < n_keys && good_; ++i) {
            text(true);
            value(static_cast<uint32_t>(number(4)));
        }
        for (uint64_t i = 0; i < n_tensors && good_; ++i) {
            text(true);
            tensor_entry   t;
            const uint64_t dims = number(4);
            good_ = good_ && dims <= 4;
            for (uint64_t d = 0; d < dims && good_; ++d) {
                t.ne[d] = number(8);
            }
            t.type      = static_cast<uint32_t>(number(4));
            t.offset_at = at_;
            number(8);
            if (good_) {
                tensors.push_back(t);
            }
        }
    }

private:
    uint64_t number(size_t width, bool keep = true) {
        uint64_t v = 0;
        if (!good_ || size_ - at_ < width) {
            good_ = false;
            return 0;
        }
        std::memcpy(&v, data_ + at_, width);
        if (keep) {
            fields.push_back({at_, width, false});
        }
        at_ += width;
        return v;
    }

    void text(bool keep) {
        const uint64_t n = number(8, keep);
        good_ = good_ && n <= size_ - at_;
        if (good_) {
            if (keep && n > 0) {
                fields.push_back({at_, 1, true});
            }
            at_ += n;
        }
    }

    void value(uint32_t type) {
        constexpr size_t KEPT = 3; // elements of an array that are worth a change
        static const size_t widths[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
        if (type == GGUF_TYPE_STRING) {
            text(true);
        } else if (type == GGUF_TYPE_ARRAY) {
            const auto     of = static_cast<uint32_t>(number(4));
            const uint64_t n  = number(8);
            good_ = good_ && of < std::size(widths) && of != GGUF_TYPE_ARRAY && n <= size_;
            for (uint64_t i = 0; i < n && good_; ++i) {
                of == GGUF_TYPE_STRING ? text(i < KEPT) : void(number(widths[of], i < KEPT));
            }
        } else {
            good_ = good_ && type < std::size(widths);
            number(good_ ? widths[type] : 0);
        }
    }

    const uint8_t * data_;
    size_t          size_, at_ = 0;
    bool            good_ = true;
};

uint64_t get(const uint8_t * data, const field & f) {
    uint64_t v = 0;
    std::memcpy(&v, data + f.at, f.width);
    return v;
}

uint64_t changed(uint64_t v, std::mt19937 & random) {
    static const uint64_t told[] = {0, 1, 2, 3, 7, 16, 32, 255, 256, 257, 512, 65536, 0x3F800000, 0x7F800000, 0x7FC00000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
        0x100000000, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF};
    switch (random() % 6) {
        case 0:  return v + 1;
        case 1:  return v - 1;
        case 2:  return v * 2;
        case 3:  return v / 2;
        default: return told[random() % std::size(told)];
    }
}

void repair_offsets(uint8_t * data, size_t size) {
    uint64_t offset = 0;
    for (const tensor_entry & t : scanner(data, size).tensors) {
        std::memcpy(data + t.offset_at, &offset, sizeof(offset));
        const auto     type  = static_cast<ggml_type>(t.type);
        const int64_t  block = t.type < GGML_TYPE_COUNT ? ggml_blck_size(type) : 0;
        const uint64_t bytes = block > 0 ? t.ne[0] / block * ggml_type_size(type) * t.ne[1] * t.ne[2] * t.ne[3] : 0;
        offset += (bytes + 31) / 32 * 32;
    }
}

} // namespace

size_t mutate_gguf(uint8_t * data, size_t size, size_t max_size, unsigned seed) {
    std::mt19937 random(seed);
    if (size < 24 || random() % 8 == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    for (unsigned n = 1 + random() % 3; n > 0; --n) {
        const scanner header(data, size);
        if (header.fields.empty()) {
            return LLVMFuzzerMutate(data, size, max_size);
        }
        const field &  f   = header.fields[random() % header.fields.size()];
        const uint64_t old = get(data, f);
        const uint64_t now = f.name ? old ^ 1 : changed(old, random);
        const bool     all = !f.name && random() % 3 == 0; // a dimension stands in many places
        for (const field & other : header.fields) {
            if (other.at == f.at || (all && !other.name && get(data, other) == old)) {
                std::memcpy(data + other.at, &now, other.width);
            }
        }
    }
    if (random() % 4 != 0) {
        repair_offsets(data, size);
    }
    return size;
}

} // namespace fuzzing
