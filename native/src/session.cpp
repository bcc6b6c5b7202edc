#include "session.h"

#include "abort-guard.h"
#include "argument-check.h"
#include "error.h"
#include "free-memory.h"
#include "session-run.h"

#include "ggml-cpu.h"

#include <algorithm>
#include <thread>

namespace kangaroo {

namespace {

constexpr int32_t BATCH         = 512;
constexpr int32_t MAX_CONTEXT   = 1 << 20;
constexpr int32_t DECODE_ABORTED = 2; // llama_decode's codes
constexpr int32_t DECODE_NO_SLOT = 1;

int32_t default_threads() {
    const int32_t logical = std::max(1u, std::thread::hardware_concurrency());
    return logical <= 4 ? logical : logical / 2; // two logical per physical core
}

void check_options(const generation_options & o) {
    check_range("threshold", o.threshold, 0.0f, 1.0f);
    check_range("maxDraft", o.max_draft, 1, MAX_DRAFT);
    check_range("maxTokens", o.max_tokens, 1, MAX_CONTEXT);
    check_range("keepTokens", o.keep_tokens, 0, MAX_CONTEXT);
    check_range("temperature", o.sampling.temperature, 0.0f, 100.0f);
    check_range("topK", o.sampling.top_k, 0, MAX_CONTEXT);
    check_range("topP", o.sampling.top_p, 0.0f, 1.0f);
    check_range("minP", o.sampling.min_p, 0.0f, 1.0f);
    check_range("repetitionPenalty", o.sampling.repetition_penalty, 0.01f, 100.0f);
    check_range("repetitionWindow", o.sampling.repetition_window, 0, MAX_CONTEXT);
    for (const auto & stop : o.stop) {
        if (stop.empty() || !is_utf8(stop)) {
            invalid("A stop text is empty or no valid UTF-8.");
        }
    }
}

} // namespace

void session::threadpool_deleter::operator()(ggml_threadpool * t) const {
    auto * reg  = ggml_backend_dev_backend_reg(ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU));
    auto * free = reinterpret_cast<decltype(ggml_threadpool_free) *>(ggml_backend_reg_get_proc_address(reg, "ggml_threadpool_free"));
    if (free) {
        free(t);
    }
}

session::session(std::shared_ptr<const model> model, std::shared_ptr<const adapter> adapter, const session_options & options)
    : model_(std::move(model)), adapter_(std::move(adapter)) {
    check_range("contextSize", options.context_size, 0, MAX_CONTEXT);
    check_range("threads", options.threads, 0, 512);
    if (options.cache_type != "f16" && options.cache_type != "q8_0") {
        invalid("The option cacheType must be f16 or q8_0.");
    }
    cache_type_ = options.cache_type;
    threads_ = options.threads > 0 ? options.threads : default_threads();

    auto params            = llama_context_default_params();
    context_size_ = options.context_size > 0 ? options.context_size : std::min(model_->info().n_ctx_train, 8192);
    params.n_ctx           = (context_size_ + 255) / 256 * 256; // as llama.cpp pads it, or its batch would be smaller than its context
    params.n_batch         = BATCH;
    params.n_ubatch        = BATCH;
    params.n_outputs_max   = MAX_DRAFT + 1;
    params.n_seq_max       = 1;
    params.n_threads       = threads_;
    params.n_threads_batch = threads_;
    params.type_k          = options.cache_type == "q8_0" ? GGML_TYPE_Q8_0 : GGML_TYPE_F16;
    params.type_v          = params.type_k;
    params.flash_attn_type = options.flash_attention == "off" ? LLAMA_FLASH_ATTN_TYPE_DISABLED
                           : options.flash_attention == "on"  ? LLAMA_FLASH_ATTN_TYPE_ENABLED
                                                              : LLAMA_FLASH_ATTN_TYPE_AUTO;
    params.swa_full        = true; // a rejected draft must not have overwritten cells that are still in the window
    params.no_perf         = true;
    params.abort_callback  = [](void * data) { return static_cast<std::atomic<bool> *>(data)->load(); };
    params.abort_callback_data = &cancelled_;

    const llama_model * m = model_->get();
    const double per_token = 2.0 * ggml_row_size(params.type_k, 32) / 32.0 * llama_model_n_layer(m) *
        (static_cast<double>(llama_model_n_embd(m)) / std::max(1, llama_model_n_head(m))) * llama_model_n_head_kv(m);
    size_t free_bytes = 0, total_bytes = 0;
    ggml_backend_dev_memory(ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU), &free_bytes, &total_bytes);
    if (total_bytes > 0 && per_token * params.n_ctx > 0.95 * static_cast<double>(total_bytes)) {
        throw error("out-of-memory", "A context of " + std::to_string(params.n_ctx) + " tokens needs " + std::to_string(static_cast<int64_t>(per_token * params.n_ctx / 1e6)) +
            " MB for its K/V cache, more than this machine has. Choose at most " + std::to_string(static_cast<int64_t>(0.5 * total_bytes / per_token)) + " tokens.");
    }

    create(params);
    if (options.threads == 0) {
        choose_threads();
    }
}

