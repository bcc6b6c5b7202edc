#include "gguf-writer.h"

#include "ggml-cpp.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace testing {

namespace {

// splitmix64: fast, and the same everywhere.
struct random_bits {
    uint64_t state;

    uint64_t next() {
        uint64_t z = (state += 0x9E3779B97F4A7C15u);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }
    float uniform() { return static_cast<float>(next() >> 40) * 0x1p-24f * 2.0f - 1.0f; } // [-1, 1)
};

uint64_t hash(const std::string & text) { // FNV-1a
    uint64_t h = 0xCBF29CE484222325u;
    for (const char c : text) {
        h = (h ^ static_cast<uint8_t>(c)) * 0x100000001B3u;
    }
    return h;
}

// Quantised rows are filled as they lie in the file, not computed from floats: blocks of a half-precision scale and random bits.
void fill_blocks(std::vector<uint8_t> & row, ggml_type type, float deviation, random_bits & random) {
    const size_t      block = ggml_type_size(type);
    const float       unit  = type == GGML_TYPE_Q4_0 ? std::sqrt(255.0f / 12.0f) : std::sqrt(65535.0f / 12.0f); // deviation of the integers
    const ggml_fp16_t scale = ggml_fp32_to_fp16(deviation / unit);
    for (size_t at = 0; at < row.size(); at += block) {
        std::memcpy(&row[at], &scale, sizeof(scale));
        for (size_t i = sizeof(scale); i < block; i += sizeof(uint64_t)) {
            const uint64_t bits = random.next();
            std::memcpy(&row[at + i], &bits, std::min(sizeof(bits), block - i));
        }
        if (type == GGML_TYPE_Q8_0) { // the quantiser never makes -128, and some kernels rely on it
            for (size_t i = sizeof(scale); i < block; ++i) {
                row[at + i] += row[at + i] == 0x80;
            }
        }
    }
}

void fill(std::vector<uint8_t> & row, const tensor_plan & p, random_bits & random) {
    const float reach = p.deviation * std::sqrt(3.0f); // of a uniform distribution
    switch (p.type) {
        case GGML_TYPE_F32:
            for (size_t i = 0; i < row.size(); i += sizeof(float)) {
                const float value = p.mean + reach * random.uniform();
                std::memcpy(&row[i], &value, sizeof(value));
            }
            break;
        case GGML_TYPE_F16:
            for (size_t i = 0; i < row.size(); i += sizeof(ggml_fp16_t)) {
                const ggml_fp16_t value = ggml_fp32_to_fp16(p.mean + reach * random.uniform());
                std::memcpy(&row[i], &value, sizeof(value));
            }
            break;
        case GGML_TYPE_Q8_0:
        case GGML_TYPE_Q4_0:
            fill_blocks(row, p.type, p.deviation, random);
            break;
        default:
            throw std::runtime_error(std::string("random tensors of the type ") + ggml_type_name(p.type) + " cannot be written");
    }
}

struct file_closer {
    void operator()(FILE * f) const { fclose(f); }
};

} // namespace

void write_random_tensors(const std::string & path, gguf_context * header, const std::vector<tensor_plan> & plans, uint64_t seed) {
    ggml_context_ptr outline(ggml_init({plans.size() * ggml_tensor_overhead(), nullptr, true}));
    for (const auto & p : plans) {
        int dims = GGML_MAX_DIMS;
        while (dims > 1 && p.ne[dims - 1] == 1) {
            --dims;
        }
        ggml_tensor * t = ggml_new_tensor(outline.get(), p.type, dims, p.ne);
        ggml_set_name(t, p.name.c_str());
        gguf_add_tensor(header, t);
    }
    if (!gguf_write_to_file(header, path.c_str(), /*only_meta =*/ true)) {
        throw std::runtime_error(path + " could not be written");
    }
    const std::unique_ptr<FILE, file_closer> file(std::fopen(path.c_str(), "ab"));
    const auto write = [&](const uint8_t * data, size_t n) {
        if (!file || std::fwrite(data, 1, n, file.get()) != n) {
            throw std::runtime_error(path + " could not be written");
        }
    };
    std::vector<uint8_t> row;
    for (const auto & p : plans) {
        size_t written = 0;
        if (!p.given.empty()) {
            write(p.given.data(), p.given.size());
            written = p.given.size();
        } else {
            random_bits   random{seed ^ hash(p.name)};
            const int64_t rows = p.ne[1] * p.ne[2] * p.ne[3];
            row.resize(ggml_row_size(p.type, p.ne[0]));
            for (int64_t i = 0; i < rows; ++i) {
                fill(row, p, random);
                if (p.last_row_zero && i == rows - 1) {
                    std::fill(row.begin(), row.end(), 0);
                }
                write(row.data(), row.size());
                written += row.size();
            }
        }
        const size_t alignment = gguf_get_alignment(header);
        row.assign((alignment - written % alignment) % alignment, 0);
        write(row.data(), row.size());
    }
    if (std::fflush(file.get()) != 0) {
        throw std::runtime_error(path + " could not be written");
    }
}

} // namespace testing
