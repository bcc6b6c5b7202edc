#include "session.h"

#include "argument-check.h"
#include "error.h"
#include "timing.h"
#include "text.h"

#include "ggml-cpu.h"

#include <algorithm>
#include <cmath>
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

    ctx_.reset(llama_init_from_model(model_->get(), params));
    if (!ctx_) {
        throw error("out-of-memory", "A context of " + std::to_string(params.n_ctx) + " tokens could not be created. Choose a smaller context.");
    }
    auto * reg  = ggml_backend_dev_backend_reg(ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU));
    auto * make = reinterpret_cast<decltype(ggml_threadpool_new) *>(ggml_backend_reg_get_proc_address(reg, "ggml_threadpool_new"));
    if (make) { // threads that live as long as the session: starting them anew would cost more than a small model's pass
        ggml_threadpool_params pool = ggml_threadpool_params_default(threads_);
        pool.poll = 1; // waits a few milliseconds for the next pass before it sleeps; the default is a busy tenth of a second
        threadpool_.reset(make(&pool));
        llama_attach_threadpool(ctx_.get(), threadpool_.get(), nullptr);
    }
    try {
        exit_ = std::make_unique<llama_exit>(*ctx_, adapter_ ? &adapter_->weights() : nullptr, MAX_DRAFT + 1);
    } catch (const std::bad_alloc &) {
        throw error("out-of-memory", "The adapter's cache does not fit into memory. Choose a smaller context.");
    } catch (const std::runtime_error & why) {
        throw error("unsupported-architecture", model_->info().name + " cannot draft its own tokens: " + why.what() + ". It can be used without its adapter.");
    }
    if (options.threads == 0) {
        choose_threads();
    }
}