// The context and what hangs on it. Computes nothing.
void session::create(const llama_context_params & params) {
    const abort_guard guard; // contexts build graphs, where damage shows that loading did not see
    const auto damaged = [&] {
        return error("file-damaged", model_->info().path + " cannot be computed: " + guard.reason() + ". Download it again, or choose another model.");
    };
    ctx_.reset(llama_init_from_model(model_->get(), params));
    if (!guard.reason().empty()) {
        throw damaged();
    }
    if (!ctx_) {
        throw error("out-of-memory", "A context of " + std::to_string(params.n_ctx) + " tokens could not be created. Choose a smaller context.");
    }
    keep_threads(threads_);
    try {
        exit_ = std::make_unique<llama_exit>(*ctx_, adapter_ ? &adapter_->weights() : nullptr, MAX_DRAFT + 1);
    } catch (const std::bad_alloc &) {
        throw error("out-of-memory", "The adapter's cache does not fit into memory. Choose a smaller context.");
    } catch (const std::runtime_error & why) {
        if (!guard.reason().empty()) {
            throw damaged();
        }
        throw error("unsupported-architecture", model_->info().name + " cannot draft its own tokens: " + why.what() + ". It can be used without its adapter.");
    }
}

// Threads that live as long as the session: starting them anew would cost more than a small model's pass. No more than compute: each
// pass wakes all of them, and one without work would wait for some milliseconds on a core of its own.
void session::keep_threads(int32_t n) {
    auto * reg  = ggml_backend_dev_backend_reg(ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU));
    auto * make = reinterpret_cast<decltype(ggml_threadpool_new) *>(ggml_backend_reg_get_proc_address(reg, "ggml_threadpool_new"));
    if (!make) {
        return;
    }
    if (threadpool_) {
        llama_detach_threadpool(ctx_.get());
        exit_->forget_threads();
    }
    ggml_threadpool_params pool = ggml_threadpool_params_default(n);
    pool.poll = 1; // waits a few milliseconds for the next pass before it sleeps; the default is a busy tenth of a second
    threadpool_.reset(make(&pool));
    llama_attach_threadpool(ctx_.get(), threadpool_.get(), nullptr);
}

session::~session() {
    exit_.reset();
    if (threadpool_) {
        llama_detach_threadpool(ctx_.get());
    }
    ctx_.reset();
    return_free_memory();
}

void session::reset() {
    trim(0);
}

void session::toss(uint64_t seed) {
    for (auto & policy : policies_) {
        policy.toss(seed);
    }
}

// Keeps the first n tokens of the cache.
void session::trim(size_t n_tokens) {
    if (!exit_->keep(static_cast<llama_pos>(n_tokens))) {
        exit_->keep(0);
        n_tokens = 0;
    }
    cache_.resize(std::min(cache_.size(), n_tokens));
    adapter_cached_ = std::min(adapter_cached_, cache_.size());
    in_order_       = holes() ? in_order_ : SIZE_MAX;
}

