#include "fuzzing.h"

#include "gguf-file.h"
#include "random-model.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

namespace fuzzing {

namespace fs = std::filesystem;

std::string path_of(const std::string & name) {
    struct folder {
        fs::path path = fs::temp_directory_path() / ("kangaroo-fuzz-" + std::to_string(getpid()));
        folder() { fs::create_directories(path); }
        ~folder() {
            std::error_code failed;
            fs::remove_all(path, failed);
        }
    };
    static const folder mine;
    return (mine.path / name).string();
}

void write_file(const std::string & path, const bytes & content) {
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char *>(content.data()), static_cast<std::streamsize>(content.size()));
    require(static_cast<bool>(out.flush()), "a file of the target itself can be written");
}

bytes read_file(const std::string & path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void seed_corpus(int argc, char ** argv, const std::vector<bytes> & seeds) {
    for (int i = 1; i < argc; ++i) {
        if (argv[i][0] == '-' || !fs::is_directory(argv[i])) {
            continue;
        }
        for (size_t n = 0; n < seeds.size(); ++n) {
            write_file((fs::path(argv[i]) / ("seed-" + std::to_string(n))).string(), seeds[n]);
        }
        return;
    }
}

void require(bool kept, const char * promise) {
    if (!kept) {
        std::fprintf(stderr, "broken promise: %s\n", promise);
        std::abort();
    }
}

void require_useful(const kangaroo::error & e) {
    const std::string message = e.what();
    if (std::string(e.code) == "internal") {
        std::fprintf(stderr, "%s\n", e.what());
    }
    require(message.size() > 20 && message.find('.') != std::string::npos, "an error says what happened and what to do");
    require(std::string(e.code) != "internal", "what a file does wrong is no internal error");
}

bytes header_of(const std::string & path) {
    const kangaroo::gguf_file file(path);
    bytes all = read_file(path);
    all.resize(gguf_get_data_offset(file.get()));
    return all;
}

bytes with_data(const uint8_t * header, size_t size) {
    constexpr size_t DATA = 128 << 10;
    bytes    all(header, header + size);
    uint64_t state = 0x9E3779B97F4A7C15u;
    for (const uint8_t b : all) {
        state = state * 0x100000001B3u + b;
    }
    const uint64_t kind = (state >> 60) % 4;
    all.resize(size + DATA, kind == 1 ? 0x2C : kind == 2 ? 0xFF : 0x00); // 0x2C2C is 0.065 as F16
    for (size_t i = size; kind == 3 && i < all.size(); ++i) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        all[i] = static_cast<uint8_t>(state >> 56);
    }
    return all;
}

std::vector<std::string> write_models() {
    std::vector<std::string> paths;
    for (const char * architecture : {"llama", "gemma3", "gpt2", "qwen2moe", "phi2", "bloom", "mamba"}) {
        testing::random_model m;
        m.architecture = architecture;
        m.n_layer = 2;
        m.n_embd = m.n_ff = 32;
        m.n_head = m.n_head_kv = 2;
        m.n_vocab = 320;
        m.n_ctx   = 256;
        if (m.architecture == "qwen2moe") {
            m.n_expert = 4;
            m.n_expert_used = 2;
            m.n_ff_expert = 32;
            m.keys = {{"expert_shared_feed_forward_length", uint32_t(32)}};
        }
        if (m.architecture == "gemma3") {
            m.keys = {{"attention.sliding_window", uint32_t(16)}};
        }
        if (m.architecture == "mamba") {
            m.keys = {{"ssm.conv_kernel", uint32_t(4)}, {"ssm.inner_size", uint32_t(64)}, {"ssm.state_size", uint32_t(16)}, {"ssm.time_step_rank", uint32_t(2)}};
        }
        paths.push_back(path_of(m.architecture + ".gguf"));
        testing::write_random_model(paths.back(), m);
    }
    return paths;
}

kangaroo::session_options small_session() {
    kangaroo::session_options o;
    o.context_size = 64;
    o.threads      = 1;
    return o;
}

std::vector<llama_token> short_answer(kangaroo::session & s, kangaroo::decoding_mode mode) {
    kangaroo::generation_options o;
    o.mode       = mode;
    o.threshold  = 0.0f;
    o.max_draft  = 3;
    o.max_tokens = 6;
    return s.generate({0, 1, 2}, o, {}).ids;
}

} // namespace fuzzing
