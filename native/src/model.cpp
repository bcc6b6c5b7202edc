#include "model.h"

#include "llama-exit-weights.h"

#include "abort-guard.h"
#include "checksum.h"
#include "error.h"
#include "model-check.h"
#include "model-files.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <new>

#ifndef _WIN32
#include <dlfcn.h>
#endif

namespace kangaroo {

namespace {

namespace fs = std::filesystem;

std::mutex  log_mutex;
std::string last_errors; // what llama.cpp said since the last clear, errors only

void keep_errors(ggml_log_level level, const char * text, void *) {
    if (level == GGML_LOG_LEVEL_ERROR) {
        const std::lock_guard<std::mutex> lock(log_mutex);
        if (last_errors.size() < 4096) {
            last_errors += text;
        }
    }
}

void clear_errors() {
    const std::lock_guard<std::mutex> lock(log_mutex);
    last_errors.clear();
}

std::string errors_since() {
    const std::lock_guard<std::mutex> lock(log_mutex);
    std::string text = last_errors;
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) {
        text.pop_back();
    }
    return text;
}

fs::path ggml_folder() {
#ifdef _WIN32
    return {};
#else
    Dl_info info{};
    return dladdr(reinterpret_cast<void *>(&ggml_backend_load_all_from_path), &info) ? fs::path(info.dli_fname).parent_path() : fs::path();
#endif
}

// GPU backends are in packages of their own beside the CPU package: <scope>/linux-x64-cuda/bins/linux-x64-cuda/libggml-cuda.so
void load_gpu_backends(const fs::path & cpu_folder) {
    const fs::path package = cpu_folder.parent_path().parent_path();
    const std::string prefix = package.filename().string() + "-";
    std::error_code failed;
    for (const auto & sibling : fs::directory_iterator(package.parent_path(), failed)) {
        const std::string name = sibling.path().filename().string();
        if (name.rfind(prefix, 0) != 0) {
            continue;
        }
        for (const char * kind : {"cuda", "vulkan", "metal"}) {
            const fs::path lib = sibling.path() / "bins" / name / (std::string("libggml-") + kind + ".so");
            if (fs::exists(lib, failed)) {
                ggml_backend_load(lib.string().c_str());
            }
        }
    }
}

llama_ftype file_type_of(const std::string & name) {
    static const std::pair<const char *, llama_ftype> known[] = {
        {"F32", LLAMA_FTYPE_ALL_F32},       {"F16", LLAMA_FTYPE_MOSTLY_F16},       {"BF16", LLAMA_FTYPE_MOSTLY_BF16},
        {"Q8_0", LLAMA_FTYPE_MOSTLY_Q8_0},  {"Q4_0", LLAMA_FTYPE_MOSTLY_Q4_0},     {"Q5_0", LLAMA_FTYPE_MOSTLY_Q5_0},
        {"Q6_K", LLAMA_FTYPE_MOSTLY_Q6_K},  {"Q4_K_M", LLAMA_FTYPE_MOSTLY_Q4_K_M}, {"Q5_K_M", LLAMA_FTYPE_MOSTLY_Q5_K_M},
    };
    for (const auto & [text, type] : known) {
        if (name == text) {
            return type;
        }
    }
    throw error("invalid-argument", "There is no quantisation \"" + name + "\". Use F32, F16, BF16, Q8_0, Q6_K, Q5_K_M, Q5_0, Q4_K_M or Q4_0.");
}

error damaged(const std::string & path, const std::string & why) {
    return {"file-damaged", path + " could not be loaded: " + (why.empty() ? "unknown reason" : why) + ". Download it again, or choose another model."};
}

error too_large() {
    return {"out-of-memory", "The model does not fit into memory. Choose a smaller one or a smaller quantisation."};
}

} // namespace

void init_backends() {
    static std::once_flag once;
    std::call_once(once, [] {
        llama_log_set(keep_errors, nullptr);
        const fs::path folder = ggml_folder();
        ggml_backend_load_all_from_path(folder.empty() ? nullptr : folder.string().c_str());
        if (!folder.empty()) {
            load_gpu_backends(folder);
        }
        llama_exit_init();
        llama_backend_init();
    });
}

