// Layout: MAGIC, u32 length and text of the head, u64 its checksum; then per text three kinds of sections, each with a u64
// checksum behind it: u32 tokens, u32 targets, the tokens (I32) and the mask (U8); per layer a row per token; a row per target.
// A row is a F32 scale and n_embd F16.
#include "captured-file.h"

#include "checksum.h"
#include "error.h"
#include "ggml.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <numeric>

namespace kangaroo {

namespace {

constexpr char    MAGIC[8]  = {'K', 'N', 'G', 'R', 'C', 'A', 'P', '1'}; // the last character is the version
constexpr int64_t SUM_BYTES  = sizeof(uint64_t);
constexpr int64_t MAX_HEAD   = 1 << 16;
constexpr int64_t MAX_TOKENS = 1 << 20; // of one text

int64_t row_bytes(const captured_layout & l) { return static_cast<int64_t>(sizeof(float)) + l.n_embd * static_cast<int64_t>(sizeof(ggml_fp16_t)); }
int64_t token_bytes(int64_t n) { return 2 * static_cast<int64_t>(sizeof(uint32_t)) + n * static_cast<int64_t>(sizeof(int32_t) + 1); }

void seek(std::FILE * f, int64_t at, int whence = SEEK_SET) {
#ifdef _WIN32
    _fseeki64(f, at, whence);
#else
    fseeko(f, static_cast<off_t>(at), whence);
#endif
}

error file_error(const std::string & path, const char * what) {
    if (errno == ENOSPC || errno == EDQUOT) {
        return {"disk-full", "The disk is full: " + path + " keeps what was captured so far. Make room, then continue, or train with what is there."};
    }
    return {"file-not-readable", std::string(what) + " " + path + " failed: " + std::strerror(errno) + ". Check the folder and its permissions."};
}

error damaged(const std::string & path) {
    return {"file-damaged", path + " is damaged. Delete it and capture the texts again."};
}

void append(std::vector<uint8_t> & to, const void * data, size_t size) {
    const auto * bytes = static_cast<const uint8_t *>(data);
    to.insert(to.end(), bytes, bytes + size);
}

void close_section(std::vector<uint8_t> & to, size_t began) {
    checksum sum;
    sum.add(to.data() + began, to.size() - began);
    const uint64_t value = sum.value();
    append(to, &value, sizeof(value));
}

void append_rows(std::vector<uint8_t> & to, const std::vector<float> & rows, int64_t n_embd) {
    const size_t             began = to.size();
    std::vector<float>       scaled(n_embd);
    std::vector<ggml_fp16_t> half(n_embd);
    for (size_t at = 0; at < rows.size(); at += n_embd) {
        float scale = 0.0f;
        for (int64_t i = 0; i < n_embd; ++i) {
            scale = std::max(scale, std::abs(rows[at + i]));
        }
        scale = scale > 0.0f ? scale : 1.0f;
        for (int64_t i = 0; i < n_embd; ++i) {
            scaled[i] = rows[at + i] / scale;
        }
        ggml_fp32_to_fp16_row(scaled.data(), half.data(), n_embd);
        append(to, &scale, sizeof(scale));
        append(to, half.data(), half.size() * sizeof(half[0]));
    }
    close_section(to, began);
}

std::vector<float> rows_of(const std::vector<uint8_t> & bytes, int64_t n, int64_t n_embd) {
    std::vector<float> out(n * n_embd);
    const uint8_t *    at = bytes.data();
    for (int64_t i = 0; i < n; ++i) {
        float scale;
        std::memcpy(&scale, at, sizeof(scale));
        ggml_fp16_to_fp32_row(reinterpret_cast<const ggml_fp16_t *>(at + sizeof(scale)), &out[i * n_embd], n_embd);
        std::for_each(out.begin() + i * n_embd, out.begin() + (i + 1) * n_embd, [scale](float & x) { x *= scale; });
        at += sizeof(scale) + n_embd * sizeof(ggml_fp16_t);
    }
    return out;
}

// The bytes of a section; throws file-damaged where they are not what was written.
std::vector<uint8_t> read_section(std::FILE * f, const std::string & path, int64_t at, int64_t size) {
    std::vector<uint8_t> bytes(size);
    uint64_t             sum = 0;
    checksum             expected;
    seek(f, at);
    if (std::fread(bytes.data(), 1, bytes.size(), f) != bytes.size() || std::fread(&sum, 1, sizeof(sum), f) != sizeof(sum)) {
        throw damaged(path);
    }
    expected.add(bytes.data(), bytes.size());
    if (sum != expected.value()) {
        throw damaged(path);
    }
    return bytes;
}

std::string head_of(const captured_layout & l) {
    std::string text = l.model + "\n" + std::to_string(l.n_embd);
    for (const int32_t layer : l.layers) {
        text += " " + std::to_string(layer);
    }
    return text;
}

bool parse_head(const std::string & text, captured_layout & l) {
    const size_t line = text.rfind('\n');
    if (line == std::string::npos) {
        return false;
    }
    l.model         = text.substr(0, line);
    const char * at = text.c_str() + line + 1;
    for (char * end = nullptr; *at; at = end) {
        const long value = std::strtol(at, &end, 10);
        if (end == at || value < 1 || value > 1 << 20) {
            return false;
        }
        if (l.n_embd == 0) {
            l.n_embd = static_cast<int32_t>(value);
        } else {
            l.layers.push_back(static_cast<int32_t>(value));
        }
    }
    return !l.layers.empty();
}

} // namespace

int64_t captured_text::targets() const {
    return std::accumulate(mask.begin(), mask.end(), int64_t{0});
}

std::string captured_layout::text() const {
    return head_of(*this);
}

int64_t captured_bytes(const captured_layout & l, int64_t n_tokens, int64_t n_targets) {
    const auto n_layers = static_cast<int64_t>(l.layers.size());
    return token_bytes(n_tokens) + (n_layers * n_tokens + n_targets) * row_bytes(l) + (2 + n_layers) * SUM_BYTES;
}

captured_writer::captured_writer(const std::string & path, const captured_layout & layout) : path_(path), layout_(layout) {
    std::error_code failed;
    int64_t         end = 0;
    if (std::filesystem::exists(path, failed)) {
        const captured_reader before(path, layout.model);
        if (before.layout().text() != layout.text()) {
            throw error("invalid-argument", path + " holds the states of other layers. Choose another file, or delete it.");
        }
        totals_ = before.totals();
        end     = totals_.bytes;
        std::filesystem::resize_file(path, static_cast<uintmax_t>(end), failed); // without a text that was being written
        if (failed) {
            throw error("file-not-readable", "Writing " + path + " failed: " + failed.message() + ". Check the folder and its permissions.");
        }
    }
    file_.reset(std::fopen(path.c_str(), end > 0 ? "r+b" : "wb"));
    if (!file_) {
        throw file_error(path, "Writing");
    }
    seek(file_.get(), end);
    if (end == 0) {
        const std::string    head = head_of(layout);
        const auto           size = static_cast<uint32_t>(head.size());
        std::vector<uint8_t> bytes;
        append(bytes, MAGIC, sizeof(MAGIC));
        append(bytes, &size, sizeof(size));
        append(bytes, head.data(), head.size());
        close_section(bytes, 0);
        if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size() || std::fflush(file_.get()) != 0) {
            throw file_error(path, "Writing");
        }
        totals_.bytes = static_cast<int64_t>(bytes.size());
    }
}

