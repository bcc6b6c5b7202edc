// The engine's one exception type. Codes are those of electron/contract/errors.ts; messages say what happened and what to do.
#pragma once

#include <stdexcept>
#include <string>

namespace kangaroo {

class error : public std::runtime_error {
public:
    error(const char * code, const std::string & message) : std::runtime_error(message), code(code) {}

    const char * code; // a string literal
};

} // namespace kangaroo
