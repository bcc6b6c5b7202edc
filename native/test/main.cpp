// Runs the native tests: engine-test ROOT SCRATCH [part of a test's name]
#include "check.h"

#include <cstring>
#include <exception>

int main(int argc, char ** argv) {
    if (argc < 3) {
        std::printf("usage: engine-test ROOT SCRATCH [NAME]\n");
        return 2;
    }
    const test::options options{argv[1], argv[2]};
    int passed = 0, failed = 0;
    for (const auto & t : test::all()) {
        if (argc > 3 && !std::strstr(t.name, argv[3])) {
            continue;
        }
        std::printf("- %s\n", t.name);
        std::fflush(stdout);
        const int before = test::failures();
        try {
            t.body(options);
        } catch (const std::exception & e) {
            ++test::failures();
            std::printf("  threw: %s\n", e.what());
        }
        (test::failures() == before ? passed : failed)++;
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}
