// Captured files with right checksums and any content: refused with an error, read, or continued; what is read fits the layout, and a
// text that is added comes back.
#include "captured-file.h"
#include "checksum.h"
#include "fuzzing.h"

#include <algorithm>
#include <cstring>

using namespace fuzzing;

namespace {

constexpr int32_t  N_EMBD = 8;
constexpr size_t   SUM = sizeof(uint64_t);

kangaroo::captured_text a_text(int32_t tokens, size_t layers) {
    kangaroo::captured_text t;
    for (int32_t i = 0; i < tokens; ++i) {
        t.tokens.push_back(i);
        t.mask.push_back(i % 2);
    }
    for (size_t l = 0; l < layers; ++l) {
        t.states.emplace_back(static_cast<size_t>(tokens) * N_EMBD, 0.25f);
    }
    t.finals.assign(static_cast<size_t>(t.targets()) * N_EMBD, -0.5f);
    return t;
}

// The head and, as far as the lengths in the file say where they end, each section get the checksum that belongs to them.
void mend(bytes & all, size_t layers) {
    const auto close = [&](size_t begin, size_t end) {
        if (end < begin || end + SUM > all.size()) {
            return false;
        }
        kangaroo::checksum sum;
        sum.add(&all[begin], end - begin);
        const uint64_t value = sum.value();
        std::memcpy(&all[end], &value, SUM);
        return true;
    };
    const auto number = [&](size_t at) {
        uint32_t n = 0;
        if (at + sizeof(n) <= all.size()) {
            std::memcpy(&n, &all[at], sizeof(n));
        }
        return static_cast<size_t>(n);
    };
    size_t at = 12 + number(8);
    if (!close(0, at)) {
        return;
    }
    at += SUM;
    constexpr size_t ROW = sizeof(float) + 2 * N_EMBD;
    while (at + 8 < all.size()) {
        const size_t tokens = number(at), targets = number(at + 4);
        bool         whole  = close(at, at + 8 + 5 * tokens);
        at += 8 + 5 * tokens + SUM;
        for (size_t l = 0; l < layers && whole; ++l) {
            whole = close(at, at + tokens * ROW);
            at += tokens * ROW + SUM;
        }
        if (!whole || !close(at, at + targets * ROW)) {
            return;
        }
        at += targets * ROW + SUM;
    }
}

void read_all(const std::string & path) {
    const kangaroo::captured_reader file(path, "base");
    const auto &                    layout = file.layout();
    require(file.totals().texts <= file.totals().tokens, "every text has a token");
    for (int64_t i = 0; i < file.totals().texts; ++i) {
        for (const int32_t layer : layout.layers) {
            try {
                const auto t = file.read(i, layer);
                require(t.mask.size() == t.tokens.size() && t.states.at(0).size() == t.tokens.size() * layout.n_embd &&
                        t.finals.size() == static_cast<size_t>(t.targets()) * layout.n_embd, "a text has the sizes of its layout");
                require(t.targets() == file.targets_of(i), "as many positions count as the file says");
            } catch (const kangaroo::error & e) {
                require_useful(e);
            }
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int * argc, char *** argv) {
    std::vector<bytes> seeds;
    for (const std::vector<int32_t> & layers : {std::vector<int32_t>{1}, std::vector<int32_t>{1, 2, 3}}) {
        const std::string path = path_of("seed" + std::to_string(layers.size()));
        {
            kangaroo::captured_writer file(path, {"base", N_EMBD, layers});
            file.add(a_text(3, layers.size()));
            file.add(a_text(7, layers.size()));
        }
        seeds.push_back(read_file(path));
        // what a run of the target begins with: how many layers to mend for
        seeds.back().insert(seeds.back().begin(), static_cast<uint8_t>(layers.size()));
    }
    seed_corpus(*argc, *argv, seeds);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t * data, size_t size) {
    static const std::string path = path_of("any.captured");
    if (size < 1) {
        return 0;
    }
    bytes all(data + 1, data + size);
    mend(all, data[0] % 8);
    write_file(path, all);
    try {
        read_all(path);
    } catch (const kangaroo::error & e) {
        require_useful(e);
    }
    try {
        const kangaroo::captured_layout layout{"base", N_EMBD, {1}};
        int64_t                         before = 0;
        {
            kangaroo::captured_writer file(path, layout);
            before = file.totals().texts;
            file.add(a_text(5, 1));
        }
        const kangaroo::captured_reader file(path, "base");
        require(file.totals().texts == before + 1, "a text that was added is there");
        require(file.read(before, 1).tokens == a_text(5, 1).tokens, "a text that was added is whole");
    } catch (const kangaroo::error & e) {
        require_useful(e);
    }
    return 0;
}
