// What llama-exit.h does to a cache as a whole: moving on when it is full, writing it out and reading it back, and telling what
// memory it and all else of a context take.
#include "llama-exit-internal.h"

#include "llama-ext.h"
#include "llama-io.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <stdexcept>

namespace {

// Tensors leave and enter their device in pieces of about a MiB, of whole blocks.
template <typename piece_fn> void in_pieces(ggml_type type, size_t size, piece_fn piece) {
    const size_t block = ggml_type_size(type), most = (1 << 20) / block * block;
    for (size_t at = 0; at < size; at += most) {
        piece(at, std::min(most, size - at));
    }
}

// No infinities, no NaN. Masked cells are multiplied by 0: one such number in them would spoil every later answer.
bool is_finite(ggml_type type, const std::vector<uint8_t> & data) {
    const auto all = [&](auto exponent, size_t stride) {
        for (size_t at = 0; at + sizeof(exponent) <= data.size(); at += stride) {
            auto bits = exponent;
            std::memcpy(&bits, &data[at], sizeof(bits));
            if ((bits & exponent) == exponent) {
                return false;
            }
        }
        return true;
    };
    switch (type) {
        case GGML_TYPE_F32:  return all(uint32_t{0x7F800000}, sizeof(uint32_t));
        case GGML_TYPE_F16:  return all(uint16_t{0x7C00}, sizeof(uint16_t));
        case GGML_TYPE_Q8_0: return all(uint16_t{0x7C00}, ggml_type_size(type)); // a block begins with its scale
        default:             return true;
    }
}

} // namespace

class llama_exit::state_writer : public llama_io_write_i {
public:
    explicit state_writer(const writer & to) : to(to) {}

    void write(const void * src, size_t size) override {
        to(src, size);
        n += size;
    }

    void write_tensor(ggml_tensor * tensor, size_t offset, size_t size) override {
        in_pieces(tensor->type, size, [&](size_t at, size_t bytes) {
            piece.resize(bytes);
            ggml_backend_tensor_get(tensor, piece.data(), offset + at, bytes);
            write(piece.data(), bytes);
        });
    }

    size_t n_bytes() override { return n; }

private:
    const writer &       to;
    std::vector<uint8_t> piece;
    size_t               n = 0;
};

class llama_exit::state_reader : public llama_io_read_i {
public:
    explicit state_reader(const reader & from) : from(from) {}

    void read(void * dst, size_t size) override {
        from(dst, size);
        n += size;
    }

    void read_tensor(ggml_tensor * tensor, size_t offset, size_t size) override {
        in_pieces(tensor->type, size, [&](size_t at, size_t bytes) {
            piece.resize(bytes);
            read(piece.data(), bytes);
            if (!is_finite(tensor->type, piece)) {
                throw std::runtime_error("a number in it is none");
            }
            ggml_backend_tensor_set(tensor, piece.data(), offset + at, bytes);
        });
    }

    size_t n_bytes() override { return n; }

private:
    const reader &       from;
    std::vector<uint8_t> piece;
    size_t               n = 0;
};

void llama_exit::write(const writer & to, int32_t n_cells) {
    ready_to_draft();
    ctx_.synchronize();
    state_writer io(to);
    ctx_.get_memory()->state_write(io); // of all sequences: that of one leaves out what a sliding window hides at present
    for (ggml_tensor * t : {k_, v_}) {
        if (t) {
            io.write_tensor(t, 0, n_cells * t->nb[1]);
        }
    }
}

void llama_exit::read(const reader & from, int32_t n_cells) {
    kept_.clear();
    ctx_.synchronize();
    llama_memory_i & memory = *ctx_.get_memory();
    try {
        state_reader io(from);
        memory.state_read(io);
        if (memory.seq_pos_max(0) != n_cells - 1 || (can_roll_back() && n_cells > 0 && memory.seq_pos_min(0) != 0)) {
            throw std::runtime_error("its cells are not those of its tokens");
        }
        for (ggml_tensor * t : {k_, v_}) {
            if (t) {
                io.read_tensor(t, 0, n_cells * t->nb[1]);
            }
        }
    } catch (...) {
        memory.clear(true);
        if (mem_buffer_) {
            ggml_backend_buffer_clear(mem_buffer_.get(), 0);
        }
        throw;
    }
}

bool llama_exit::can_shift() const {
    const bool scaled = ctx_.get_cparams().yarn_ext_factor != 0.0f; // keys that were also scaled cannot be rotated twice
    return ctx_.get_memory() && ctx_.get_memory()->get_can_shift() && !scaled;
}

bool llama_exit::shift(llama_pos first, llama_pos n) {
    llama_memory_i * memory = ctx_.get_memory();
    ready_to_draft();
    if (!can_shift() || !memory->seq_rm(0, first, first + n)) {
        return false;
    }
    phase_ = phase::off; // the context reserves a graph for prompts anew
    use_reference_kernels(false);
    activate(SLOT_MAIN);
    slots_[SLOT_MAIN]->holds = phase::off;
    memory->seq_add(0, first + n, -1, -n);
    if (adapter_) {
        shift_adapter();
    }
    ctx_.memory_update(false);
    return true;
}

