// One conversation with a model: its K/V cache, plain and Kangaroo decoding, and the measuring of passes.
#pragma once

#include "model.h"
#include "policy.h"
#include "prompt-lookup.h"
#include "sampling.h"

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kangaroo {

// automatic: drafts while that pays, as far as it pays; plain otherwise. Works without an adapter too.
enum class decoding_mode { plain, kangaroo, automatic };

struct session_options {
    int32_t     context_size = 0;     // tokens; 0: the model's own, at most 8192
    std::string cache_type   = "f16"; // or q8_0
    int32_t     threads      = 0;     // 0: what is measured to be fastest, at most one per physical core
    std::string flash_attention = "auto"; // on, off
};

struct generation_options {
    decoding_mode            mode          = decoding_mode::kangaroo;
    float                    threshold     = 0.6f; // η
    int32_t                  max_draft     = 6;    // γ
    bool                     sampled_draft = false;
    bool                     prompt_lookup = true; // automatic: drafts may also be copied from the conversation so far
    bool                     context_shift = false; // a full context drops its older half and goes on, where the model can
    int32_t                  keep_tokens   = 4;     // of the prompt, in a context shift
    sampling_options         sampling;
    int32_t                  max_tokens = 128;
    std::vector<std::string> stop;
};

struct piece {
    llama_token id;
    std::string text;
    bool        drafted;
};

// lookup: all drafts were copied from the text, and verified in a pass of the whole network.
enum class round_kind { plain, kangaroo, lookup };

struct round_report {
    std::vector<llama_token> drafts;      // the adapter's first
    std::vector<float>       confidences; // of copied ones: the acceptance that is expected of them
    int32_t                  copied   = 0; // of the drafts, how many at the end were copied
    int32_t                  accepted = 0;
    llama_token              token    = -1; // the target's own
    std::vector<piece>       pieces;
    double                   draft_ms = 0.0, verify_ms = 0.0;
    int32_t                  rows = 0;      // 0: the token came with the prompt
    int32_t                  discarded = 0; // drafted, but not worth verifying
    bool                     paused = false;         // automatic: drafting does not pay at present
    double                   expected_speedup = 0.0; // automatic: what drafting rounds lately brought over plain ones; else 0
    round_kind               kind = round_kind::plain;
};

struct prompt_report {
    int32_t prompt_tokens = 0, cached_tokens = 0;
    double  prompt_ms = 0.0;
    llama_token        token = -1;
    std::vector<piece> pieces;
};

struct generation_stats {
    int32_t prompt_tokens = 0, cached_tokens = 0, tokens = 0;
    double  prompt_ms = 0.0, ms = 0.0;
    int64_t rounds = 0, round_tokens = 0, drafted = 0, accepted = 0;
    int64_t graphs_reused = 0, graphs_built = 0, recomputed_rounds = 0;
    int64_t paused_rounds = 0, discarded = 0;
    int64_t copied = 0, copied_accepted = 0; // of drafted and accepted
    int64_t context_shifts = 0;
    double  rounds_ms = 0.0, compute_ms = 0.0; // all rounds; of that inside graph computation, -1 where other devices compute
    double  plain_step_ms = -1.0; // mean of the plain steps inside or right after the answer; -1 below MIN_PLAIN_STEPS of them
};

struct generation_result {
    std::string              reason; // end-of-turn, stop-text, max-tokens, context-full, cancelled
    std::vector<llama_token> ids;
    std::string              text;
    generation_stats         stats;
};

// Called on the generating thread, in order: prefill progress, the prompt once, then rounds.
struct generation_events {
    std::function<void(int32_t done, int32_t total)> prefill;
    std::function<void(const prompt_report &)>       prompt;
    std::function<void(const round_report &)>        round;
};

struct pass_costs { // milliseconds, medians; between widths that time sufficed for, interpolated
    std::vector<double>   verify;      // all layers, n = 1…
    std::vector<double>   verify_late; // layers behind the exit; empty without an adapter
    double                draft_step = -1.0, state_step = -1.0; // -1 without an adapter
    std::array<double, 2> plain_quartiles = {0.0, 0.0};
    int32_t               depth   = 0;
    double                took_ms = 0.0;
};

constexpr int32_t MAX_DRAFT = 16;
constexpr size_t  MIN_PLAIN_STEPS = 8;

// Not thread-safe, except cancel(). Throws kangaroo::error throughout.
class session {
public:
    // Throws invalid-argument, out-of-memory, unsupported-architecture (the model cannot be left at the adapter's layer),
    // file-damaged (a model that loads, but whose shapes cannot be computed).
    session(std::shared_ptr<const model> model, std::shared_ptr<const adapter> adapter, const session_options & options);
    ~session();

    int32_t context_size() const { return context_size_; } // tokens, as asked for
    int32_t threads() const { return threads_; }

    // Continues `prompt`; what the cache already holds of it is not read again. Throws invalid-argument, no-adapter,
    // prompt-too-long. After any error the session can be used again.
    generation_result generate(const std::vector<llama_token> & prompt, const generation_options & options, const generation_events & events);

    // Ends the running generate() within one round, or the next one at once; from any thread. generate() clears it at its end.
    void cancel() { cancelled_ = true; }
    void clear_cancel() { cancelled_ = false; }

    // Reads a prompt into an empty cache; its last token goes through a round of its own. `exit_state` gets [n_embd] with an
    // adapter. Returns logits [n_vocab] after it, as a greedy answer compares them: with the penalties of `sampling`.
    std::vector<float> prefill(const std::vector<llama_token> & prompt, std::vector<float> & exit_state, const sampling_options & sampling = {});

    // What the automatic mode has learned of drafts: numbers to keep between runs, for this model and adapter. relearn() ignores
    // what makes no sense and says so with false.
    std::vector<double> learned() const;
    bool                relearn(const std::vector<double> & numbers);

    // The cache in a file, so that a long conversation goes on later, in a session like this one, without being read again. The
    // file appears whole or not at all. save() returns its bytes, or 0 where there is nothing to keep: an empty cache, or one
    // that has holes after a context shift. Throws disk-full, file-not-readable.
    int64_t save(const std::string & path);
    // Throws file-not-found, file-not-readable, file-damaged, invalid-argument (of another model, adapter, context or version).
    // After an error the cache is empty or as it was. Returns the tokens that it holds.
    int32_t restore(const std::string & path);

    // Empties the cache, fills it with `depth` tokens and times passes; stops repeating after about `budget_ms`.
    pass_costs measure(int32_t max_rows, int32_t repeat, int32_t depth, double budget_ms);

    // What this session and its model hold now.
    llama_exit_memory memory() const { return exit_->memory(); }

    void reset();

    // For tests: the automatic mode decides by a coin from now on.
    void toss(uint64_t seed);

    // For tests and simulated benchmarks: every draft of the adapter passes through `forge`, which may replace its token and its
    // confidence; `index` is the draft's place among the tokens of the conversation (prompt and answer), from 0. Costs stay real.
    // Greedy answers only. Null: drafts stay as they are.
    using forgery = std::function<void(int32_t index, llama_exit_draft & draft)>;
    void forge_drafts(forgery forge) { forge_ = std::move(forge); }

private:
    struct run;  // state of one generate()
    struct turn; // among the sessions of the model

    void create(const llama_context_params & params);
    std::vector<llama_token> any_tokens(int32_t n) const;
    pass_costs measure_here(int32_t max_rows, int32_t repeat, double budget_ms);

    void choose_threads();
    void keep_threads(int32_t n);
    policy * ready_policy(const generation_options & options, bool greedy, size_t same, int32_t prompt_size);
    size_t   common_prefix(const std::vector<llama_token> & prompt) const; // tokens of it that the cache need not read again
    void catch_up();
    void read_prompt(const std::vector<llama_token> & prompt, bool adapter_kv, const generation_events & events, generation_stats & stats);
    void check(int32_t decode_status) const;
    void trim(size_t n_tokens);
    bool shift_context(int32_t keep_tokens);
    std::string layout() const;

    std::shared_ptr<const model>   model_;
    std::shared_ptr<const adapter> adapter_;
    int32_t                        threads_ = 1, context_size_ = 0;
    std::string                    cache_type_;

    struct context_deleter {
        void operator()(llama_context * c) const { llama_free(c); }
    };
    struct threadpool_deleter {
        void operator()(ggml_threadpool * t) const;
    };
    std::unique_ptr<ggml_threadpool, threadpool_deleter> threadpool_;
    std::unique_ptr<llama_context, context_deleter>      ctx_;
    std::unique_ptr<llama_exit>                          exit_; // before ctx_ is freed

    std::vector<llama_token> cache_;              // tokens whose K/V the cache holds, in order
    size_t                   adapter_cached_ = 0; // of these, how many the adapter's K/V cover
    size_t                   in_order_ = SIZE_MAX;  // tokens at the beginning whose cells no context shift has moved
    bool                     holes() const { return in_order_ < cache_.size(); }
    prompt_lookup            lookup_;
    double                   timed_ms_ = 0.0, timing_took_ms_ = 0.0; // when the passes were last timed, and how long it took
    double                   patience_ms_ = 2000.0; // with a timing that speaks against drafting: short at first, for a program that has just started is a bad moment
    bool                     skipped_adapter_ = false; // the last automatic answer was hopeless: see policy
    std::atomic<bool>        cancelled_{false};
    forgery                  forge_;

    std::array<policy, 2> policies_ = {policy(MAX_DRAFT), policy(MAX_DRAFT)}; // greedy and sampled answers are accepted differently
};

} // namespace kangaroo
