#include "shapes.h"

#include "error.h"

#include <algorithm>
#include <filesystem>

namespace bench {

namespace {

namespace fs = std::filesystem;

shape make(const std::string & name, const std::string & architecture, uint32_t n_layer, uint32_t n_embd, uint32_t n_head, uint32_t n_head_kv,
    uint32_t n_embd_head, uint32_t n_ff, uint32_t n_vocab, float freq_base, bool tied, int32_t exit_layer) {
    shape s;
    s.name = name;
    s.model.architecture = architecture;
    s.model.name         = name + " (random weights)";
    s.model.n_layer      = n_layer;
    s.model.n_embd       = n_embd;
    s.model.n_head       = n_head;
    s.model.n_head_kv    = n_head_kv;
    s.model.n_embd_head  = n_embd_head;
    s.model.n_rot        = n_embd_head;
    s.model.n_ff         = n_ff;
    s.model.n_vocab      = n_vocab;
    s.model.freq_base    = freq_base;
    s.model.without      = {".bias", "rope_freqs.weight"};
    if (tied) {
        s.model.without.push_back("output.weight");
    }
    s.adapter.exit_layer  = exit_layer;
    s.adapter.n_head      = n_head;
    s.adapter.n_head_kv   = n_head_kv;
    s.adapter.n_embd_head = n_embd_head;
    s.adapter.n_rot       = n_embd_head;
    s.adapter.freq_base   = freq_base;
    return s;
}

} // namespace

std::vector<shape> shapes() {
    return {
        make("Llama-3.2-1B", "llama", 16, 2048, 32, 8, 64, 8192, 128256, 500000.0f, true, 1),
        make("Qwen3-4B", "qwen3", 36, 2560, 32, 8, 128, 9728, 151936, 1000000.0f, true, 2),
        make("Llama-3.1-8B", "llama", 32, 4096, 32, 8, 128, 14336, 128256, 500000.0f, false, 2),
        make("Tiny", "llama", 4, 64, 4, 2, 16, 128, 512, 10000.0f, true, 1),
    };
}

shape_files write_shape(const std::string & name, const std::string & type, int32_t draft_vocab, const std::string & folder) {
    auto        all   = shapes();
    const auto  found = std::find_if(all.begin(), all.end(), [&](const shape & s) { return s.name == name; });
    if (found == all.end()) {
        std::string names;
        for (const shape & s : all) {
            names += (names.empty() ? "" : ", ") + s.name;
        }
        throw kangaroo::error("invalid-argument", "There is no shape \"" + name + "\". Use one of: " + names + ".");
    }
    if (type != "F16" && type != "Q8_0" && type != "Q4_0") {
        throw kangaroo::error("invalid-argument", "Shapes are written in F16, Q8_0 or Q4_0, not in \"" + type + "\".");
    }
    if (draft_vocab >= static_cast<int32_t>(found->model.n_vocab)) {
        draft_vocab = 0;
    }
    found->model.type   = type == "F16" ? GGML_TYPE_F16 : type == "Q8_0" ? GGML_TYPE_Q8_0 : GGML_TYPE_Q4_0;
    found->adapter.type = found->model.type;
    for (int32_t id = 0; id < draft_vocab; ++id) {
        found->adapter.draft_vocab.push_back(id);
    }
    fs::create_directories(folder);
    const std::string base = (fs::path(folder) / (name + "-" + type)).string();
    const shape_files files{base + ".gguf", base + "-draft-" + std::to_string(draft_vocab) + "-adapter.gguf"};
    const auto publish = [](const std::string & path, const auto & write) { // whole or not at all: a broken run leaves no half model
        if (fs::exists(path)) {
            return;
        }
        try {
            write(path + ".part");
        } catch (const std::runtime_error & why) {
            fs::remove(path + ".part");
            throw kangaroo::error("disk-full", std::string(why.what()) + ". Is there room for it?");
        }
        fs::rename(path + ".part", path);
    };
    publish(files.model, [&](const std::string & path) { testing::write_random_model(path, found->model); });
    publish(files.adapter, [&](const std::string & path) { testing::write_random_adapter(path, files.model, found->adapter); });
    return files;
}

} // namespace bench
