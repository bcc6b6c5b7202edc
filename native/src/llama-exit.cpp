// The passes of llama-exit.h: which graph is current, what goes into it, what comes out. Each kind of pass, and each verify
// width, has its own scheduler and cached graph, swapped into the context together, so that no round rebuilds one.
#include "llama-exit-internal.h"

#include "ggml-cpu.h"

#include <algorithm>
#include <stdexcept>

ggml_tensor * llama_exit::probe_of(size_t n) const {
    probe_->ne[0] = static_cast<int64_t>(n);
    return probe_;
}

ggml_backend_buffer_type_t llama_exit_buffer_type(const llama_model & model, int32_t layer) {
    return ggml_backend_dev_buffer_type(model.dev_layer(layer));
}

llama_exit::llama_exit(llama_context & ctx, const llama_exit_adapter * adapter, int32_t max_rows)
    : ctx_(ctx), adapter_(adapter), max_rows_(max_rows), cells_(2 * max_rows, -1), batch_(llama_batch_init(max_rows, 0, 1)), batch_capacity_(max_rows) {
    slots_.resize(slot_of(SLOTS_WHOLE, max_rows) + 2); // the last one: a step that keeps the exit state
    for (auto & s : slots_) {
        s = std::make_unique<slot>();
    }
    ctx_.layer_exit = this;
    try {
        ctx_.sched_reserve(); // now, while the main slot is the current one
        if (adapter) {
            attach();
        }
    } catch (...) {
        release();
        throw;
    }
}

llama_exit::~llama_exit() {
    release();
}

void llama_exit::release() {
    use_reference_kernels(false);
    activate(SLOT_MAIN);
    slots_.clear();
    ctx_.layer_exit = nullptr;
    llama_batch_free(batch_);
}

// Allocates what a round keeps on the device, and runs one round on a dummy token, so that whatever an architecture
// cannot do shows now and not in the middle of an answer.
void llama_exit::attach() {
    const llama_model & model   = ctx_.get_model();
    const auto &        hparams = model.hparams;
    if (adapter_->exit_layer < 1 || adapter_->exit_layer >= static_cast<int32_t>(hparams.n_layer())) {
        throw std::runtime_error("the exit layer must lie inside the network");
    }
    if (max_rows_ > KEPT_STATES) {
        throw std::runtime_error("a round has too many rows");
    }
    if (ctx_.n_seq_max() != 1) {
        throw std::runtime_error("an exit serves contexts of one sequence");
    }
    llama_memory_context_ptr mctx(ctx_.get_memory() ? ctx_.get_memory()->init_full() : nullptr);
    if (!mctx || !cells_of(mctx.get()).base) {
        throw std::runtime_error("its memory is no K/V cache that can be rolled back to an earlier token (it is recurrent, hybrid, sparse or none)");
    }

    mem_ctx_.reset(ggml_init({ggml_tensor_overhead() * 4, nullptr, true}));
    states_ = ggml_new_tensor_2d(mem_ctx_.get(), GGML_TYPE_F32, hparams.n_embd, max_rows_);
    kept_states_ = ggml_new_tensor_2d(mem_ctx_.get(), GGML_TYPE_F32, hparams.n_embd, KEPT_STATES);
    k_      = ggml_new_tensor_2d(mem_ctx_.get(), GGML_TYPE_F16, adapter_->wk->ne[1], ctx_.n_ctx());
    v_      = ggml_new_tensor_2d(mem_ctx_.get(), GGML_TYPE_F16, adapter_->wv->ne[1], ctx_.n_ctx());
    mem_buffer_.reset(ggml_backend_alloc_ctx_tensors_from_buft(
        mem_ctx_.get(), llama_exit_buffer_type(model, adapter_->exit_layer)));

    probe_ctx_.reset(ggml_init({ggml_tensor_overhead() * 2, nullptr, true}));
    probe_ = ggml_new_tensor_1d(probe_ctx_.get(), GGML_TYPE_I64, std::max<int64_t>(max_rows_, ctx_.get_cparams().n_ubatch));
    probe_buffer_.reset(ggml_backend_alloc_ctx_tensors_from_buft(probe_ctx_.get(), ggml_backend_get_default_buffer_type(ctx_.backend_cpu)));
    if (!mem_buffer_ || !probe_buffer_) {
        throw std::bad_alloc();
    }
    ggml_backend_buffer_clear(mem_buffer_.get(), 0); // masked cells are multiplied by 0: they must not hold NaN

    const llama_token token      = 0;
    bool              recomputed = false;
    llama_exit_draft  out;
    if (draft(token, 0, 0, out, false) != 0 || verify(&token, 1, 0, recomputed) != 0) {
        throw std::runtime_error("a trial round failed");
    }
    keep(0);
}