std::vector<gpu_memory> gpus() {
    init_backends();
    std::vector<gpu_memory> found;
    for (size_t i = 0; i < ggml_backend_dev_count(); ++i) {
        ggml_backend_dev_t device = ggml_backend_dev_get(i);
        const auto         kind   = ggml_backend_dev_type(device);
        if (kind == GGML_BACKEND_DEVICE_TYPE_GPU || kind == GGML_BACKEND_DEVICE_TYPE_IGPU) {
            gpu_memory memory{std::string(ggml_backend_dev_name(device)) + " " + ggml_backend_dev_description(device)};
            ggml_backend_dev_memory(device, &memory.free, &memory.total);
            found.push_back(memory);
        }
    }
    return found;
}

std::vector<std::string> devices() {
    init_backends();
    std::vector<std::string> out;
    for (size_t i = 0; i < ggml_backend_dev_count(); ++i) {
        ggml_backend_dev_t dev = ggml_backend_dev_get(i);
        std::string text = ggml_backend_dev_name(dev);
        const std::string about = ggml_backend_dev_description(dev);
        out.push_back(about.empty() || about == text ? text : text + " " + about);
    }
    return out;
}

void quantize(const std::string & source, const std::string & target, const std::string & type) {
    init_backends();
    auto params  = llama_model_quantize_default_params();
    params.ftype = file_type_of(type);
    { const gguf_file check(source); }
    clear_errors();
    if (llama_model_quantize(source.c_str(), target.c_str(), &params) != 0) {
        throw error("internal", "Quantising " + source + " failed. " + errors_since());
    }
}

std::shared_ptr<model> model::load(const std::string & path, int32_t gpu_layers, const std::function<bool(float)> & progress) {
    init_backends();
    model_info info;
    bool       causal = true;
    {
        const model_files files(path);
        const gguf_file & file = files.first();
        info.path         = path;
        info.architecture = file.text("general.architecture");
        info.name         = file.text("general.name");
        info.size_bytes   = files.size_bytes();
        info.fingerprint  = files.fingerprint();
        causal            = file.flag(info.architecture + ".attention.causal", true);
        if (info.architecture == "kangaroo") {
            throw error("invalid-argument", path + " is a Kangaroo adapter, not a model. Load it together with its base model.");
        }
        for (const gguf_file & part : files.all()) {
            check_model(part);
        }
        if (info.name.empty()) {
            info.name = fs::path(path).stem().string();
        }
    }
    struct state {
        const std::function<bool(float)> & progress;
        bool cancelled = false;
    } s{progress};
    auto params                        = llama_model_default_params();
    params.n_gpu_layers                = gpu_layers;
    params.progress_callback_user_data = &s;
    params.progress_callback           = [](float fraction, void * data) {
        auto * st     = static_cast<state *>(data);
        st->cancelled = st->progress && !st->progress(fraction);
        return !st->cancelled;
    };
    clear_errors();
    auto out = std::make_shared<model>();
    try {
        const abort_guard guard;
        out->model_.reset(llama_model_load_from_file(path.c_str(), params));
    } catch (const std::bad_alloc &) {
        throw too_large();
    } catch (const std::exception & why) {
        throw damaged(path, why.what());
    }
    if (!out->model_) {
        if (s.cancelled) {
            throw error("cancelled", "Loading was cancelled.");
        }
        const std::string why = errors_since();
        if (why.find("unknown model architecture") != std::string::npos) {
            throw error("unsupported-architecture", "This version cannot run the architecture \"" + info.architecture + "\". Choose another model.");
        }
        if (why.find("unable to allocate") != std::string::npos || why.find("failed to allocate") != std::string::npos) {
            throw too_large();
        }
        throw damaged(path, why);
    }
    out->vocab_      = llama_model_get_vocab(out->get());
    info.n_params    = static_cast<int64_t>(llama_model_n_params(out->get()));
    info.n_layer     = llama_model_n_layer(out->get());
    info.n_embd      = llama_model_n_embd(out->get());
    info.n_vocab     = llama_vocab_n_tokens(out->vocab_);
    info.n_ctx_train = llama_model_n_ctx_train(out->get());
    char desc[128]   = {};
    llama_model_desc(out->get(), desc, sizeof(desc)); // "llama 7B Q8_0": the last word is the file type
    const std::string text = desc;
    const size_t      at   = text.rfind(' ');
    info.file_type = at == std::string::npos ? text : text.substr(at + 1);
    if (!causal || llama_model_has_encoder(out->get()) || !llama_model_has_decoder(out->get()) || llama_model_is_diffusion(out->get())) {
        throw error("unsupported-architecture", info.name + " is not a text generation model (it reads a text as a whole, with an encoder). Choose a decoder-only model.");
    }
    out->info_ = info;
    return out;
}