// Makes room in a full cache: half of what lies behind the first keep_tokens goes.
bool session::shift_context(int32_t keep_tokens) {
    const auto size = static_cast<int32_t>(cache_.size());
    const auto keep = std::min(keep_tokens, size / 2);
    const auto drop = (size - keep) / 2;
    if (drop < 1 || !exit_->shift(keep, drop)) {
        return false;
    }
    cache_.erase(cache_.begin() + keep, cache_.begin() + keep + drop);
    const auto covered = static_cast<int32_t>(adapter_cached_);
    adapter_cached_    = covered >= keep + drop ? covered - drop : std::min(covered, keep);
    in_order_          = std::min(in_order_, static_cast<size_t>(keep));
    return true;
}

std::vector<double> session::learned() const {
    std::vector<double> numbers;
    for (const policy & p : policies_) {
        p.accepts.save(numbers);
        p.copies.save(numbers);
    }
    return numbers;
}

bool session::relearn(const std::vector<double> & numbers) {
    auto policies = policies_;
    if (numbers.size() != policies.size() * 2 * calibration::SAVED) {
        return false;
    }
    const double * next = numbers.data();
    for (policy & p : policies) {
        for (calibration * c : {&p.accepts, &p.copies}) {
            if (!c->load(next)) {
                return false;
            }
            next += calibration::SAVED;
        }
    }
    policies_ = policies;
    return true;
}

void session::check(int32_t status) const {
    if (status == DECODE_ABORTED) {
        throw error("cancelled", "The answer was stopped.");
    }
    if (status == DECODE_NO_SLOT) {
        throw error("internal", "The K/V cache has no room although its size says so.");
    }
    if (status != 0) {
        throw error("internal", "The model could not be computed (code " + std::to_string(status) + ").");
    }
}

size_t session::common_prefix(const std::vector<llama_token> & prompt) const {
    size_t same = 0;
    while (same < cache_.size() && same + 1 < prompt.size() && cache_[same] == prompt[same]) {
        ++same; // the last token is read again: its logits are needed
    }
    return same;
}

// Gives the adapter its K/V of what was decoded plainly, so that drafting can follow. The base's cache stays as it is: read again
// as a prompt it would hold other last bits than plain decoding left there, and the answer could part from the plain one.
void session::catch_up() {
    const auto tokens = cache_;
    cache_.resize(adapter_cached_);
    bool moved = in_order_ < tokens.size();
    while (!moved && cache_.size() < tokens.size()) {
        const turn   mine(*this);
        const size_t at = cache_.size(), n = std::min<size_t>(BATCH, tokens.size() - at);
        check(exit_->follow(tokens.data() + at, static_cast<int32_t>(n), static_cast<llama_pos>(at), moved));
        if (!moved) {
            cache_.insert(cache_.end(), tokens.begin() + at, tokens.begin() + at + n);
            adapter_cached_ = cache_.size();
        }
    }
    trim(cache_.size()); // where cells have moved, the rest is read again
}

void session::read_prompt(const std::vector<llama_token> & prompt, bool adapter_kv, const generation_events & events, generation_stats & stats) {
    const double start = now_ms();
    const size_t same = common_prefix(prompt);
    trim(same);
    if (adapter_kv) {
        catch_up();
    }
    stats.prompt_tokens = static_cast<int32_t>(prompt.size());
    stats.cached_tokens = static_cast<int32_t>(cache_.size());
    while (cache_.size() < prompt.size()) {
        const size_t  at = cache_.size();
        const int32_t n  = static_cast<int32_t>(std::min<size_t>(BATCH, prompt.size() - at));
        {
            const turn mine(*this);
            check(exit_->decode(prompt.data() + at, n, static_cast<llama_pos>(at), adapter_kv));
        }
        cache_.insert(cache_.end(), prompt.begin() + at, prompt.begin() + at + n);
        if (adapter_kv) {
            adapter_cached_ = cache_.size();
        }
        if (events.prefill && prompt.size() - stats.cached_tokens > BATCH) {
            events.prefill(static_cast<int32_t>(cache_.size()), stats.prompt_tokens);
        }
    }
    stats.prompt_ms = now_ms() - start;
}

