#include "abort-guard.h"

#include "ggml.h"

#include <cstdio>
#include <mutex>
#include <stdexcept>

namespace kangaroo {

namespace {

thread_local abort_guard * current = nullptr;

} // namespace

// Returning lets ggml end the process.
void abort_guard::failed(const char * message) {
    if (!current) {
        std::fprintf(stderr, "%s\n", message); // as ggml does without a callback
        return;
    }
    const std::string all = message; // FILE:LINE: GGML_ASSERT(…) failed
    const size_t      at  = all.find(": ");
    current->reason_ = at == std::string::npos ? all : all.substr(at + 2);
    throw std::runtime_error(current->reason_);
}

abort_guard::abort_guard() : outer_(current) {
#ifndef _WIN32
    static std::once_flag once;
    std::call_once(once, [] { ggml_set_abort_callback(failed); });
#endif
    current = this;
}

abort_guard::~abort_guard() {
    current = outer_;
}

} // namespace kangaroo