std::string model::chat_template() const {
    const char * t = llama_model_chat_template(get(), nullptr);
    return t ? t : "";
}

// Runs what reads the vocabulary; one that contradicts itself shows when it is used.
template <typename body_fn> auto model::with_vocabulary(body_fn body) const {
    try {
        const abort_guard guard;
        return body();
    } catch (const error &) {
        throw;
    } catch (const std::bad_alloc &) {
        throw;
    } catch (const std::exception & why) {
        throw error("file-damaged", "The vocabulary in " + info_.path + " contradicts itself: " + why.what() + ". Download the model again, or choose another one.");
    }
}

std::vector<llama_token> model::tokenize(const std::string & text, bool add_special, bool parse_special) const {
    return with_vocabulary([&] {
        std::vector<llama_token> ids(text.size() + 2);
        const auto fill = [&] {
            return llama_tokenize(vocab_, text.data(), static_cast<int32_t>(text.size()), ids.data(), static_cast<int32_t>(ids.size()), add_special, parse_special);
        };
        int32_t n = fill();
        if (n < 0 && n != INT32_MIN) {
            ids.resize(-n);
            n = fill();
        }
        if (n < 0) {
            throw error("invalid-argument", "The text is too long to be turned into tokens.");
        }
        ids.resize(n);
        return ids;
    });
}

std::string model::piece(llama_token id, bool special) const {
    return with_vocabulary([&] {
        char    small[64];
        int32_t n = llama_token_to_piece(vocab_, id, small, sizeof(small), 0, special);
        if (n >= 0) {
            return std::string(small, n);
        }
        std::string out(-n, '\0');
        n = llama_token_to_piece(vocab_, id, out.data(), static_cast<int32_t>(out.size()), 0, special);
        out.resize(std::max(n, 0));
        return out;
    });
}

std::string model::detokenize(const std::vector<llama_token> & ids, bool special) const {
    std::string out;
    for (const llama_token id : ids) {
        out += piece(id, special);
    }
    return out;
}

// A matrix of n_rows rows of k numbers, to Q8_0.
static std::vector<uint8_t> quantized(ggml_type type, const std::vector<uint8_t> & data, int64_t k, int64_t n_rows) {
    std::vector<float> values(k * n_rows);
    if (type == GGML_TYPE_F32) {
        std::memcpy(values.data(), data.data(), data.size());
    } else {
        ggml_get_type_traits(type)->to_float(data.data(), values.data(), static_cast<int64_t>(values.size()));
    }
    std::vector<uint8_t> out(ggml_row_size(GGML_TYPE_Q8_0, k) * n_rows);
    ggml_quantize_chunk(GGML_TYPE_Q8_0, values.data(), out.data(), 0, n_rows, k, nullptr);
    return out;
}