void llama_exit::activate(size_t index) {
    if (index == current_) {
        return;
    }
    ctx_.synchronize();
    const auto exchange = [this](slot & s) {
        std::swap(ctx_.sched, s.sched);
        std::swap(ctx_.gf_res_prev, s.graphs);
        std::swap(ctx_.gf_res_prev_active, s.active);
    };
    exchange(*slots_[current_]); // back to its owner; the context now holds nothing
    exchange(*slots_[index]);
    current_ = index;
    if (!ctx_.sched) {
        ctx_.sched = new_sched();
    }
}

ggml_backend_sched_ptr llama_exit::new_sched() const {
    return ggml_backend_sched_ptr(ggml_backend_sched_new(ctx_.backend_ptrs.data(), ctx_.backend_buft.data(), ctx_.backend_ptrs.size(),
        ctx_.graph_max_nodes(max_rows_), false, ctx_.cparams.op_offload));
}

// Slots of the kinds of pass that have one per number of rows, 1…max_rows.
size_t llama_exit::slot_of(size_t kind, int32_t rows) const {
    return SLOT_DRAFT + 1 + kind * max_rows_ + (rows - 1);
}

void llama_exit::select(phase p, size_t slot_index, bool choosing) {
    activate(slot_index);
    slot & s = *slots_[slot_index];
    if (s.holds != p || s.choosing != choosing) {
        ctx_.gf_res_prev_active = nullptr; // with and without the adapter's K/V: the other kind of full graph
        s.holds                 = p;
        s.choosing              = choosing;
    }
    phase_ = p;
}

// ggml-cpu picks other attention kernels for one row than for several, and their sums round differently. Its reference
// kernels treat every row alike, so that a row gives the same bits alone and among others: without that, greedy output
// would depend on the width of verification. Prompts keep the fast kernels: both modes read them in the same widths.
void llama_exit::use_reference_kernels(bool on) {
    if (on == reference_kernels_ || !ctx_.backend_cpu) {
        return;
    }
    auto * reg = ggml_backend_dev_backend_reg(ggml_backend_get_device(ctx_.backend_cpu));
    auto * set = reinterpret_cast<decltype(ggml_backend_cpu_set_use_ref) *>(
        ggml_backend_reg_get_proc_address(reg, "ggml_backend_cpu_set_use_ref"));
    if (set) {
        set(ctx_.backend_cpu, on);
    }
    reference_kernels_ = on;
}

void llama_exit::forget_threads() {
    auto * reg = ggml_backend_dev_backend_reg(ggml_backend_get_device(ctx_.backend_cpu));
    auto * set = reinterpret_cast<decltype(ggml_backend_cpu_set_threadpool) *>(ggml_backend_reg_get_proc_address(reg, "ggml_backend_cpu_set_threadpool"));
    if (set) {
        set(ctx_.backend_cpu, nullptr);
    }
}

int32_t llama_exit::run(const llama_token * tokens, int32_t n, llama_pos pos, bool all_logits, bool as_decoding) {
    if (n > batch_capacity_) {
        llama_batch_free(batch_);
        batch_          = llama_batch_init(n, 0, 1);
        batch_capacity_ = n;
    }
    batch_.n_tokens = n;
    for (int32_t i = 0; i < n; ++i) {
        batch_.token[i]     = tokens[i];
        batch_.pos[i]       = pos + i;
        batch_.n_seq_id[i]  = 1;
        batch_.seq_id[i][0] = 0;
        batch_.logits[i]    = all_logits || i == n - 1;
    }
    use_reference_kernels(as_decoding);
    return ctx_.decode(batch_);
}

int32_t llama_exit::run_rows(const llama_token * tokens, int32_t n, llama_pos pos) {
    const int32_t status = run(tokens, n, pos, true, true);
    const slot &  s      = *slots_[current_];
    if (status == 0 && s.choosing) {
        ctx_.synchronize();
        choices_.resize(n);
        ggml_backend_tensor_get(s.choices, choices_.data(), 0, n * sizeof(choices_[0]));
    }
    return status;
}

