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

// Milliseconds of one kind of pass. The first of several in a row finds the caches cold, and the very first one builds its graph: such
// passes count only where there are no others.
struct timings {
    std::vector<double> cold, warm;

    void   add(double ms, bool first) { (first ? cold : warm).push_back(ms); }
    bool   empty() const { return cold.empty() && warm.empty(); }
    double at(double q) const { return quantile(warm.empty() ? cold : warm, q); }
};

// A kind of pass that is timed: a step or a verification of n rows in the whole network, or a round that drafts and verifies them.
struct timed_kind {
    bool    round;
    int32_t rows;
};

// The most useful first, for slow models leave no time for all. A round's passes are also those that the whole network takes.
static std::vector<timed_kind> timed_kinds(int32_t max_rows, bool adapter) {
    std::vector<int32_t> widths;
    for (int32_t n = 2; n <= max_rows; n *= 2) {
        widths.push_back(n);
    }
    for (int32_t n = 3; n <= max_rows; ++n) {
        if ((n & (n - 1)) != 0) {
            widths.push_back(n);
        }
    }
    std::vector<timed_kind> kinds = {{false, 1}};
    if (adapter) {
        for (const int32_t n : widths) {
            kinds.push_back({true, n});
        }
        kinds.push_back({true, 1});
    }
    for (const int32_t n : widths) {
        kinds.push_back({false, n});
    }
    return kinds;
}

// Behind what the cache holds, which stays as it is. Kinds of passes take turns, so that a bad moment of the machine falls on all of
// them: their ratios are what decisions hang on.
pass_costs session::measure_here(int32_t max_rows, int32_t repeat, double budget_ms) {
    constexpr int32_t   IN_A_ROW = 2; // warm passes of a kind
    const double        start  = now_ms();
    const auto          tokens = any_tokens(max_rows);
    const llama_token * next   = tokens.data();
    const auto          depth  = static_cast<llama_pos>(cache_.size());
    const turn          mine(*this);

    const bool can_roll_back = exit_->can_roll_back(); // else every pass goes on from the one before
    max_rows                 = can_roll_back ? max_rows : 1; // nothing is ever verified there
    timings              draft;
    std::vector<timings> whole(max_rows), late(max_rows), states(max_rows);
    llama_pos            pos  = depth;
    const auto           left = [&] { return now_ms() - start < budget_ms; };
    const auto           full = [&](int32_t n, bool first) {
        exit_->keep(can_roll_back ? depth : pos);
        const double t = now_ms();
        check(exit_->verify_whole(next, n, pos, false));
        llama_synchronize(ctx_.get());
        pos += can_roll_back ? 0 : n;
        whole[n - 1].add(now_ms() - t, first);
    };
    // One draft, whatever n: the early layers of the other rows run in one pass, as behind copies.
    const auto round = [&](int32_t n, bool first) {
        exit_->keep(depth);
        llama_exit_draft out;
        double           t = now_ms();
        check(exit_->draft(next[0], depth, 0, out, false));
        draft.add(now_ms() - t, first);
        if (n > 1) {
            t = now_ms();
            check(exit_->states(next + 1, n - 1, depth + 1, 1));
            llama_synchronize(ctx_.get());
            states[n - 2].add(now_ms() - t, first);
        }
        bool recomputed = false;
        t               = now_ms();
        check(exit_->verify(next, n, depth, recomputed));
        llama_synchronize(ctx_.get());
        late[n - 1].add(now_ms() - t, first);
    };
    const auto    kinds  = timed_kinds(max_rows, adapter_ != nullptr);
    const int32_t sweeps = 1 + (repeat + IN_A_ROW - 1) / IN_A_ROW; // a short one first, so that slow models have a time of each
    for (int32_t i = 0; i < sweeps; ++i) {
        for (const timed_kind & kind : kinds) {
            const bool    plain = !kind.round && kind.rows == 1, needed = i == 0 && (plain || (kind.round && kind.rows == std::min(2, max_rows)));
            const int32_t warm  = i == 0 ? 1 : plain ? 2 * IN_A_ROW : IN_A_ROW;
            for (int32_t j = 0; j <= warm && (needed || left()) && pos + kind.rows <= context_size(); ++j) {
                kind.round ? round(kind.rows, j == 0) : full(kind.rows, j == 0);
            }
        }
    }
    const auto medians = [](const std::vector<timings> & table) {
        std::vector<double> ms;
        for (const timings & t : table) {
            ms.push_back(t.empty() ? 0.0 : t.at(0.5));
        }
        return ms;
    };
    pass_times times;
    times.plain  = whole[0].at(0.5);
    times.whole  = medians(whole);
    times.verify = medians(late);
    times.states = medians(states);
    times.draft  = adapter_ ? draft.at(0.5) : 0.0;
    times.depth  = std::max(1, depth);
    for (int32_t n = 2; n <= max_rows && adapter_; ++n) { // the same passes over the same layers
        if (whole[n - 1].empty() && !late[n - 1].empty()) {
            times.whole[n - 1] = times.states_of(n) + times.verify_of(n);
        }
    }

    pass_costs costs;
    costs.depth           = depth;
    costs.plain_quartiles = {whole[0].at(0.25), whole[0].at(0.75)};
    for (int32_t n = 1; n <= max_rows && std::any_of(times.whole.begin() + n - 1, times.whole.end(), [](double ms) { return ms > 0.0; }); ++n) {
        costs.verify.push_back(times.whole_of(n));
        if (adapter_) {
            costs.verify_late.push_back(times.verify_of(n));
        }
    }
    if (adapter_) {
        costs.draft_step = times.draft;
        costs.state_step = times.states_of(1);
    }
    for (auto * table : {&times.states, &times.verify, &times.whole}) {
        table->resize(MAX_DRAFT + 1, 0.0);
    }
    for (auto & policy : policies_) {
        policy.times = times;
    }
    timed_ms_ = now_ms();
    trim(cache_.size());
    costs.took_ms = timed_ms_ - start;
    timing_took_ms_ = costs.took_ms;
    return costs;
}

} // namespace kangaroo
