// ggml and llama.cpp end the process when one of their checks fails (GGML_ASSERT, GGML_ABORT). For what a file may do wrong
// that is too hard: while an abort_guard lives, such a check throws instead, on the guard's thread.
#pragma once

#include <string>

namespace kangaroo {

// Only around code that computes on no other thread and leaves nothing half done that is used afterwards: loading, building
// graphs, tokenizing. The exception is a std::runtime_error; llama.cpp may swallow it and return null, reason() knows it then.
// Without effect on Windows, where it would have to pass C code that was compiled without unwinding in mind.
class abort_guard {
public:
    abort_guard();
    ~abort_guard();
    abort_guard(const abort_guard &)             = delete;
    abort_guard & operator=(const abort_guard &) = delete;

    const std::string & reason() const { return reason_; } // the check that failed; '' while none has

private:
    static void failed(const char * message);

    abort_guard * outer_;
    std::string   reason_;
};

} // namespace kangaroo
