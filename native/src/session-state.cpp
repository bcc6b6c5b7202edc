// A session's cache in a file: a head that says what it belongs to, the tokens, the K/V, and a checksum of everything.
#include "abort-guard.h"
#include "checksum.h"
#include "error.h"
#include "session.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>

#ifndef _WIN32
#include <unistd.h>
#endif

namespace kangaroo {

namespace {

namespace fs = std::filesystem;

constexpr char     MAGIC[8]   = {'K', 'N', 'G', 'R', 'S', 'T', 'A', '1'}; // the last character is the version
constexpr uint64_t SUM_BYTES  = sizeof(uint64_t);
constexpr size_t   READ_BYTES = 1 << 20;

struct closer {
    void operator()(std::FILE * f) const { std::fclose(f); }
};
using file_ptr = std::unique_ptr<std::FILE, closer>;

error file_error(const std::string & path, const char * what) {
    if (errno == ENOSPC || errno == EDQUOT) {
        return {"disk-full", "The disk is full: the conversation's cache could not be kept in " + path + ". It will be read again instead."};
    }
    return {"file-not-readable", std::string(what) + " " + path + " failed: " + std::strerror(errno) + ". The conversation will be read again instead."};
}

// Reads or writes through a checksum.
class summed_file {
public:
    summed_file(const std::string & path, const char * mode) : path_(path), file_(std::fopen(path.c_str(), mode)) {
        if (!file_) {
            throw errno == ENOENT ? error("file-not-found", "There is no " + path + ".") : file_error(path, "Opening");
        }
        std::setvbuf(file_.get(), nullptr, _IOFBF, 1 << 20);
    }

    void write(const void * data, size_t size) {
        sum_.add(data, size);
        if (size > 0 && std::fwrite(data, 1, size, file_.get()) != size) {
            throw file_error(path_, "Writing");
        }
        bytes_ += size;
    }

    void read(void * data, size_t size) {
        if (size > 0 && std::fread(data, 1, size, file_.get()) != size) {
            throw damaged();
        }
        sum_.add(data, size);
        bytes_ += size;
    }

    template <typename T> void put(const T & value) { write(&value, sizeof(value)); }
    template <typename T> T    take() {
        T value;
        read(&value, sizeof(value));
        return value;
    }

    // The file's end: everything is on the disk, or as the checksum says.
    int64_t finish_writing() {
        const uint64_t sum = sum_.value();
        put(sum);
        bool kept = std::fflush(file_.get()) == 0;
#ifndef _WIN32
        kept = kept && fsync(fileno(file_.get())) == 0;
#endif
        if (!kept) {
            throw file_error(path_, "Writing");
        }
        return static_cast<int64_t>(bytes_);
    }
    void finish_reading() {
        const uint64_t sum = sum_.value();
        if (take<uint64_t>() != sum || std::fgetc(file_.get()) != EOF) {
            throw damaged();
        }
    }

    error damaged() const { return {"file-damaged", path_ + " is damaged. The conversation will be read again instead."}; }

private:
    std::string path_;
    file_ptr    file_;
    checksum    sum_;
    uint64_t    bytes_ = 0;
};

} // namespace

// Everything that the bytes of a cache depend on.
std::string session::layout() const {
    const model_info & m = model_->info();
    return m.fingerprint + " " + m.architecture + " " + m.file_type + " " + std::to_string(m.size_bytes) + " n_ctx " + std::to_string(llama_n_ctx(ctx_.get())) +
           " cache " + cache_type_ + " adapter " + (adapter_ ? std::to_string(adapter_->info().exit_layer) + " " + std::to_string(adapter_->checksum()) : "none");
}

int64_t session::save(const std::string & path) {
    if (cache_.empty() || holes()) {
        return 0;
    }
    const std::string partial = path + ".partial";
    try {
        int64_t bytes = 0;
        {
            summed_file       file(partial, "wb");
            const std::string head = layout();
            file.write(MAGIC, sizeof(MAGIC));
            file.put(static_cast<uint32_t>(head.size()));
            file.write(head.data(), head.size());
            file.put(static_cast<uint32_t>(cache_.size()));
            file.put(static_cast<uint32_t>(adapter_cached_));
            file.write(cache_.data(), cache_.size() * sizeof(cache_[0]));
            exit_->write([&](const void * data, size_t size) { file.write(data, size); }, static_cast<int32_t>(cache_.size()));
            bytes = file.finish_writing();
        }
        fs::rename(partial, path);
        return bytes;
    } catch (const fs::filesystem_error & why) {
        std::remove(partial.c_str());
        throw error("file-not-readable", std::string("The conversation's cache could not be kept: ") + why.what() + ". It will be read again instead.");
    } catch (...) {
        std::remove(partial.c_str());
        throw;
    }
}

// The whole file is read once for its checksum, before llama.cpp sees any of it.
static void require_undamaged(const std::string & path) {
    summed_file       file(path, "rb");
    std::vector<char> piece(READ_BYTES);
    std::error_code   failed;
    const uint64_t    size = fs::file_size(path, failed);
    if (failed || size < sizeof(MAGIC) + SUM_BYTES) {
        throw file.damaged();
    }
    for (uint64_t left = size - SUM_BYTES; left > 0;) {
        const size_t n = static_cast<size_t>(std::min<uint64_t>(left, piece.size()));
        file.read(piece.data(), n);
        left -= n;
    }
    file.finish_reading();
}

int32_t session::restore(const std::string & path) {
    require_undamaged(path);
    const auto other = [&] {
        return error("invalid-argument", path + " was kept for another model, adapter, context or version. The conversation will be read again instead.");
    };
    summed_file file(path, "rb");
    char        magic[sizeof(MAGIC)];
    file.read(magic, sizeof(magic));
    const std::string want = layout();
    if (std::memcmp(magic, MAGIC, sizeof(MAGIC)) != 0 || file.take<uint32_t>() != want.size()) {
        throw other();
    }
    std::string head(want.size(), '\0');
    file.read(head.data(), head.size());
    if (head != want) {
        throw other();
    }
    const auto n_tokens = file.take<uint32_t>(), n_adapter = file.take<uint32_t>();
    if (n_tokens > static_cast<uint32_t>(context_size()) || n_adapter > n_tokens) {
        throw other();
    }
    std::vector<llama_token> tokens(n_tokens);
    file.read(tokens.data(), tokens.size() * sizeof(tokens[0]));
    if (std::any_of(tokens.begin(), tokens.end(), [&](llama_token id) { return id < 0 || id >= model_->info().n_vocab; })) {
        throw other();
    }
    reset();
    try {
        const abort_guard guard;
        exit_->read([&](void * data, size_t size) { file.read(data, size); }, static_cast<int32_t>(n_tokens));
    } catch (const error &) {
        throw;
    } catch (const std::runtime_error &) { // what the head does not tell, such as another kind of attention
        throw other();
    }
    cache_          = std::move(tokens);
    adapter_cached_ = n_adapter;
    return static_cast<int32_t>(cache_.size());
}

} // namespace kangaroo
