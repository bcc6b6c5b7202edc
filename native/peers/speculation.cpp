#include "speculation.h"

#include "common.h"
#include "ggml-backend.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <sstream>
#include <stdexcept>

#ifndef _WIN32
#include <dlfcn.h>
#endif

namespace peers {

namespace {

namespace fs = std::filesystem;

constexpr int32_t BATCH         = 512; // as our engine's and node-llama-cpp's
constexpr int32_t LONGEST_DRAFT = 64;  // ngram-mod's, the longest default

double now_ms() {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct batch_guard {
    llama_batch batch;
    explicit batch_guard(int32_t size) : batch(llama_batch_init(size, 0, 1)) {}
    ~batch_guard() { llama_batch_free(batch); }
    batch_guard(const batch_guard &) = delete;
    batch_guard & operator=(const batch_guard &) = delete;
};

void decode(llama_context * ctx, const llama_batch & batch) {
    if (const int32_t code = llama_decode(ctx, batch); code != 0) {
        throw std::runtime_error("llama_decode returned " + std::to_string(code));
    }
}

void process(common_speculative * drafter, const llama_batch & batch) {
    if (!common_speculative_process(drafter, batch)) {
        throw std::runtime_error("the drafter could not read a batch");
    }
}

llama_model_ptr load(const std::string & path, int32_t gpu_layers) {
    llama_model_params params = llama_model_default_params();
    params.n_gpu_layers       = gpu_layers;
    llama_model_ptr model(llama_model_load_from_file(path.c_str(), params));
    if (!model) {
        throw std::runtime_error("llama.cpp could not load " + path);
    }
    return model;
}

template <typename F> F * cpu_function(const char * name) {
    ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    return cpu ? reinterpret_cast<F *>(ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(cpu), name)) : nullptr;
}

// Takes the settings that a type knows, so that what is left over was a mistake.
class settings_reader {
  public:
    explicit settings_reader(std::map<std::string, double> settings) : left_(std::move(settings)) {}

    template <typename T> void take(const char * name, T & value) {
        if (const auto found = left_.find(name); found != left_.end()) {
            value = static_cast<T>(found->second);
            left_.erase(found);
        }
        words_ << (words_.tellp() > 0 ? ", " : "") << name << ' ' << value;
    }

    std::string words() const {
        if (!left_.empty()) {
            throw std::runtime_error("there is no setting " + left_.begin()->first);
        }
        return words_.str();
    }