// Readies the automatic mode for an answer to a prompt of which `same` tokens are cached; null where the context is too small to
// measure in, let alone to draft in, and where a rejected draft could not be taken back.
policy * session::ready_policy(const generation_options & options, bool greedy, size_t same, int32_t prompt_size) {
    constexpr double  BUDGET_MS = 300.0, RETIMING = 0.005; // a share of all time
    constexpr size_t  FEW   = 256; // tokens that the adapter may have to catch up with
    constexpr int32_t DEPTH = 64;  // tokens to measure behind where there are none
    if (!exit_->can_roll_back()) {
        return nullptr;
    }
    policy &      p     = policies_[greedy ? 0 : 1];
    const int32_t rows  = std::clamp(context_size() / 3, 1, std::min(options.max_draft + 1, 9));
    const auto    depth = same > 0 ? static_cast<int32_t>(same) : std::clamp(DEPTH, 1, std::max(1, context_size() - rows - 1));
    const bool    stale = skipped_adapter_ && now_ms() - timed_ms_ > std::min(timing_took_ms_ / RETIMING, patience_ms_);
    patience_ms_ *= stale ? 2.0 : 1.0;
    const auto time_passes = [&] {
        if (same > 0) { // what the conversation has left there must not be read again: see catch_up()
            trim(same);
            measure_here(rows, 5, BUDGET_MS);
        } else {
            measure(rows, 5, depth, BUDGET_MS);
        }
    };
    if ((p.times.plain <= 0.0 || stale) && depth + rows < context_size()) {
        time_passes();
        if (adapter_ && p.hopeless(options.max_draft)) { // not for one bad moment of the machine
            time_passes();
        }
    }
    if (p.times.plain <= 0.0) {
        return nullptr;
    }
    const bool behind = (skipped_adapter_ && same > adapter_cached_ + FEW) || (holes() && same > adapter_cached_); // see catch_up()
    skipped_adapter_  = adapter_ && (behind || p.hopeless(options.max_draft));
    p.begin_answer(options.max_draft, adapter_ && !skipped_adapter_, prompt_size);
    return &p;
}