void captured_writer::add(const captured_text & t) {
    const auto           n = static_cast<uint32_t>(t.tokens.size()), n_targets = static_cast<uint32_t>(t.targets());
    std::vector<uint8_t> bytes;
    bytes.reserve(captured_bytes(layout_, n, n_targets));
    append(bytes, &n, sizeof(n));
    append(bytes, &n_targets, sizeof(n_targets));
    append(bytes, t.tokens.data(), n * sizeof(t.tokens[0]));
    append(bytes, t.mask.data(), n);
    close_section(bytes, 0);
    for (const auto & rows : t.states) {
        append_rows(bytes, rows, layout_.n_embd);
    }
    append_rows(bytes, t.finals, layout_.n_embd);
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size() || std::fflush(file_.get()) != 0) {
        const error   why = file_error(path_, "Writing");
        std::error_code ignored;
        std::clearerr(file_.get());
        seek(file_.get(), totals_.bytes); // the next one overwrites what there is of this one
        std::filesystem::resize_file(path_, static_cast<uintmax_t>(totals_.bytes), ignored);
        throw why;
    }
    totals_.texts += 1;
    totals_.tokens += n;
    totals_.targets += n_targets;
    totals_.bytes += static_cast<int64_t>(bytes.size());
}

captured_reader::captured_reader(const std::string & path, const std::string & model) : path_(path), file_(std::fopen(path.c_str(), "rb")) {
    if (!file_) {
        throw errno == ENOENT ? error("file-not-found", "There is no " + path + ". Capture the texts first.") : file_error(path, "Reading");
    }
    std::error_code failed;
    const auto      size = static_cast<int64_t>(std::filesystem::file_size(path, failed));
    uint8_t         begin[sizeof(MAGIC) + sizeof(uint32_t)];
    uint32_t        head_size = 0;
    if (failed || std::fread(begin, 1, sizeof(begin), file_.get()) != sizeof(begin) || std::memcmp(begin, MAGIC, sizeof(MAGIC)) != 0) {
        throw damaged(path);
    }
    std::memcpy(&head_size, begin + sizeof(MAGIC), sizeof(head_size));
    if (head_size > MAX_HEAD) {
        throw damaged(path);
    }
    std::string head(head_size, '\0');
    uint64_t    sum = 0;
    checksum    expected;
    if (std::fread(head.data(), 1, head.size(), file_.get()) != head.size() || std::fread(&sum, 1, sizeof(sum), file_.get()) != sizeof(sum)) {
        throw damaged(path);
    }
    expected.add(begin, sizeof(begin));
    expected.add(head.data(), head.size());
    if (sum != expected.value() || !parse_head(head, layout_)) {
        throw damaged(path);
    }
    if (layout_.model != model) {
        throw error("invalid-argument", path + " was captured from another model. Capture the texts with this one.");
    }
    int64_t at = static_cast<int64_t>(sizeof(begin)) + head_size + SUM_BYTES;
    for (;;) { // whole texts only: the last one may have been cut off by an interruption
        uint32_t n[2];
        seek(file_.get(), at);
        if (std::fread(n, 1, sizeof(n), file_.get()) != sizeof(n)) {
            break;
        }
        if (n[0] < 1 || n[0] > MAX_TOKENS || n[1] > n[0]) {
            break;
        }
        const int64_t bytes = captured_bytes(layout_, n[0], n[1]);
        if (at + bytes > size) {
            break;
        }
        read_section(file_.get(), path, at, token_bytes(n[0]));
        places_.push_back({at, n[0], n[1]});
        totals_.texts += 1;
        totals_.tokens += n[0];
        totals_.targets += n[1];
        at += bytes;
    }
    totals_.bytes = at;
}

