// What a model or a session has freed goes back to the system: glibc would keep it, scattered among what is still used, and a
// process that changes its models would seem to grow.
#pragma once

#include <cstdlib> // defines __GLIBC__

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace kangaroo {

inline void return_free_memory() {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

} // namespace kangaroo
