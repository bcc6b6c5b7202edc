#include "random-model.h"

#include "model-files.h"
#include "gguf-writer.h"
#include "model.h"

#include "llama-model.h" // llama_internal_get_tensor_map

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <set>
#include <stdexcept>

namespace testing {

namespace {

bool has(const std::string & text, const char * part) {
    return text.find(part) != std::string::npos;
}

bool ends_with(const std::string & text, const std::string & end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::string utf8(uint32_t cpt) { // up to U+07FF
    return cpt < 0x80 ? std::string(1, static_cast<char>(cpt)) : std::string{static_cast<char>(0xC0 | (cpt >> 6)), static_cast<char>(0x80 | (cpt & 0x3F))};
}

// GPT-2's printable stand-in for a byte.
std::string byte_token(uint32_t byte) {
    const auto printable = [](uint32_t b) { return (b >= 33 && b <= 126) || (b >= 161 && b != 173); };
    if (printable(byte)) {
        return utf8(byte);
    }
    uint32_t nth = 0;
    for (uint32_t b = 0; b < byte; ++b) {
        nth += !printable(b);
    }
    return utf8(256 + nth);
}

void set_tokenizer(gguf_context * gguf, uint32_t n_vocab) {
    static const char * const merges[] = {"t h", "th e", "i n", "a n", "e r", "o n", "Ġ t", "Ġ a", "Ġt he"};
    std::vector<std::string> tokens;
    for (uint32_t b = 0; b < 256; ++b) {
        tokens.push_back(byte_token(b));
    }
    for (const std::string merge : merges) {
        const size_t space = merge.find(' ');
        tokens.push_back(merge.substr(0, space) + merge.substr(space + 1));
    }
    while (tokens.size() + 1 < n_vocab) {
        tokens.push_back("Ġw" + std::to_string(tokens.size()));
    }
    tokens.push_back("<|end|>");
    std::vector<int32_t> types(n_vocab, 1); // normal
    types.back() = 3;                       // control
    std::vector<const char *> texts;
    for (const auto & token : tokens) {
        texts.push_back(token.c_str());
    }
    gguf_set_val_str(gguf, "tokenizer.ggml.model", "gpt2");
    gguf_set_val_str(gguf, "tokenizer.ggml.pre", "gpt-2");
    gguf_set_arr_str(gguf, "tokenizer.ggml.tokens", texts.data(), texts.size());
    gguf_set_arr_data(gguf, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types.data(), types.size());
    gguf_set_arr_str(gguf, "tokenizer.ggml.merges", const_cast<const char **>(merges), std::size(merges));
    gguf_set_val_bool(gguf, "tokenizer.ggml.add_bos_token", false);
    for (const char * which : {"bos", "eos", "eot", "padding"}) {
        gguf_set_val_u32(gguf, (std::string("tokenizer.ggml.") + which + "_token_id").c_str(), n_vocab - 1);
    }
}

void set_value(gguf_context * gguf, const std::string & key, const gguf_value & value) {
    const char * k = key.c_str();
    if (const auto * u = std::get_if<uint32_t>(&value)) {
        gguf_set_val_u32(gguf, k, *u);
    } else if (const auto * f = std::get_if<float>(&value)) {
        gguf_set_val_f32(gguf, k, *f);
    } else if (const auto * b = std::get_if<bool>(&value)) {
        gguf_set_val_bool(gguf, k, *b);
    } else if (const auto * s = std::get_if<std::string>(&value)) {
        gguf_set_val_str(gguf, k, s->c_str());
    } else if (const auto * us = std::get_if<std::vector<uint32_t>>(&value)) {
        gguf_set_arr_data(gguf, k, GGUF_TYPE_UINT32, us->data(), us->size());
    } else if (const auto * fs = std::get_if<std::vector<float>>(&value)) {
        gguf_set_arr_data(gguf, k, GGUF_TYPE_FLOAT32, fs->data(), fs->size());
    }
}

gguf_context_ptr header_of(const random_model & m) {
    if (m.n_vocab < 320) {
        throw std::runtime_error("a random model needs at least 320 tokens");
    }
    gguf_context_ptr gguf(gguf_init_empty());
    gguf_set_val_str(gguf.get(), "general.architecture", m.architecture.c_str());
    gguf_set_val_str(gguf.get(), "general.name", (m.name.empty() ? m.architecture : m.name).c_str());
    gguf_set_val_u32(gguf.get(), "general.quantization_version", GGML_QNT_VERSION);
    set_tokenizer(gguf.get(), m.n_vocab);

    const std::string prefix = m.architecture + ".";
    const std::pair<const char *, uint32_t> numbers[] = {
        {"vocab_size", m.n_vocab}, {"context_length", m.n_ctx}, {"embedding_length", m.n_embd}, {"block_count", m.n_layer},
        {"feed_forward_length", m.n_ff}, {"attention.head_count", m.n_head}, {"attention.head_count_kv", m.n_head_kv},
        {"attention.key_length", m.n_embd_head}, {"attention.value_length", m.n_embd_head}, {"rope.dimension_count", m.n_rot},
        {"expert_count", m.n_expert}, {"expert_used_count", m.n_expert_used}, {"expert_feed_forward_length", m.n_ff_expert},
    };
    for (const auto & [key, value] : numbers) {
        if (value > 0) {
            gguf_set_val_u32(gguf.get(), (prefix + key).c_str(), value);
        }
    }
    gguf_set_val_f32(gguf.get(), (prefix + "rope.freq_base").c_str(), m.freq_base);
    gguf_set_val_f32(gguf.get(), (prefix + "attention.layer_norm_epsilon").c_str(), 1e-5f);
    gguf_set_val_f32(gguf.get(), (prefix + "attention.layer_norm_rms_epsilon").c_str(), 1e-5f);
    for (const auto & [name, value] : m.keys) {
        const std::string key = name[0] == '/' ? name.substr(1) : prefix + name;
        gguf_remove_key(gguf.get(), key.c_str());
        set_value(gguf.get(), key, value);
    }
    return gguf;
}

// As llama.cpp's quantiser decides which tensors stay F32; those are small.
bool is_matrix(const ggml_tensor * t, const std::string & name) {
    static const char * const small[] = {"_norm", "ffn_gate_inp", "ssm_conv1d", "ssm_a", "ssm_d", "ssm_dt", "shortconv.conv", "altup", "laurel",
        "per_layer_model_proj", "attn_rel_b", "token_types", "position_embd", "time_mix", "indexer"};
    return ggml_n_dims(t) >= 2 && ends_with(name, ".weight") && std::none_of(std::begin(small), std::end(small), [&](const char * part) { return has(name, part); });
}

std::vector<tensor_plan> plan_of(const random_model & m, const gguf_context * header) {
    kangaroo::init_backends();
    auto params     = llama_model_default_params();
    params.no_alloc = true; // names and shapes only, whatever the size
    params.n_gpu_layers = 0;
    struct deleter {
        void operator()(llama_model * p) const { llama_model_free(p); }
    };
    std::string       why;
    ggml_log_callback log      = nullptr;
    void *            log_data = nullptr;
    llama_log_get(&log, &log_data);
    llama_log_set([](ggml_log_level level, const char * text, void * data) {
        if (level == GGML_LOG_LEVEL_ERROR) {
            *static_cast<std::string *>(data) += text;
        }
    }, &why);
    const std::unique_ptr<llama_model, deleter> outline(llama_model_init_from_user(const_cast<gguf_context *>(header), nullptr, nullptr, params));
    llama_log_set(log, log_data);
    if (!outline) {
        throw std::runtime_error("llama.cpp does not accept the keys of this " + m.architecture + " model: " + why);
    }
    std::vector<tensor_plan> plans;
    std::set<std::string>    seen;
    for (const auto & [name, t] : llama_internal_get_tensor_map(outline.get())) {
        const bool unwanted = ends_with(name, ".scale") || ends_with(name, ".input_scale") || // of formats that we do not write
            std::any_of(m.without.begin(), m.without.end(), [&, &name = name](const std::string & w) { return w[0] == '.' ? ends_with(name, w) : name == w; });
        if (unwanted || !seen.insert(name).second) {
            continue;
        }
        tensor_plan p;
        p.name = name;
        std::copy(t->ne, t->ne + GGML_MAX_DIMS, p.ne);
        p.type = GGML_TYPE_F32;
        if (is_matrix(t, name)) {
            p.type      = p.ne[0] % ggml_blck_size(m.type) == 0 ? m.type : GGML_TYPE_F16;
            p.deviation = m.matrix_scale / std::sqrt(static_cast<float>(p.ne[0]));
        } else {
            p.deviation = 0.1f;
        }
        if (name == "token_embd.weight") {
            p.deviation = m.embedding_scale;
        } else if (has(name, "norm.weight") || has(name, "rope_f") || has(name, "layer_output_scale") || has(name, "ssm_d")) {
            p.mean = 1.0f;
        } else if (has(name, "ssm_a")) {
            p.mean = -1.0f; // a state that fades
        } else if (has(name, "ffn_gate_inp")) {
            p.deviation = 2.0f / std::sqrt(static_cast<float>(p.ne[0])); // experts that take turns
        }
        plans.push_back(p);
    }
    const auto named = [&](const char * name) { return std::find_if(plans.begin(), plans.end(), [&](const tensor_plan & p) { return p.name == name; }); };
    const auto head  = named("output.weight") != plans.end() ? named("output.weight") : named("token_embd.weight");
    if (head != plans.end()) {
        head->last_row_zero = true;
    }
    return plans;
}

} // namespace

void write_random_model(const std::string & path, const random_model & model) {
    const gguf_context_ptr header = header_of(model);
    write_random_tensors(path, header.get(), plan_of(model, header.get()), model.seed);
}

void write_random_adapter(const std::string & path, const std::string & base_path, const random_adapter & a) {
    const kangaroo::gguf_file base(base_path);
    const auto n_embd = static_cast<uint32_t>(base.number(base.text("general.architecture") + ".embedding_length", 0));
    const uint32_t n_embd_head = a.n_embd_head > 0 ? a.n_embd_head : n_embd / a.n_head;

    gguf_context_ptr header(gguf_init_empty());
    gguf_context *   g = header.get();
    gguf_set_val_str(g, "general.architecture", "kangaroo");
    gguf_set_val_str(g, "general.name", "random adapter");
    gguf_set_val_str(g, "kangaroo.base.name", base.text("general.name").c_str());
    gguf_set_val_str(g, "kangaroo.base.fingerprint", kangaroo::model_files(base_path).fingerprint().c_str());
    gguf_set_val_u32(g, "kangaroo.exit_layer", static_cast<uint32_t>(a.exit_layer));
    gguf_set_val_u32(g, "kangaroo.embedding_length", n_embd);
    gguf_set_val_u32(g, "kangaroo.attention.head_count", a.n_head);
    gguf_set_val_u32(g, "kangaroo.attention.head_count_kv", a.n_head_kv);
    gguf_set_val_u32(g, "kangaroo.rope.dimension_count", a.n_rot > 0 ? a.n_rot : n_embd_head);
    gguf_set_val_f32(g, "kangaroo.rope.freq_base", a.freq_base);
    gguf_set_val_f32(g, "kangaroo.norm_rms_eps", a.norm_eps);

    std::vector<tensor_plan> plans;
    const auto add = [&](const char * name, int64_t ne0, int64_t ne1) {
        tensor_plan p;
        p.name  = name;
        p.ne[0] = ne0;
        p.ne[1] = ne1;
        p.type  = ne1 > 1 ? (ne0 % ggml_blck_size(a.type) == 0 ? a.type : GGML_TYPE_F16) : GGML_TYPE_F32;
        p.mean  = ne1 > 1 ? 0.0f : 1.0f;
        p.deviation = ne1 > 1 ? a.matrix_scale / std::sqrt(static_cast<float>(ne0)) : 0.1f;
        plans.push_back(p);
    };
    const int64_t q = static_cast<int64_t>(n_embd_head) * a.n_head, kv = static_cast<int64_t>(n_embd_head) * a.n_head_kv;
    add("attn_norm.weight", n_embd, 1);
    add("attn_q.weight", n_embd, q);
    add("attn_k.weight", n_embd, kv);
    add("attn_v.weight", n_embd, kv);
    add("attn_output.weight", q, n_embd);
    add("norm.weight", n_embd, 1);
    if (!a.draft_vocab.empty()) {
        tensor_plan p;
        p.name  = "draft_vocab";
        p.type  = GGML_TYPE_I32;
        p.ne[0] = static_cast<int64_t>(a.draft_vocab.size());
        p.given.resize(a.draft_vocab.size() * sizeof(int32_t));
        std::memcpy(p.given.data(), a.draft_vocab.data(), p.given.size());
        plans.push_back(p);
    }
    write_random_tensors(path, g, plans, a.seed);
}

} // namespace testing
