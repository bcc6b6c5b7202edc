// Checks of arguments from outside: what is wrong becomes an invalid-argument error that names it.
#pragma once

#include "error.h"

#include <string>

namespace kangaroo {

[[noreturn]] inline void invalid(const std::string & what) {
    throw error("invalid-argument", what);
}

template <typename T> void check_range(const char * name, T value, T low, T high) {
    if (!(value >= low && value <= high)) { // NaN fails too
        invalid(std::string("The option ") + name + " must lie between " + std::to_string(low) + " and " + std::to_string(high) + ".");
    }
}

} // namespace kangaroo