generation_result session::generate(const std::vector<llama_token> & prompt, const generation_options & options, const generation_events & events) {
    check_options(options);
    if (options.mode == decoding_mode::kangaroo && !adapter_) {
        throw error("no-adapter", "Drafting needs an adapter for this model, and none is loaded. Load one, or decode plainly.");
    }
    if (prompt.empty()) {
        invalid("The prompt is empty. Give at least one token.");
    }
    for (const llama_token id : prompt) {
        if (id < 0 || id >= model_->info().n_vocab) {
            invalid("The prompt has the token id " + std::to_string(id) + ", and the model has only " + std::to_string(model_->info().n_vocab) + ".");
        }
    }
    if (prompt.size() >= static_cast<size_t>(context_size())) {
        throw error("prompt-too-long", "The conversation has " + std::to_string(prompt.size()) + " tokens and the context holds " +
            std::to_string(context_size()) + ". Start a new chat, shorten the message, or choose a larger context.");
    }
    const auto clear_cancel = [this](void *) { cancelled_ = false; }; // at the end: a cancel may come before the beginning
    const std::unique_ptr<void, decltype(clear_cancel)> at_the_end(this, clear_cancel);
    run r(*this, options);
    exit_->want_choices(r.target.takes_largest());
    generation_stats & stats = r.result.stats;
    const int64_t built = exit_->graphs_built(), reused = exit_->graphs_reused();
    r.target.accept_last(prompt);
    double   start     = now_ms();
    policy * automatic = nullptr;
    try {
        if (options.mode == decoding_mode::automatic) {
            automatic = ready_policy(options, r.target.greedy(), common_prefix(prompt), static_cast<int32_t>(prompt.size()));
        }
        r.adapter_kv = options.mode == decoding_mode::kangaroo || (automatic && adapter_ && !skipped_adapter_);
        read_prompt(prompt, r.adapter_kv, events, stats);
        start = now_ms();
        if (automatic && options.prompt_lookup) { // a part of reading it
            lookup_.assign(prompt);
            stats.prompt_ms += now_ms() - start;
            start = now_ms();
        }
        prompt_report p;
        p.token         = r.choose(-1);
        p.prompt_tokens = stats.prompt_tokens;
        p.cached_tokens = stats.cached_tokens;
        p.prompt_ms     = stats.prompt_ms;
        r.emit(p.token, false, p.pieces);
        r.finish(p.pieces);
        if (automatic && options.prompt_lookup) {
            lookup_.push(p.token);
        }
        if (events.prompt) {
            events.prompt(p);
        }
        while (r.result.reason.empty()) {
            const int32_t most = std::min(options.max_draft, context_size() - static_cast<int32_t>(cache_.size()) - 1);
            const double  computed = exit_->compute_ms();
            round_report  report;
            {
                const turn mine(*this);
                report = automatic                                                  ? r.automatic_round(most, *automatic)
                       : options.mode == decoding_mode::kangaroo && most >= 1 ? r.kangaroo_round(most, nullptr)
                                                                                    : r.plain_step();
            }
            r.count(report, exit_->compute_ms() - computed);
            r.finish(report.pieces);
            if (events.round) {
                events.round(report);
            }
        }
    } catch (const error & e) {
        trim(cache_.size()); // whatever the broken pass wrote
        if (std::string(e.code) != "cancelled") {
            throw;
        }
        r.result.reason = "cancelled";
        const std::string held = r.stream.flush(); // half a character, or what might have begun a stop text
        if (!held.empty() && !r.result.ids.empty() && events.round) {
            round_report last; // no pass: only what was still held back
            last.token  = r.result.ids.back();
            last.pieces = {{last.token, held, false}};
            events.round(last);
        }
        r.result.text += held;
    }
    stats.tokens        = static_cast<int32_t>(r.result.ids.size());
    stats.ms            = now_ms() - start;
    if (!exit_->on_cpu()) {
        stats.compute_ms = -1.0;
    }
    if (options.mode != decoding_mode::plain && r.plain_ms.size() < MIN_PLAIN_STEPS && stats.rounds >= 8 && r.result.reason != "cancelled") {
        const turn mine(*this);
        r.time_plain_steps(stats.ms / static_cast<double>(stats.rounds), automatic);
    }
    if (r.plain_ms.size() >= MIN_PLAIN_STEPS) {
        stats.plain_step_ms = r.mean_plain_ms();
    }
    stats.graphs_built  = exit_->graphs_built() - built;
    stats.graphs_reused = exit_->graphs_reused() - reused;
    return r.result;
}

std::vector<float> session::prefill(const std::vector<llama_token> & prompt, std::vector<float> & exit_state, const sampling_options & sampling) {
    if (prompt.empty() || prompt.size() >= static_cast<size_t>(context_size())) {
        invalid("The prompt must have at least one token and fit the context.");
    }
    const auto clear_cancel = [this](void *) { cancelled_ = false; };
    const std::unique_ptr<void, decltype(clear_cancel)> at_the_end(this, clear_cancel);
    reset();
    exit_->want_choices(false);
    generation_stats stats;
    exit_state.clear();
    if (prompt.size() > 1) {
        read_prompt({prompt.begin(), prompt.end() - 1}, adapter_ != nullptr, {}, stats);
    }
    const turn mine(*this);
    const auto pos = static_cast<llama_pos>(cache_.size());
    if (adapter_) { // as a round of its own, so that what is returned is what rounds work with
        llama_exit_draft out;
        bool             recomputed = false;
        check(exit_->draft(prompt.back(), pos, 0, out, false));
        check(exit_->verify(&prompt.back(), 1, pos, recomputed));
        exit_state = exit_->exit_state(0);
    } else {
        check(exit_->verify_whole(&prompt.back(), 1, pos, false));
    }
    cache_.push_back(prompt.back());
    adapter_cached_ = adapter_ ? cache_.size() : 0;
    const float *      last = llama_get_logits_ith(ctx_.get(), -1);
    std::vector<float> logits(last, last + model_->info().n_vocab);
    sampler            target(sampling, model_->info().n_vocab);
    target.accept_last(prompt);
    target.penalise(logits);
    return logits;
}

} // namespace kangaroo