// Rotates the adapter's keys by what their cells have been moved. llama.cpp knows that until it has rotated its own.
void llama_exit::shift_adapter() {
    if (!has_positions_ || ctx_.get_model().hparams.rope_type == LLAMA_ROPE_TYPE_NONE) {
        return;
    }
    const llama_exit_adapter & a = *adapter_;
    const int64_t n_cells = k_->ne[1], n_head = a.wk->ne[1] / a.n_head_kv;
    const llama_memory_context_ptr memory = ctx_.get_memory()->init_full(); // owns the cells
    const auto    cells = cells_of(memory.get());
    ggml_context_ptr ctx(ggml_init({ggml_tensor_overhead() * 8 + ggml_graph_overhead(), nullptr, true}));

    ggml_context_ptr        host(ggml_init({ggml_tensor_overhead(), nullptr, true}));
    ggml_tensor *           moved = ggml_new_tensor_1d(host.get(), GGML_TYPE_I32, n_cells);
    ggml_backend_buffer_ptr moved_buffer(ggml_backend_alloc_ctx_tensors_from_buft(host.get(), ggml_backend_get_default_buffer_type(ctx_.backend_cpu)));
    if (!moved_buffer) {
        throw std::bad_alloc();
    }
    cells.base->set_input_k_shift(moved);

    ggml_tensor * by = ggml_new_tensor_1d(ctx.get(), GGML_TYPE_I32, n_cells);
    ggml_set_input(by);
    ggml_tensor * keys    = ggml_view_3d(ctx.get(), k_, n_head, a.n_head_kv, n_cells, ggml_row_size(k_->type, n_head), k_->nb[1], 0);
    ggml_cgraph * graph   = ggml_new_graph(ctx.get());
    ggml_build_forward_expand(graph, build_rope(ctx.get(), keys, by, true));
    ggml_backend_sched_reset(ctx_.get_sched());
    ctx_.gf_res_prev_active = nullptr;
    if (!ggml_backend_sched_alloc_graph(ctx_.get_sched(), graph)) {
        throw std::bad_alloc();
    }
    ggml_backend_tensor_set(by, moved->data, 0, ggml_nbytes(by));
    ggml_backend_sched_graph_compute(ctx_.get_sched(), graph);
}

llama_exit_memory llama_exit::memory() const {
    llama_exit_memory m;
    const auto add = [](llama_exit_bytes & to, ggml_backend_buffer_type_t type, size_t bytes) {
        // Repacked weights lie in the machine's memory too, though they are no plain host memory; pinned memory belongs to a GPU's driver.
        ggml_backend_dev_t device = ggml_backend_buft_get_device(type);
        const auto         kind   = device ? ggml_backend_dev_type(device) : GGML_BACKEND_DEVICE_TYPE_CPU;
        const bool         on_gpu = kind != GGML_BACKEND_DEVICE_TYPE_CPU && kind != GGML_BACKEND_DEVICE_TYPE_ACCEL;
        (on_gpu && !ggml_backend_buft_is_host(type) ? to.gpu : to.ram) += bytes;
    };
    const auto add_compute = [&](ggml_backend_sched_t sched) {
        for (int i = 0; sched && i < ggml_backend_sched_get_n_backends(sched); ++i) {
            ggml_backend_t backend = ggml_backend_sched_get_backend(sched, i);
            add(m.compute, ggml_backend_sched_get_buffer_type(sched, backend), ggml_backend_sched_get_buffer_size(sched, backend));
        }
    };
    for (const auto & [type, bytes] : llama_get_memory_breakdown(&ctx_)) {
        add(m.kv, type, bytes.context);
    }
    // Counted by tensors, not by buffers: a file is mapped as a whole, together with the weights that the CPU has repacked into memory
    // of their own and does not read from there again. Tied embeddings that share their place count once.
    std::set<const void *> counted;
    for (const auto & [name, tensor] : ctx_.get_model().tensors_by_name) {
        if (tensor->buffer && counted.insert(tensor->data).second) {
            add(m.weights, ggml_backend_buffer_get_type(tensor->buffer), ggml_nbytes(tensor));
        }
    }
    add_compute(ctx_.get_sched()); // the current slot's
    add_compute(kept_sched_.get());
    for (const auto & s : slots_) {
        add_compute(s->sched.get());
    }
    if (adapter_) {
        for (const auto * buffer : {&adapter_->buffer, &adapter_->packed_buffer}) {
            if (*buffer) {
                add(m.adapter, ggml_backend_buffer_get_type(buffer->get()), ggml_backend_buffer_get_size(buffer->get()));
            }
        }
        add(m.draft_kv, ggml_backend_buffer_get_type(mem_buffer_.get()), ggml_backend_buffer_get_size(mem_buffer_.get()));
    }
    return m;
}
