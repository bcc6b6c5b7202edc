// The timing half of a session: how many threads, and what each kind of pass costs.
#include "argument-check.h"
#include "session-run.h"
#include "timing.h"

#include <algorithm>
#include <thread>

namespace kangaroo {

// More threads are not always faster: a small model spends its time waiting at barriers, and on a machine whose other cores
// are busy every barrier waits for the slowest thread. The page that shows the tokens is such another program, so a small
// model leaves it one core of a few. Takes a few milliseconds; large models are left alone.
void session::choose_threads() {
    constexpr double  LARGE_MS  = 40.0; // a pass of this length on one thread is bound by arithmetic or memory, not by barriers
    constexpr double  BUDGET_MS = 150.0;
    constexpr int32_t PASSES = 6, BURSTS = 5, FEW_CORES = 4;
    const turn    mine(*this);
    const int32_t all     = threads_;
    const auto    pass_ms = [&](int32_t n, int32_t passes, double limit_ms) {
        llama_set_n_threads(ctx_.get(), n, n);
        const llama_token token = 0;
        const double      start = now_ms();
        int32_t           done  = 0;
        while (done < passes && (done == 0 || now_ms() - start < limit_ms)) {
            exit_->keep(0);
            check(exit_->verify_whole(&token, 1, 0, false));
            llama_synchronize(ctx_.get());
            ++done;
        }
        return (now_ms() - start) / done;
    };
    const double one = threads_ > 1 ? std::min(pass_ms(1, 1, 0.0), pass_ms(1, 1, 0.0)) : LARGE_MS;
    if (one < LARGE_MS) {
        const auto cores = static_cast<int32_t>(std::thread::hardware_concurrency());
        threads_ = std::max(1, cores <= FEW_CORES ? std::min(threads_, cores - 1) : threads_);
        std::vector<int32_t> candidates;
        for (const int32_t n : {threads_, threads_ - 1, threads_ / 2, 1}) {
            if (n >= 1 && std::find(candidates.begin(), candidates.end(), n) == candidates.end()) {
                candidates.push_back(n);
            }
        }
        std::vector<std::vector<double>> times(candidates.size());
        const double start = now_ms();
        for (int32_t burst = 0; burst < BURSTS && (burst == 0 || now_ms() - start < BUDGET_MS); ++burst) {
            for (size_t i = 0; i < candidates.size(); ++i) {
                times[i].push_back(pass_ms(candidates[i], PASSES, 3.0 * one * PASSES));
            }
        }
        size_t best = 0;
        for (size_t i = 1; i < candidates.size(); ++i) {
            if (quantile(times[i], 0.5) < 0.95 * quantile(times[best], 0.5)) {
                best = i;
            }
        }
        threads_ = candidates[best];
    }
    llama_set_n_threads(ctx_.get(), threads_, threads_);
    if (threads_ != all) {
        keep_threads(threads_);
    }
    exit_->keep(0);
}

// Any tokens do: the work does not depend on them.
std::vector<llama_token> session::any_tokens(int32_t n) const {
    std::vector<llama_token> tokens(n);
    for (size_t i = 0; i < tokens.size(); ++i) {
        tokens[i] = static_cast<llama_token>((i * 2654435761u + 17) % model_->info().n_vocab);
    }
    return tokens;
}

pass_costs session::measure(int32_t max_rows, int32_t repeat, int32_t depth, double budget_ms) {
    check_range("maxRows", max_rows, 1, MAX_DRAFT + 1);
    check_range("repeat", repeat, 1, 1000);
    check_range("depth", depth, 1, std::max(1, context_size() - max_rows - 1));
    reset();
    const double     start = now_ms();
    generation_stats stats;
    read_prompt(any_tokens(depth), adapter_ != nullptr, {}, stats);
    pass_costs costs = measure_here(max_rows, repeat, budget_ms);
    reset();
    costs.took_ms = now_ms() - start;
    return costs;
}

// Behind what the cache holds, which stays as it is.
pass_costs session::measure_here(int32_t max_rows, int32_t repeat, double budget_ms) {
    const double        start  = now_ms();
    const auto          tokens = any_tokens(max_rows);
    const llama_token * next   = tokens.data();
    const auto          depth  = static_cast<llama_pos>(cache_.size());
    const turn          mine(*this);

    pass_costs costs;
    costs.depth = depth;
    std::vector<double> plain, draft, state;
    const bool can_roll_back = exit_->can_roll_back(); // else every pass goes on from the one before
    llama_pos  pos           = depth;
    const auto full = [&](int32_t n) {
        exit_->keep(can_roll_back ? depth : pos);
        const double t = now_ms();
        check(exit_->verify_whole(next, n, pos, false));
        llama_synchronize(ctx_.get());
        pos += can_roll_back ? 0 : n;
        return now_ms() - t;
    };
    full(1);
    for (int32_t i = 0; i < 3 * repeat && pos < context_size() && (i < 3 || now_ms() - start < budget_ms / 2); ++i) {
        plain.push_back(full(1));
    }
    max_rows = can_roll_back ? max_rows : 1; // nothing is ever verified there
    costs.plain_quartiles = {quantile(plain, 0.25), quantile(plain, 0.75)};
    for (int32_t n = 1; n <= max_rows && (n == 1 || now_ms() - start < budget_ms); ++n) {
        std::vector<double> all, late;
        if (n > 1) {
            full(n); // builds the graph
        }
        for (int32_t i = 0; n > 1 && i < repeat && (i < 1 || now_ms() - start < budget_ms); ++i) {
            all.push_back(full(n));
        }
        costs.verify.push_back(n == 1 ? quantile(plain, 0.5) : quantile(all, 0.5));
        for (int32_t i = 0; adapter_ && i <= repeat && (i < 2 || now_ms() - start < budget_ms); ++i) {
            exit_->keep(depth);
            for (int32_t row = 0; row < n; ++row) { // as a round does: the last row needs no draft
                llama_exit_draft out;
                const bool       last = row > 0 && row == n - 1;
                const double     t    = now_ms();
                check(last ? exit_->states(next + row, 1, depth + row, row) : exit_->draft(next[row], depth + row, row, out, false));
                (last ? state : draft).push_back(now_ms() - t);
            }
            bool         recomputed = false;
            const double t          = now_ms();
            check(exit_->verify(next, n, depth, recomputed));
            llama_synchronize(ctx_.get());
            if (i > 0) { // the first one built the graph
                late.push_back(now_ms() - t);
            }
        }
        if (adapter_) {
            costs.verify_late.push_back(quantile(late, 0.5));
        }
    }
    if (adapter_) {
        costs.draft_step = quantile(draft, 0.5);
        costs.state_step = state.empty() ? costs.draft_step : quantile(state, 0.5);
    }
    for (auto & policy : policies_) {
        policy.times = {costs.verify[0], costs.draft_step, {}, costs.verify_late, costs.verify, std::max(1, costs.depth)};
        if (adapter_) {
            policy.times.states = {costs.state_step};
        }
        for (auto * table : {&policy.times.states, &policy.times.verify, &policy.times.whole}) {
            table->resize(MAX_DRAFT + 1, 0.0);
        }
    }
    timed_ms_ = now_ms();
    trim(cache_.size());
    costs.took_ms = now_ms() - start;
    return costs;
}

} // namespace kangaroo
