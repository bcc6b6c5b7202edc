// A minimal test harness: named tests, checks that count, a closing line that a runner can read.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace test {

struct options {
    std::string root;    // of the repository
    std::string scratch; // a folder for files that tests write
};

// Layers of a model on a GPU: 0, unless KANGAROO_TEST_GPU_LAYERS says otherwise (-1: all of them). docs/engine.md, "A GPU without a
// GPU", says which tests can be run so.
inline int gpu_layers() {
    const char * text = std::getenv("KANGAROO_TEST_GPU_LAYERS");
    return text ? std::atoi(text) : 0;
}

struct entry {
    const char *                         name;
    std::function<void(const options &)> body;
};

inline std::vector<entry> & all() {
    static std::vector<entry> entries;
    return entries;
}

inline int & failures() {
    static int n = 0;
    return n;
}

struct registration {
    registration(const char * name, std::function<void(const options &)> body) { all().push_back({name, std::move(body)}); }
};

} // namespace test

#define TEST(id, name)                                             \
    static void id(const test::options & options);                 \
    static const test::registration id##_registration(name, id);   \
    static void id([[maybe_unused]] const test::options & options)

#define CHECK(condition, ...)                                                 \
    do {                                                                      \
        if (!(condition)) {                                                   \
            if (++test::failures() <= 40) {                                   \
                std::printf("  %s:%d: %s: ", __FILE__, __LINE__, #condition); \
                std::printf(__VA_ARGS__);                                     \
                std::printf("\n");                                            \
            }                                                                 \
        }                                                                     \
    } while (0)
