#include "gguf-save.h"

#include "error.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#ifndef _WIN32
#include <unistd.h>
#endif

namespace kangaroo {

void save_gguf(const std::string & path, const gguf_context * gguf) {
    struct closer {
        void operator()(std::FILE * f) const { std::fclose(f); }
    };
    const std::string partial = path + ".partial";
    const auto        fail    = [&] {
        const int why = errno;
        std::remove(partial.c_str());
        if (why == ENOSPC || why == EDQUOT) {
            throw error("disk-full", "The disk is full: " + path + " could not be saved, and is as it was before. Make room and try again.");
        }
        throw error("file-not-readable", "Writing " + path + " failed: " + std::strerror(why) + ". Check the folder and its permissions.");
    };
    {
        const std::unique_ptr<std::FILE, closer> file(std::fopen(partial.c_str(), "wb"));
        if (!file) {
            fail();
        }
        bool kept = gguf_write_to_file_ptr(gguf, file.get(), false) && std::fflush(file.get()) == 0;
#ifndef _WIN32
        kept = kept && fsync(fileno(file.get())) == 0;
#endif
        if (!kept) {
            fail();
        }
    }
    std::error_code failed;
    std::filesystem::rename(partial, path, failed);
    if (failed) {
        errno = failed.value();
        fail();
    }
}

} // namespace kangaroo
