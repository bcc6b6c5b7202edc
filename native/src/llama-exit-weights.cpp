// Buffers of matrices laid out for row-kernels.h. The layouts are those of row-products-x86.h.
#include "llama-exit-weights.h"

#include "row-kernels.h"

#include "ggml-backend-impl.h"

#include <algorithm>
#include <cstring>
#include <system_error>
#include <thread>
#include <vector>

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace {

constexpr int64_t OUTPUTS = 8;
constexpr size_t  CHUNK   = 8; // bytes of one output

// Chunks of the outputs' bytes, which lie `stride` apart, in turn; each byte is combined with `flip`.
void interleave(const uint8_t * from, size_t stride, size_t bytes, uint64_t flip, uint8_t *& to) {
    for (size_t begin = 0; begin < bytes; begin += CHUNK) {
        for (int64_t o = 0; o < OUTPUTS; ++o, to += CHUNK) {
            uint64_t chunk;
            std::memcpy(&chunk, from + o * stride + begin, CHUNK);
            chunk ^= flip;
            std::memcpy(to, &chunk, CHUNK);
        }
    }
}

// The same few bytes of every output, one output after the other.
void gather(const uint8_t * from, size_t stride, size_t bytes, uint8_t *& to) {
    for (int64_t o = 0; o < OUTPUTS; ++o, to += bytes) {
        std::memcpy(to, from + o * stride, bytes);
    }
}

// Each of these packs one block of eight outputs, `stride` bytes apart.

void pack_q8_0(const uint8_t * from, size_t stride, uint8_t * to) { // ggml's block_q8_0; numbers are raised by 128
    gather(from, stride, 2, to);
    interleave(from + 2, stride, 32, 0x8080808080808080, to);
}

// Eight scales and eight offsets of six bits in twelve bytes, of one block's parts in ggml's K formats or of one part's outputs here.
struct six_bits {
    uint8_t scale[8], offset[8];

    void unpack(const uint8_t * q) { // get_scale_min_k4 of ggml-quants.c
        for (int i = 0; i < 4; ++i) {
            scale[i]      = q[i] & 63;
            offset[i]     = q[i + 4] & 63;
            scale[i + 4]  = (q[i + 8] & 15) | (q[i] >> 6 << 4);
            offset[i + 4] = (q[i + 8] >> 4) | (q[i + 4] >> 6 << 4);
        }
    }

    void pack(uint8_t *& to) const {
        for (int i = 0; i < 4; ++i) {
            to[i]     = scale[i] | scale[i + 4] >> 4 << 6;
            to[i + 4] = offset[i] | offset[i + 4] >> 4 << 6;
            to[i + 8] = (scale[i + 4] & 15) | (offset[i + 4] & 15) << 4;
        }
        to += 12;
    }
};

void pack_q5_k(const uint8_t * from, size_t stride, uint8_t * to) { // ggml's block_q5_K
    gather(from, stride, 2, to);
    gather(from + 2, stride, 2, to);
    six_bits of[OUTPUTS];
    for (int64_t o = 0; o < OUTPUTS; ++o) {
        of[o].unpack(from + o * stride + 4);
    }
    for (int part = 0; part < 8; ++part) {
        six_bits all;
        for (int64_t o = 0; o < OUTPUTS; ++o) {
            all.scale[o]  = of[o].scale[part];
            all.offset[o] = of[o].offset[part];
        }
        all.pack(to);
    }
    interleave(from + 16, stride, 32, 0, to);  // high bits
    interleave(from + 48, stride, 128, 0, to); // low ones
}

void pack_q6_k(const uint8_t * from, size_t stride, uint8_t * to) { // ggml's block_q6_K
    gather(from + 208, stride, 2, to);
    for (int i = 0; i < 16; ++i) {
        gather(from + 192 + i, stride, 1, to);
    }
    interleave(from, stride, 128, 0, to);       // low bits
    interleave(from + 128, stride, 64, 0, to); // high ones
}

using packer = void (*)(const uint8_t * from, size_t stride, uint8_t * to);

packer packer_for(ggml_type type) {
    switch (type) {
        case GGML_TYPE_Q8_0: return pack_q8_0;
        case GGML_TYPE_Q6_K: return pack_q6_k;
        case GGML_TYPE_Q5_K: return pack_q5_k;
        default: return nullptr;
    }
}

void set_tensor(ggml_backend_buffer_t, ggml_tensor * w, const void * data, size_t offset, size_t size) {
    GGML_ASSERT(offset == 0 && size == ggml_nbytes(w)); // whole matrices only
    constexpr size_t MUCH = 4 << 20; // worth a thread
    const packer  pack   = packer_for(w->type);
    GGML_ASSERT(pack);
    const size_t  stride = w->nb[1], block = ggml_type_size(w->type);
    const int64_t eights = w->ne[1] / OUTPUTS;
    const auto    part   = [&](int64_t begin, int64_t end) {
        for (int64_t e = begin; e < end; ++e) {
            const auto * from = static_cast<const uint8_t *>(data) + e * OUTPUTS * stride;
            auto *       to   = static_cast<uint8_t *>(w->data) + e * OUTPUTS * stride;
            for (size_t b = 0; b < stride; b += block) {
                pack(from + b, stride, to + b * OUTPUTS);
            }
        }
    };
    const auto               n = static_cast<int64_t>(std::clamp<size_t>(size / MUCH, 1, std::max(1u, std::thread::hardware_concurrency())));
    std::vector<std::thread> others;
    others.reserve(n - 1);
    int64_t                  done = 0;
    try {
        for (; done < n - 1; ++done) {
            others.emplace_back(part, eights * done / n, eights * (done + 1) / n);
        }
    } catch (const std::system_error &) { // no more threads: the rest is done here
    }
    part(eights * done / n, eights);
    for (auto & t : others) {
        t.join();
    }
}

const char * name_of(ggml_backend_buffer_type_t) { return "CPU_ROWS"; }

ggml_backend_buffer_t allocate(ggml_backend_buffer_type_t type, size_t size) {
    ggml_backend_buffer_t buffer = ggml_backend_buft_alloc_buffer(ggml_backend_dev_buffer_type(type->device), size);
    if (buffer) {
        buffer->buft              = type;
        buffer->iface.set_tensor  = set_tensor;
        buffer->iface.get_tensor  = nullptr;
        buffer->iface.cpy_tensor  = nullptr;
        buffer->iface.init_tensor = nullptr;
    }
    return buffer;
}

size_t alignment_of(ggml_backend_buffer_type_t type) { return ggml_backend_buft_get_alignment(ggml_backend_dev_buffer_type(type->device)); }

ggml_backend_buffer_type_t installed = nullptr;

} // namespace

void install_packed_weights(ggml_backend_dev_t cpu) {
    // not host memory for ggml: the loader would read a file right into it, and other kernels would compute with it
    static ggml_backend_buffer_type type = {{name_of, allocate, alignment_of, nullptr, nullptr, nullptr}, cpu, nullptr};
    installed = &type;
}

ggml_backend_buffer_type_t packed_weights() { return installed; }

bool can_be_packed(ggml_type type, const int64_t * ne) {
    return packer_for(type) && ne[1] % OUTPUTS == 0 && ne[2] == 1 && ne[3] == 1;
}

void release_mapped([[maybe_unused]] const void * data, [[maybe_unused]] size_t size) {
#ifdef __linux__
    const auto page  = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto begin = (reinterpret_cast<uintptr_t>(data) + page - 1) / page * page, end = (reinterpret_cast<uintptr_t>(data) + size) / page * page;
    if (begin < end) {
        madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
    }
#endif
}