  private:
    std::map<std::string, double> left_;
    std::ostringstream            words_;
};

std::string apply(common_params_speculative & params, common_speculative_type type, const variant & variant) {
    settings_reader settings(variant.settings);
    const auto take_map = [&](common_params_speculative_ngram_map & map, bool hits) {
        settings.take("n", map.size_n);
        settings.take("m", map.size_m);
        if (hits) {
            settings.take("minHits", map.min_hits);
        }
    };
    switch (type) {
        case COMMON_SPECULATIVE_TYPE_NGRAM_SIMPLE:  take_map(params.ngram_simple, false); break;
        case COMMON_SPECULATIVE_TYPE_NGRAM_MAP_K:   take_map(params.ngram_map_k, true); break;
        case COMMON_SPECULATIVE_TYPE_NGRAM_MAP_K4V: take_map(params.ngram_map_k4v, true); break;
        case COMMON_SPECULATIVE_TYPE_NGRAM_MOD:
            settings.take("n", params.ngram_mod.n_match);
            settings.take("min", params.ngram_mod.n_min);
            settings.take("max", params.ngram_mod.n_max);
            break;
        case COMMON_SPECULATIVE_TYPE_DRAFT_SIMPLE:
            settings.take("max", params.draft.n_max);
            settings.take("minProbability", params.draft.p_min);
            break;
        case COMMON_SPECULATIVE_TYPE_NONE:
        case COMMON_SPECULATIVE_TYPE_NGRAM_CACHE: break; // nothing to set: its draft length (8) is a constant
        default: throw std::runtime_error(variant.type + " needs a drafter of its own kind");
    }
    return settings.words();
}

} // namespace

void load_backends() {
#ifndef _WIN32
    Dl_info info{};
    if (dladdr(reinterpret_cast<void *>(&ggml_backend_load_all_from_path), &info)) {
        const fs::path folder = fs::path(info.dli_fname).parent_path();
        ggml_backend_load_all_from_path(folder.string().c_str());
        // <scope>/linux-x64-cuda/bins/linux-x64-cuda/libggml-cuda.so beside <scope>/linux-x64/bins/linux-x64
        const fs::path    package = folder.parent_path().parent_path();
        const std::string prefix  = package.filename().string() + "-";
        std::error_code   failed;
        for (const auto & sibling : fs::directory_iterator(package.parent_path(), failed)) {
            const std::string name = sibling.path().filename().string();
            for (const char * kind : {"cuda", "vulkan", "metal"}) {
                const fs::path library = sibling.path() / "bins" / name / (std::string("libggml-") + kind + ".so");
                if (name.rfind(prefix, 0) == 0 && fs::exists(library, failed)) {
                    ggml_backend_load(library.string().c_str());
                }
            }
        }
        return;
    }
#endif
    ggml_backend_load_all();
}

speculation::speculation(const options & options) : options_(options), model_(load(options.model_path, options.gpu_layers)) {
    vocab_ = llama_model_get_vocab(model_.get());
    // Threads that live on, as in llama.cpp's own tools; they wait as ours do, not as long as its default, which would
    // still turn while the next peer computes.
    if (auto * make = cpu_function<decltype(ggml_threadpool_new)>("ggml_threadpool_new")) {
        ggml_threadpool_params pool = ggml_threadpool_params_default(options.threads);
        pool.poll                   = 1;
        threadpool_.reset(make(&pool));
    }
    ctx_ = make_context(model_.get());
    if (options.drafter_path) {
        drafter_     = load(*options.drafter_path, options.gpu_layers);
        drafter_ctx_ = make_context(drafter_.get());
    }
}

void speculation::threadpool_deleter::operator()(ggml_threadpool * pool) const {
    if (auto * free = cpu_function<decltype(ggml_threadpool_free)>("ggml_threadpool_free")) {
        free(pool);
    }
}

llama_context_ptr speculation::make_context(llama_model * model) const {
    llama_context_params params  = llama_context_default_params();
    params.n_ctx                 = (options_.context_size + 255) / 256 * 256;
    params.n_batch               = BATCH;
    params.n_ubatch              = BATCH;
    params.n_outputs_max         = LONGEST_DRAFT + 1;
    params.n_outputs_max_per_seq = LONGEST_DRAFT + 1;
    params.n_threads             = options_.threads;
    params.n_threads_batch       = options_.threads;
    llama_context_ptr ctx(llama_init_from_model(model, params));
    if (!ctx) {
        throw std::runtime_error("llama.cpp could not create a context");
    }
    if (threadpool_) {
        llama_attach_threadpool(ctx.get(), threadpool_.get(), nullptr);
    }
    return ctx;
}

int32_t speculation::context_size() const {
    return static_cast<int32_t>(llama_n_ctx(ctx_.get()));
}

std::string speculation::add(const std::string & name, const variant & variant) {
    const auto type = common_speculative_type_from_name(variant.type);
    if (type == COMMON_SPECULATIVE_TYPE_COUNT) {
        throw std::runtime_error("llama.cpp has no speculative type " + variant.type);
    }
    if (type == COMMON_SPECULATIVE_TYPE_DRAFT_SIMPLE && !drafter_ctx_) {
        throw std::runtime_error(variant.type + " needs a draft model");
    }
    common_params_speculative params;
    std::string               words = apply(params, type, variant);
    if (common_speculative_n_max(&params) > LONGEST_DRAFT) {
        throw std::runtime_error("drafts of more than " + std::to_string(LONGEST_DRAFT) + " tokens are not foreseen");
    }
    params.types         = {type};
    params.draft.ctx_tgt = ctx_.get();
    params.draft.ctx_dft = type == COMMON_SPECULATIVE_TYPE_DRAFT_SIMPLE ? drafter_ctx_.get() : nullptr;
    variants_[name]      = params;
    return words;
}

// Greedy in the cheapest way: no candidates are copied, no sampler chain runs.
llama_token speculation::likeliest(int32_t row) const {
    const float * logits = llama_get_logits_ith(ctx_.get(), row);
    return static_cast<llama_token>(std::max_element(logits, logits + llama_vocab_n_tokens(vocab_)) - logits);
}

void speculation::read_prompt(const std::vector<llama_token> & prompt, common_speculative * drafter) {
    batch_guard guard(BATCH);
    for (size_t i = 0; i < prompt.size();) {
        common_batch_clear(guard.batch);
        for (; i < prompt.size() && guard.batch.n_tokens < BATCH; ++i) {
            common_batch_add(guard.batch, prompt[i], static_cast<llama_pos>(i), {0}, i + 1 == prompt.size());
        }
        decode(ctx_.get(), guard.batch);
        process(drafter, guard.batch);
    }
    common_speculative_begin(drafter, 0, prompt);
}

// The loop of llama.cpp's examples/speculative-simple and its server, but for checkpoints (these caches can be cut) and
// with the first token taken from the prompt's own pass, as the server does.
answer speculation::generate(const std::string & name, const std::vector<llama_token> & prompt, int32_t max_tokens) {
    const auto found = variants_.find(name);
    if (found == variants_.end() || prompt.empty() || max_tokens < 1) {
        throw std::runtime_error("there is no peer " + name + ", or nothing to do");
    }
    llama_memory_t memory         = llama_get_memory(ctx_.get());
    llama_memory_t drafter_memory = found->second.draft.ctx_dft ? llama_get_memory(drafter_ctx_.get()) : nullptr;
    llama_memory_clear(memory, false);
    if (drafter_memory) {
        llama_memory_clear(drafter_memory, false);
    }
    const common_speculative_ptr drafter(common_speculative_init(found->second, 1)); // null for `none`

    answer       out;
    const double start = now_ms();
    read_prompt(prompt, drafter.get());
    llama_token last = likeliest(static_cast<int32_t>((prompt.size() - 1) % BATCH));
    out.tokens.push_back(last);
    const double first_at = now_ms();
    out.prompt_ms         = first_at - start;

    llama_tokens history = prompt; // in the target's cache
    history.reserve(prompt.size() + max_tokens);
    batch_guard guard(BATCH);
    bool        ended = llama_vocab_is_eog(vocab_, last);
    while (!ended && static_cast<int32_t>(out.tokens.size()) < max_tokens) {
        const auto   past = static_cast<llama_pos>(history.size());
        llama_tokens draft;
        const int32_t room = std::min(context_size() - past - 2, max_tokens - static_cast<int32_t>(out.tokens.size()) - 1);
        if (drafter && room > 0) {
            common_speculative_get_draft_params(drafter.get(), 0) = {true, room, past, last, &history, &draft};
            common_speculative_draft(drafter.get());
            if (drafter_memory) {
                llama_memory_seq_rm(drafter_memory, 0, past, -1);
            }
        }
        common_batch_clear(guard.batch);
        common_batch_add(guard.batch, last, past, {0}, true);
        for (size_t i = 0; i < draft.size(); ++i) {
            common_batch_add(guard.batch, draft[i], past + 1 + static_cast<llama_pos>(i), {0}, true);
        }
        decode(ctx_.get(), guard.batch);
        process(drafter.get(), guard.batch);
        ++out.rounds;
        out.drafted += static_cast<int32_t>(draft.size());

        size_t accepted = 0;
        for (size_t row = 0; row <= accepted && !ended && static_cast<int32_t>(out.tokens.size()) < max_tokens; ++row) {
            history.push_back(last);
            last = likeliest(static_cast<int32_t>(row));
            out.tokens.push_back(last);
            ended = llama_vocab_is_eog(vocab_, last);
            if (row < draft.size() && last == draft[row]) {
                ++accepted;
            }
        }
        if (!draft.empty()) {
            common_speculative_accept(drafter.get(), 0, static_cast<uint16_t>(accepted));
            out.accepted += static_cast<int32_t>(accepted);
        }
        const auto kept = static_cast<llama_pos>(history.size());
        llama_memory_seq_rm(memory, 0, kept, -1);
        if (drafter_memory) {
            llama_memory_seq_rm(drafter_memory, 0, kept, -1);
        }
    }
    out.ms = now_ms() - first_at;
    return out;
}

} // namespace peers