int32_t llama_exit::decode(const llama_token * tokens, int32_t n, llama_pos pos, bool adapter_kv) {
    select(adapter_kv && adapter_ ? phase::full : phase::off, SLOT_MAIN);
    return run(tokens, n, pos, false, false);
}

int32_t llama_exit::follow(const llama_token * tokens, int32_t n, llama_pos pos, bool & moved) {
    keep(pos); // the same cells are handed out again, with what they hold
    cells_moved_ = false;
    select(phase::follow, SLOT_MAIN);
    const int32_t status = run(tokens, n, pos, false, false);
    moved                = cells_moved_;
    return status;
}

int32_t llama_exit::verify_whole(const llama_token * tokens, int32_t n, llama_pos pos, bool adapter_kv) {
    const bool keeps = adapter_kv && adapter_;
    if (keeps) {
        ready_to_draft(n);
    }
    select(keeps ? phase::keep : phase::off, keeps && n == 1 ? slots_.size() - 1 : slot_of(SLOTS_WHOLE, n), choosing_);
    row_ = static_cast<int32_t>(kept_.size());
    const int32_t status = run_rows(tokens, n, pos);
    if (keeps && status != 0) { // nothing of them is in the cache
        kept_.resize(row_);
    }
    return status;
}

int32_t llama_exit::draft(llama_token token, llama_pos pos, int32_t row, llama_exit_draft & out, bool want_logits) {
    ready_to_draft();
    select(phase::draft, SLOT_DRAFT);
    row_ = row;
    if (const int32_t status = run(&token, 1, pos, true, true)) {
        return status;
    }
    ctx_.synchronize();
    const slot & s = *slots_[SLOT_DRAFT];
    int32_t index  = 0;
    ggml_backend_tensor_get(s.draft_id, &index, 0, sizeof(index));
    ggml_backend_tensor_get(s.draft_prob, &out.confidence, 0, sizeof(out.confidence));
    out.id = adapter_->draft_vocab.empty() ? index : adapter_->draft_vocab.at(index);
    if (want_logits) {
        logits_.resize(ggml_nelements(s.draft_logits));
        ggml_backend_tensor_get(s.draft_logits, logits_.data(), 0, logits_.size() * sizeof(float));
    }
    return 0;
}

int32_t llama_exit::states(const llama_token * tokens, int32_t n, llama_pos pos, int32_t row) {
    select(phase::state, slot_of(SLOTS_STATE, n));
    row_ = row;
    return run(tokens, n, pos, true, true);
}

int32_t llama_exit::verify(const llama_token * tokens, int32_t n, llama_pos pos, bool & recomputed) {
    keep(pos); // the same cells are handed out again: the drafts' K/V are still in them
    cells_moved_ = false;
    select(phase::verify, slot_of(SLOTS_VERIFY, n), choosing_);
    int32_t status = run_rows(tokens, n, pos);
    recomputed     = cells_moved_;
    if (status == 0 && cells_moved_) {
        keep(pos);
        status = verify_whole(tokens, n, pos, true);
    }
    return status;
}

std::vector<float> llama_exit::exit_state(int32_t row) const {
    std::vector<float> h(states_->ne[0]);
    ggml_backend_tensor_get(states_, h.data(), row * states_->nb[1], h.size() * sizeof(float));
    return h;
}

bool llama_exit::keep(llama_pos pos) {
    while (!kept_.empty() && kept_.back().pos >= pos) {
        kept_.pop_back();
    }
    return ctx_.get_memory() && ctx_.get_memory()->seq_rm(0, pos, -1);
}

bool llama_exit::can_roll_back() const {
    const llama_model & model = ctx_.get_model();
    return ctx_.get_memory() && !llama_model_is_recurrent(&model) && !llama_model_is_hybrid(&model);
}

int64_t llama_exit::graphs_reused() const {
    return ctx_.perf_get_data().n_reused;
}

bool llama_exit::on_cpu() const {
    return ctx_.get_model().n_devices() == 0;
}

void llama_exit::computing(bool begins) {
    const double now = static_cast<double>(ggml_time_us()) / 1000.0;
    if (begins) {
        compute_began_ms_ = now;
    } else {
        compute_ms_ += now - compute_began_ms_;
    }
}