std::shared_ptr<adapter> model::load_adapter(const std::string & path) const {
    const gguf_file file(path);
    auto out   = std::make_shared<adapter>();
    out->info_ = read_adapter_info(file);
    const adapter_info & info = out->info_;
    if (info.base_fingerprint != info_.fingerprint || info.n_embd != info_.n_embd || info.exit_layer >= info_.n_layer) {
        throw error("adapter-mismatch", "This adapter was trained for \"" + (info.base_name.empty() ? std::string("another model") : info.base_name) +
            "\" and does not fit \"" + info_.name + "\". Choose the adapter of this model.");
    }

    llama_exit_adapter & w = out->weights_;
    w.exit_layer = info.exit_layer;
    w.n_head     = info.n_head;
    w.n_head_kv  = info.n_head_kv;
    w.n_rot      = info.n_rot;
    w.freq_base  = info.freq_base;
    w.norm_eps   = info.norm_eps;

    struct source {
        ggml_tensor *        tensor;
        std::vector<uint8_t> data;
    };
    std::vector<source> sources;
    checksum            sum; // of what the file holds
    ggml_backend_buffer_type_t place = llama_exit_buffer_type(*get(), info.exit_layer);
    const bool                 packs = packed_weights() && ggml_backend_buft_is_host(place);
    for (auto * ctx : {&w.ctx, &w.packed_ctx}) {
        ctx->reset(ggml_init({ggml_tensor_overhead() * 8, nullptr, true}));
    }
    const bool quantizes = packs && info_.file_type != "F16" && info_.file_type != "F32" && info_.file_type != "BF16";
    const auto context_for = [&](ggml_type type, const int64_t * ne) { return (packs && can_be_packed(type, ne) ? w.packed_ctx : w.ctx).get(); };
    const auto add = [&](const char * name) {
        const int64_t   id   = file.tensor(name);
        const int64_t * ne   = gguf_get_tensor_ne(file.get(), id);
        ggml_type       type = gguf_get_tensor_type(file.get(), id);
        auto            data = file.read(id);
        sum.add(data.data(), data.size());
        if (quantizes && !ggml_is_quantized(type) && ne[0] % ggml_blck_size(GGML_TYPE_Q8_0) == 0 && can_be_packed(GGML_TYPE_Q8_0, ne)) {
            data = quantized(type, data, ne[0], ne[1]); // as exact as the model's own matrices at best, and faster
            type = GGML_TYPE_Q8_0;
        }
        ggml_tensor * t = ggml_new_tensor(context_for(type, ne), type, ne[1] > 1 ? 2 : 1, ne);
        ggml_set_name(t, (std::string("kangaroo.") + name).c_str());
        sources.push_back({t, std::move(data)});
        return t;
    };
    w.attn_norm = add("attn_norm.weight");
    w.wq        = add("attn_q.weight");
    w.wk        = add("attn_k.weight");
    w.wv        = add("attn_v.weight");
    w.wo        = add("attn_output.weight");
    w.norm      = add("norm.weight");

    if (info.n_draft_vocab > info_.n_vocab) {
        throw error("adapter-invalid", "The draft vocabulary of " + path + " has more tokens than the model. Choose another adapter, or train it again.");
    }
    if (info.n_draft_vocab > 0) { // gather the head's rows from the file: a loaded head may be repacked
        const auto ids = file.read(file.tensor("draft_vocab"));
        w.draft_vocab.resize(info.n_draft_vocab);
        std::memcpy(w.draft_vocab.data(), ids.data(), ids.size());
        const model_files base(info_.path);
        auto head = base.find("output.weight");
        head = head.file ? head : base.find("token_embd.weight");
        if (!head.file || gguf_get_tensor_ne(head.file->get(), head.tensor)[0] != info.n_embd) {
            throw error("adapter-invalid", "The draft vocabulary of " + path + " cannot be used: no rows of a head are found in the files of this model. Train an adapter with its full vocabulary.");
        }
        const ggml_type type     = gguf_get_tensor_type(head.file->get(), head.tensor);
        const size_t    row_size = ggml_row_size(type, info.n_embd);
        const int64_t ne[GGML_MAX_DIMS] = {info.n_embd, info.n_draft_vocab, 1, 1};
        w.head = ggml_new_tensor(context_for(type, ne), type, 2, ne);
        std::vector<uint8_t> rows(row_size * info.n_draft_vocab);
        for (size_t i = 0; i < w.draft_vocab.size(); ++i) {
            if (w.draft_vocab[i] < 0 || w.draft_vocab[i] >= info_.n_vocab) {
                throw error("adapter-invalid", "The draft vocabulary of " + path + " names tokens that the model does not have.");
            }
            const auto row = head.file->read(head.tensor, row_size * w.draft_vocab[i], row_size);
            std::memcpy(rows.data() + i * row_size, row.data(), row_size);
        }
        sum.add(rows.data(), rows.size());
        sources.push_back({w.head, std::move(rows)});
    }

    w.buffer.reset(ggml_backend_alloc_ctx_tensors_from_buft(w.ctx.get(), place));
    const bool any_packed = ggml_get_first_tensor(w.packed_ctx.get());
    w.packed_buffer.reset(any_packed ? ggml_backend_alloc_ctx_tensors_from_buft(w.packed_ctx.get(), packed_weights()) : nullptr);
    if (!w.buffer || (any_packed && !w.packed_buffer)) {
        throw error("out-of-memory", "The adapter does not fit into memory.");
    }
    for (const auto * buffer : {&w.buffer, &w.packed_buffer}) {
        if (*buffer) {
            ggml_backend_buffer_set_usage(buffer->get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
        }
    }
    for (const source & s : sources) {
        ggml_backend_tensor_set(s.tensor, s.data.data(), 0, s.data.size());
    }
    out->checksum_ = sum.value();
    return out;
}

} // namespace kangaroo
