#include "adapter-file.h"

#include "checksum.h"
#include "error.h"
#include "gguf-file.h"
#include "gguf-save.h"

#include <cmath>
#include <cstring>
#include <ctime>

namespace kangaroo {

namespace {

constexpr const char * STATE = "kangaroo-training"; // general.architecture

// Tensors for a file, with their data.
class file_tensors {
public:
    explicit file_tensors(int32_t n) : ctx_(ggml_init({ggml_tensor_overhead() * n, nullptr, true})), gguf_(gguf_init_empty()) {}

    gguf_context * gguf() { return gguf_.get(); }
    void add(const std::string & name, ggml_type type, const ggml_tensor * like, const void * data) {
        ggml_tensor * t = ggml_new_tensor(ctx_.get(), type, ggml_n_dims(like), like->ne);
        ggml_set_name(t, name.c_str());
        gguf_add_tensor(gguf_.get(), t);
        gguf_set_tensor_data(gguf_.get(), name.c_str(), data);
    }

private:
    ggml_context_ptr ctx_;
    gguf_context_ptr gguf_;
};

std::string today() {
    const std::time_t now = std::time(nullptr);
    char              text[16];
    std::strftime(text, sizeof(text), "%Y-%m-%d", std::gmtime(&now));
    return text;
}

const char * const KINDS[] = {"weight", "m", "v"};

ggml_tensor * of_kind(const adapter_network::parameter & p, int kind) {
    return kind == 0 ? p.weight : kind == 1 ? p.m : p.v;
}

std::string state_name(int which, int kind) {
    return std::string(adapter_network::tensor_name(which)) + "." + KINDS[kind];
}

bool all_finite(const std::vector<uint8_t> & f32) {
    for (size_t at = 0; at + sizeof(float) <= f32.size(); at += sizeof(float)) {
        float x;
        std::memcpy(&x, &f32[at], sizeof(x));
        if (!std::isfinite(x)) {
            return false;
        }
    }
    return true;
}

} // namespace

void save_adapter(const std::string & path, const adapter_network & network, const model_info & base, const training_options & o, const training_result & result) {
    file_tensors   file(adapter_network::N_TENSORS + 1);
    gguf_context * g = file.gguf();
    const auto &   s = network.shape();
    gguf_set_val_str(g, "general.architecture", "kangaroo");
    gguf_set_val_str(g, "general.name", (o.name.empty() ? base.name + " adapter" : o.name).c_str());
    if (!o.license.empty()) {
        gguf_set_val_str(g, "general.license", o.license.c_str());
    }
    gguf_set_val_str(g, "kangaroo.base.name", base.name.c_str());
    gguf_set_val_str(g, "kangaroo.base.fingerprint", base.fingerprint.c_str());
    gguf_set_val_u32(g, "kangaroo.exit_layer", s.exit_layer);
    gguf_set_val_u32(g, "kangaroo.embedding_length", s.n_embd);
    gguf_set_val_u32(g, "kangaroo.attention.head_count", s.n_head);
    gguf_set_val_u32(g, "kangaroo.attention.head_count_kv", s.n_head_kv);
    gguf_set_val_u32(g, "kangaroo.rope.dimension_count", s.n_rot);
    gguf_set_val_f32(g, "kangaroo.rope.freq_base", s.freq_base);
    gguf_set_val_f32(g, "kangaroo.norm_rms_eps", s.norm_eps);
    gguf_set_val_u32(g, "kangaroo.train.steps", result.step);
    gguf_set_val_u32(g, "kangaroo.train.positions_per_step", o.positions_per_step);
    gguf_set_val_u64(g, "kangaroo.train.seed", o.seed);
    gguf_set_val_u64(g, "kangaroo.train.texts", result.learned_from.texts);
    gguf_set_val_u64(g, "kangaroo.train.tokens", result.learned_from.tokens);
    gguf_set_val_u64(g, "kangaroo.train.positions", result.learned_from.targets);
    gguf_set_val_str(g, "kangaroo.train.base_file_type", base.file_type.c_str());
    gguf_set_val_str(g, "kangaroo.train.date", today().c_str());
    if (!o.data.empty()) {
        gguf_set_val_str(g, "kangaroo.train.data", o.data.c_str());
    }
    if (result.held_out.positions > 0) {
        gguf_set_val_f32(g, "kangaroo.train.held_out.agreement", static_cast<float>(result.held_out.agreement));
        gguf_set_val_f32(g, "kangaroo.train.held_out.cross_entropy", static_cast<float>(result.held_out.cross_entropy));
        gguf_set_val_u64(g, "kangaroo.train.held_out.positions", result.held_out.positions);
    }
    std::vector<std::vector<ggml_fp16_t>> halves(adapter_network::N_TENSORS);
    for (int i = 0; i < adapter_network::N_TENSORS; ++i) {
        const ggml_tensor * w = network.parameters()[i].weight;
        if (ggml_n_dims(w) > 1) {
            halves[i].resize(ggml_nelements(w));
            ggml_fp32_to_fp16_row(static_cast<const float *>(w->data), halves[i].data(), ggml_nelements(w));
            file.add(adapter_network::tensor_name(i), GGML_TYPE_F16, w, halves[i].data());
        } else {
            file.add(adapter_network::tensor_name(i), GGML_TYPE_F32, w, w->data);
        }
    }
    if (!o.draft_vocab.empty()) {
        const ggml_context_ptr outline(ggml_init({ggml_tensor_overhead(), nullptr, true}));
        file.add("draft_vocab", GGML_TYPE_I32, ggml_new_tensor_1d(outline.get(), GGML_TYPE_I32, static_cast<int64_t>(o.draft_vocab.size())), o.draft_vocab.data());
    }
    save_gguf(path, g);
}

static uint64_t sum_of(const adapter_network & network, const training_progress & p) {
    checksum sum;
    sum.add(&p.step, sizeof(p.step));
    sum.add(&p.epoch, sizeof(p.epoch));
    sum.add(&p.next_text, sizeof(p.next_text));
    for (const auto & parameter : network.parameters()) {
        for (int kind = 0; kind < 3; ++kind) {
            sum.add(of_kind(parameter, kind)->data, ggml_nbytes(of_kind(parameter, kind)));
        }
    }
    return sum.value();
}

void save_state(const std::string & path, const adapter_network & network, const training_progress & p, const std::string & belongs_to) {
    file_tensors   file(3 * adapter_network::N_TENSORS);
    gguf_context * g = file.gguf();
    gguf_set_val_str(g, "general.architecture", STATE);
    gguf_set_val_str(g, "kangaroo.training.belongs_to", belongs_to.c_str());
    gguf_set_val_u32(g, "kangaroo.training.step", p.step);
    gguf_set_val_u64(g, "kangaroo.training.epoch", p.epoch);
    gguf_set_val_u64(g, "kangaroo.training.next_text", p.next_text);
    gguf_set_val_u64(g, "kangaroo.training.checksum", sum_of(network, p));
    for (int i = 0; i < adapter_network::N_TENSORS; ++i) {
        for (int kind = 0; kind < 3; ++kind) {
            const ggml_tensor * t = of_kind(network.parameters()[i], kind);
            file.add(state_name(i, kind), GGML_TYPE_F32, t, t->data);
        }
    }
    save_gguf(path, g);
}

training_progress load_state(const std::string & path, const adapter_network & network, const std::string & belongs_to) {
    const auto damaged = [&] { return error("file-damaged", path + " is damaged, so the training cannot go on from it. Delete it and start the training again."); };
    const auto read    = [&] {
        try {
            return gguf_file(path);
        } catch (const error & why) {
            throw std::strcmp(why.code, "file-damaged") == 0 || std::strcmp(why.code, "not-a-gguf") == 0 ? damaged() : why;
        }
    };
    const gguf_file file = read();
    const auto      u64  = [&](const char * key) {
        const int64_t id = gguf_find_key(file.get(), key);
        if (id < 0 || gguf_get_kv_type(file.get(), id) != GGUF_TYPE_UINT64) {
            throw damaged();
        }
        return gguf_get_val_u64(file.get(), id);
    };
    if (file.text("general.architecture") != STATE) {
        throw damaged();
    }
    if (file.text("kangaroo.training.belongs_to") != belongs_to) {
        throw error("invalid-argument", path + " belongs to a training with other options, texts or another model. Use those again, or start anew with another file.");
    }
    training_progress p;
    p.step      = file.count("kangaroo.training.step");
    p.epoch     = static_cast<int64_t>(u64("kangaroo.training.epoch"));
    p.next_text = static_cast<int64_t>(u64("kangaroo.training.next_text"));
    if (p.epoch < 0 || p.next_text < 0) {
        throw damaged();
    }

    std::vector<std::vector<uint8_t>> data;
    checksum                          sum;
    sum.add(&p.step, sizeof(p.step));
    sum.add(&p.epoch, sizeof(p.epoch));
    sum.add(&p.next_text, sizeof(p.next_text));
    for (int i = 0; i < adapter_network::N_TENSORS; ++i) {
        for (int kind = 0; kind < 3; ++kind) {
            const int64_t id = file.tensor(state_name(i, kind));
            if (id < 0 || gguf_get_tensor_size(file.get(), id) != ggml_nbytes(of_kind(network.parameters()[i], kind)) || gguf_get_tensor_type(file.get(), id) != GGML_TYPE_F32) {
                throw damaged();
            }
            data.push_back(file.read(id));
            sum.add(data.back().data(), data.back().size());
            if (!all_finite(data.back())) {
                throw damaged();
            }
        }
    }
    if (sum.value() != u64("kangaroo.training.checksum")) {
        throw damaged();
    }
    for (size_t i = 0; i < data.size(); ++i) {
        std::memcpy(of_kind(network.parameters()[i / 3], static_cast<int>(i % 3))->data, data[i].data(), data[i].size());
    }
    return p;
}

} // namespace kangaroo