session::~session() {
    exit_.reset();
    if (threadpool_) {
        llama_detach_threadpool(ctx_.get());
    }
    ctx_.reset();
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

void session::read_prompt(const std::vector<llama_token> & prompt, bool adapter_kv, const generation_events & events, generation_stats & stats) {
    const double start = now_ms();
    size_t same = 0;
    while (same < cache_.size() && same + 1 < prompt.size() && cache_[same] == prompt[same]) {
        ++same; // the last token is read again: its logits are needed
    }
    trim(adapter_kv ? std::min(same, adapter_cached_) : same);
    stats.prompt_tokens = static_cast<int32_t>(prompt.size());
    stats.cached_tokens = static_cast<int32_t>(cache_.size());
    while (cache_.size() < prompt.size()) {
        const size_t  at = cache_.size();
        const int32_t n  = static_cast<int32_t>(std::min<size_t>(BATCH, prompt.size() - at));
        check(exit_->decode(prompt.data() + at, n, static_cast<llama_pos>(at), adapter_kv, false));
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

// One generate(): what it has emitted so far and how it ends.
struct session::run {
    session &                  s;
    const generation_options & options;
    sampler                    target;
    random_source              random;
    text_stream                stream;
    generation_result          result;
    std::vector<double>        plain_ms; // of each plain step
    policy::unverified         first_discarded = policy::unverified::unknown; // of the last round

    run(session & s, const generation_options & options)
        : s(s), options(options), target(options.sampling, s.model_->info().n_vocab), random(options.sampling.seed), stream(options.stop) {}

    int32_t n_vocab() const { return s.model_->info().n_vocab; }

    // The target's token after row i of the last pass.
    llama_token choose(int32_t i) {
        const float * logits = llama_get_logits_ith(s.ctx_.get(), i);
        return target.greedy() ? target.argmax(logits, n_vocab()) : draw(target.distribution_of(logits, n_vocab()), random);
    }

    // Adds a token to the answer; afterwards `result.reason` tells whether it was the last one.
    void emit(llama_token id, bool drafted, std::vector<piece> & pieces) {
        target.accept(id);
        result.ids.push_back(id);
        if (s.model_->ends_generation(id)) {
            result.reason = "end-of-turn";
            pieces.push_back({id, "", drafted});
        } else {
            pieces.push_back({id, stream.feed(s.model_->piece(id, false)), drafted});
            if (stream.stopped()) {
                result.reason = "stop-text";
            } else if (static_cast<int32_t>(result.ids.size()) >= options.max_tokens) {
                result.reason = "max-tokens";
            } else if (s.cancelled_) {
                result.reason = "cancelled";
            }
        }
    }

    // Before a report goes out: if it is the last one, it takes what the text stream still holds.
    void finish(std::vector<piece> & pieces) {
        if (result.reason.empty() && s.cache_.size() >= static_cast<size_t>(s.context_size())) {
            result.reason = "context-full";
        }
        if (!result.reason.empty() && !pieces.empty()) {
            pieces.back().text += stream.flush();
        }
        for (const auto & p : pieces) {
            result.text += p.text;
        }
    }

    // Plain steps after an answer that had too few of its own: a baseline of the same moment. Nothing of them stays. Only where
    // a step is short: the answer is there, and its reader must not wait for a measurement.
    void time_plain_steps(double typical_ms) {
        constexpr double SHORT_MS = 20.0;
        const auto       pos      = static_cast<llama_pos>(s.cache_.size());
        if (typical_ms > SHORT_MS || pos >= s.context_size() || result.ids.empty()) {
            return;
        }
        const llama_token x = result.ids.back();
        plain_ms.clear();
        for (size_t i = 0; i <= MIN_PLAIN_STEPS && !s.cancelled_; ++i) {
            const double t0 = now_ms();
            if (s.exit_->decode(&x, 1, pos, true, true) != 0) {
                break;
            }
            llama_synchronize(s.ctx_.get());
            if (i > 0) { // the first one may build its graph
                plain_ms.push_back(now_ms() - t0);
            }
            s.exit_->keep(pos);
        }
        s.trim(s.cache_.size());
    }

    // The mean plain step, none of them counting for more than three times their median: one that was held up decides nothing.
    double mean_plain_ms() const {
        const double limit = 3.0 * quantile(plain_ms, 0.5);
        double       sum   = 0.0;
        for (const double ms : plain_ms) {
            sum += std::min(ms, limit);
        }
        return sum / static_cast<double>(plain_ms.size());
    }

    round_report plain_step(bool adapter_kv) {
        round_report  r;
        const auto    x   = result.ids.back();
        const auto    pos = static_cast<llama_pos>(s.cache_.size());
        const double  t0  = now_ms();
        s.check(s.exit_->decode(&x, 1, pos, adapter_kv, true));
        s.cache_.push_back(x);
        if (adapter_kv) {
            s.adapter_cached_ = s.cache_.size();
        }
        r.token     = choose(0);
        r.verify_ms = now_ms() - t0;
        r.rows      = 1;
        plain_ms.push_back(r.verify_ms);
        emit(r.token, false, r.pieces);
        return r;
    }

    // With a policy it decides how far to draft and what to verify; without one, threshold and max_draft do.
    round_report kangaroo_round(int32_t max_draft, policy * automatic);
    round_report automatic_round(int32_t max_draft, policy & automatic);
};

round_report session::run::automatic_round(int32_t max_draft, policy & automatic) {
    round_report r;
    if (max_draft >= 1 && automatic.begin_round()) {
        r = kangaroo_round(max_draft, &automatic);
        automatic.end_round(r.rows - 1, r.accepted, first_discarded, r.draft_ms + r.verify_ms);
    } else {
        r = plain_step(true);
        automatic.end_plain(r.verify_ms);
    }
    r.paused           = automatic.paused();
    r.expected_speedup = automatic.speedup();
    result.stats.paused_rounds += r.paused;
    return r;
}

// kangaroo.md, "The algorithm (one round)". Row i of the round is the i-th pending token at position pos + i.
round_report session::run::kangaroo_round(int32_t max_draft, policy * automatic) {
    round_report r;
    r.mode = decoding_mode::kangaroo;
    const auto pos     = static_cast<llama_pos>(s.cache_.size());
    const bool sampled = options.sampled_draft && !target.greedy();
    std::vector<llama_token>  pending = {result.ids.back()};
    std::vector<distribution> q;            // of each draft, where drafts are sampled
    sampler                   draft_chain(target); // its penalties also see the pending drafts

    llama_token discarded = -1; // the first draft that is not verified

    const double t0 = now_ms();
    for (;;) {
        const int32_t row = static_cast<int32_t>(pending.size()) - 1;
        bool more = row == 0 || (row < max_draft && (automatic || r.confidences.back() >= options.threshold));
        if (automatic && row > 0) {
            more = automatic->go_on(r.confidences.back()) && more;
        }
        if (!more) {
            const int32_t kept = automatic && !sampled ? automatic->keep() : row;
            r.discarded        = row - kept;
            discarded          = kept < row ? r.drafts[kept] : -1;
            r.drafts.resize(kept);
            r.confidences.resize(kept);
            pending.resize(kept + 1);
            if (kept == row) {
                const double t = now_ms();
                s.check(s.exit_->state(pending[row], pos + row, row));
                if (automatic) {
                    automatic->times.observe(automatic->times.state, now_ms() - t);
                }
            }
            break;
        }
        const double     t = now_ms();
        llama_exit_draft out;
        s.check(s.exit_->draft(pending[row], pos + row, row, out, sampled));
        if (sampled) {
            const auto & logits = s.exit_->draft_logits();
            const auto & ids    = s.adapter_->weights().draft_vocab;
            q.push_back(draft_chain.distribution_of(logits.data(), static_cast<int32_t>(logits.size()), ids.empty() ? nullptr : &ids));
            const float top = *std::max_element(logits.begin(), logits.end());
            const auto  id  = draw(q.back(), random);
            double      sum = 0.0;
            for (const float l : logits) {
                sum += std::exp(l - top);
            }
            const size_t at = ids.empty() ? id : std::find(ids.begin(), ids.end(), id) - ids.begin();
            out = {id, static_cast<float>(std::exp(logits[at] - top) / sum)};
        }
        if (automatic) {
            automatic->times.observe(automatic->times.draft, now_ms() - t);
        }
        draft_chain.accept(out.id);
        pending.push_back(out.id);
        r.drafts.push_back(out.id);
        r.confidences.push_back(out.confidence);
    }
    const double t1 = now_ms();
    r.draft_ms      = t1 - t0;
    r.rows          = static_cast<int32_t>(pending.size());
    bool recomputed = false;
    s.check(s.exit_->verify(pending.data(), r.rows, pos, recomputed));
    llama_synchronize(s.ctx_.get());
    result.stats.recomputed_rounds += recomputed;
    result.stats.discarded += r.discarded;

    const auto n_drafts = static_cast<int32_t>(r.drafts.size());
    for (int32_t i = 0; i <= n_drafts && r.token < 0; ++i) {
        const llama_token draft = i < n_drafts ? r.drafts[i] : -1;
        verdict v{false, -1};
        if (target.greedy() || draft < 0) {
            const llama_token own = choose(i);
            v = {own == draft, own};
        } else {
            const auto & p = target.distribution_of(llama_get_logits_ith(s.ctx_.get(), i), n_vocab());
            v = sampled ? judge_sampled_draft(p, q[i], draft, random) : judge_greedy_draft(p, draft, random);
        }
        if (v.accepted && !s.model_->ends_generation(v.token)) {
            ++r.accepted;
            if (result.reason.empty()) { // a stop text or the token limit may have ended the answer inside the round
                emit(v.token, true, r.pieces);
            }
        } else {
            r.token = v.token;
            if (result.reason.empty()) {
                emit(v.token, false, r.pieces);
            }
        }
    }
    using unverified = kangaroo::policy::unverified;
    first_discarded = discarded < 0 || r.accepted < n_drafts ? unverified::unknown
                    : discarded == r.token                   ? unverified::right
                                                             : unverified::wrong;
    r.verify_ms = now_ms() - t1;
    if (automatic && r.rows <= static_cast<int32_t>(automatic->times.verify.size())) {
        automatic->times.observe(automatic->times.verify[r.rows - 1], r.verify_ms);
    }

    // the cache keeps what was emitted, but for the last token, whose K/V are not computed yet
    const size_t kept = r.pieces.size();
    s.cache_.insert(s.cache_.end(), pending.begin(), pending.begin() + kept);
    s.adapter_cached_ = s.cache_.size();
    s.trim(s.cache_.size());
    return r;
}

generation_result session::generate(const std::vector<llama_token> & prompt, const generation_options & options, const generation_events & events) {
    check_options(options);
    const bool kangaroo = options.mode == decoding_mode::kangaroo || (options.mode == decoding_mode::automatic && adapter_);
    if (kangaroo && !adapter_) {
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
    generation_stats & stats = r.result.stats;
    const int64_t built = exit_->graphs_built(), reused = exit_->graphs_reused();
    for (size_t i = prompt.size() - std::min<size_t>(prompt.size(), options.sampling.repetition_window); i < prompt.size(); ++i) {
        r.target.accept(prompt[i]);
    }
    policy * automatic = nullptr;
    if (kangaroo && options.mode == decoding_mode::automatic) {
        automatic = &policies_[r.target.greedy() ? 0 : 1];
    }
    double start = now_ms();
    try {
        if (automatic) {
            const int32_t rows = std::clamp(context_size() / 3, 1, std::min(options.max_draft + 1, 9));
            if (automatic->times.plain <= 0.0 && context_size() > rows + 1) {
                measure(rows, 5, std::clamp(64, 1, context_size() - rows - 1), 300.0);
            }
            if (automatic->times.plain <= 0.0) {
                automatic = nullptr; // a context too small to measure in, let alone to draft in
            } else {
                automatic->begin_answer(options.max_draft);
            }
        }
        read_prompt(prompt, kangaroo, events, stats);
        start = now_ms();
        prompt_report p;
        p.token         = r.choose(-1);
        p.prompt_tokens = stats.prompt_tokens;
        p.cached_tokens = stats.cached_tokens;
        p.prompt_ms     = stats.prompt_ms;
        r.emit(p.token, false, p.pieces);
        r.finish(p.pieces);
        if (events.prompt) {
            events.prompt(p);
        }
        while (r.result.reason.empty()) {
            const int32_t room = context_size() - static_cast<int32_t>(cache_.size());
            const int32_t most = std::min(options.max_draft, room - 1);
            round_report  report = automatic ? r.automatic_round(most, *automatic) : options.mode == decoding_mode::kangaroo && most >= 1 ? r.kangaroo_round(most, nullptr) : r.plain_step(kangaroo);
            stats.rounds += 1;
            stats.round_tokens += report.accepted + 1;
            stats.drafted += static_cast<int64_t>(report.drafts.size());
            stats.accepted += report.accepted;
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
    if (kangaroo && r.plain_ms.size() < MIN_PLAIN_STEPS && stats.rounds >= 8 && r.result.reason != "cancelled") {
        r.time_plain_steps(stats.ms / static_cast<double>(stats.rounds));
    }
    if (r.plain_ms.size() >= MIN_PLAIN_STEPS) {
        stats.plain_step_ms = r.mean_plain_ms();
    }
    stats.graphs_built  = exit_->graphs_built() - built;
    stats.graphs_reused = exit_->graphs_reused() - reused;
    return r.result;
}

std::vector<float> session::prefill(const std::vector<llama_token> & prompt, std::vector<float> & exit_state) {
    if (prompt.empty() || prompt.size() >= static_cast<size_t>(context_size())) {
        invalid("The prompt must have at least one token and fit the context.");
    }
    reset();
    generation_stats stats;
    exit_state.clear();
    if (prompt.size() > 1) {
        read_prompt({prompt.begin(), prompt.end() - 1}, adapter_ != nullptr, {}, stats);
    }
    const auto pos = static_cast<llama_pos>(cache_.size());
    if (adapter_) { // as a round of its own, so that what is returned is what rounds work with
        llama_exit_draft out;
        bool             recomputed = false;
        check(exit_->draft(prompt.back(), pos, 0, out, false));
        check(exit_->verify(&prompt.back(), 1, pos, recomputed));
        exit_state = exit_->exit_state(0);
    } else {
        check(exit_->decode(&prompt.back(), 1, pos, false, true));
    }
    cache_.push_back(prompt.back());
    adapter_cached_ = adapter_ ? cache_.size() : 0;
    const float * logits = llama_get_logits_ith(ctx_.get(), -1);
    return {logits, logits + model_->info().n_vocab};
}

} // namespace kangaroo