captured_text captured_reader::read(int64_t text, int32_t layer) const {
    const place & p     = places_.at(text);
    const auto    which = std::find(layout_.layers.begin(), layout_.layers.end(), layer);
    if (which == layout_.layers.end()) {
        throw error("invalid-argument", path_ + " does not hold the states before layer " + std::to_string(layer) + ". Capture the texts with it.");
    }
    const auto section = [&](int64_t at, int64_t size) { return read_section(file_.get(), path_, at, size); };
    captured_text out;
    const auto    head = section(p.at, token_bytes(p.n_tokens));
    out.tokens.resize(p.n_tokens);
    out.mask.resize(p.n_tokens);
    std::memcpy(out.tokens.data(), &head[2 * sizeof(uint32_t)], p.n_tokens * sizeof(llama_token));
    std::memcpy(out.mask.data(), &head[2 * sizeof(uint32_t) + p.n_tokens * sizeof(llama_token)], p.n_tokens);
    if (out.targets() != p.n_targets) {
        throw damaged(path_);
    }
    const int64_t rows_at = p.at + token_bytes(p.n_tokens) + SUM_BYTES, states = p.n_tokens * row_bytes(layout_);
    out.states.push_back(rows_of(section(rows_at + (which - layout_.layers.begin()) * (states + SUM_BYTES), states), p.n_tokens, layout_.n_embd));
    const int64_t finals_at = rows_at + static_cast<int64_t>(layout_.layers.size()) * (states + SUM_BYTES);
    out.finals = rows_of(section(finals_at, p.n_targets * row_bytes(layout_)), p.n_targets, layout_.n_embd);
    return out;
}

} // namespace kangaroo
