#include "convert.h"

#include "error.h"
#include "text.h"

#include <cmath>
#include <cstring>

namespace addon {

using kangaroo::error;

double number_option(const Napi::Object & o, const char * name) {
    const Napi::Value v = o.Get(name);
    if (!v.IsNumber()) {
        throw error("invalid-argument", std::string("The option ") + name + " must be a number.");
    }
    return v.As<Napi::Number>().DoubleValue();
}

int32_t integer_option(const Napi::Object & o, const char * name) {
    const double v = number_option(o, name);
    if (!(v == std::floor(v)) || std::fabs(v) > 2147483647.0) { // NaN fails too
        throw error("invalid-argument", std::string("The option ") + name + " must be a whole number.");
    }
    return static_cast<int32_t>(v);
}

std::string text_option(const Napi::Object & o, const char * name) {
    const Napi::Value v = o.Get(name);
    if (!v.IsString()) {
        throw error("invalid-argument", std::string("The option ") + name + " must be a text.");
    }
    return v.As<Napi::String>().Utf8Value();
}

Napi::Object argument_object(const Napi::CallbackInfo & info, size_t at) {
    if (info.Length() <= at || !info[at].IsObject()) {
        throw error("invalid-argument", "An options object is missing.");
    }
    return info[at].As<Napi::Object>();
}

bool flag_option(const Napi::Object & o, const char * name) {
    const Napi::Value v = o.Get(name);
    if (!v.IsBoolean()) {
        throw error("invalid-argument", std::string("The option ") + name + " must be true or false.");
    }
    return v.As<Napi::Boolean>();
}

static std::string well_formed_text(const Napi::Value & v, const char * name) {
    if (!v.IsString()) {
        throw error("invalid-argument", std::string("The option ") + name + " must hold texts.");
    }
    const std::u16string text = v.As<Napi::String>().Utf16Value();
    for (size_t i = 0; i < text.size(); ++i) {
        const bool high = text[i] >= 0xD800 && text[i] <= 0xDBFF, low = text[i] >= 0xDC00 && text[i] <= 0xDFFF;
        const bool pair = high && i + 1 < text.size() && text[i + 1] >= 0xDC00 && text[i + 1] <= 0xDFFF;
        if (low || (high && !pair)) {
            throw error("invalid-argument", std::string("The option ") + name + " holds half of a character (a lone surrogate).");
        }
        i += pair;
    }
    return v.As<Napi::String>().Utf8Value();
}

kangaroo::generation_options generation_options_of(const Napi::Object & o) {
    kangaroo::generation_options g;
    const std::string mode = text_option(o, "mode"), draft = text_option(o, "draftSampling");
    if ((mode != "plain" && mode != "kangaroo" && mode != "auto") || (draft != "greedy" && draft != "sampled")) {
        throw error("invalid-argument", "The option mode must be auto, plain or kangaroo, and draftSampling greedy or sampled.");
    }
    g.mode          = mode == "plain" ? kangaroo::decoding_mode::plain : mode == "auto" ? kangaroo::decoding_mode::automatic : kangaroo::decoding_mode::kangaroo;
    g.sampled_draft = draft == "sampled";
    g.threshold     = static_cast<float>(number_option(o, "threshold"));
    g.max_draft     = integer_option(o, "maxDraft");
    g.max_tokens    = integer_option(o, "maxTokens");
    g.prompt_lookup = flag_option(o, "promptLookup");
    g.context_shift = flag_option(o, "contextShift");
    g.keep_tokens   = integer_option(o, "keepTokens");
    g.sampling.temperature        = static_cast<float>(number_option(o, "temperature"));
    g.sampling.top_k              = integer_option(o, "topK");
    g.sampling.top_p              = static_cast<float>(number_option(o, "topP"));
    g.sampling.min_p              = static_cast<float>(number_option(o, "minP"));
    g.sampling.repetition_penalty = static_cast<float>(number_option(o, "repetitionPenalty"));
    g.sampling.repetition_window  = integer_option(o, "repetitionWindow");
    const double seed = number_option(o, "seed");
    if (!(seed >= 0.0) || seed > 9007199254740991.0 || seed != std::floor(seed)) {
        throw error("invalid-argument", "The option seed must be a whole number from 0 to 2^53 - 1.");
    }
    g.sampling.seed = static_cast<uint64_t>(seed);
    const Napi::Value stop = o.Get("stop");
    if (!stop.IsArray()) {
        throw error("invalid-argument", "The option stop must be a list of texts.");
    }
    const auto list = stop.As<Napi::Array>();
    for (uint32_t i = 0; i < list.Length(); ++i) {
        g.stop.push_back(well_formed_text(list.Get(i), "stop"));
    }
    return g;
}

std::vector<llama_token> tokens_of(const Napi::Value & v) {
    if (!v.IsTypedArray() || v.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array) {
        throw error("invalid-argument", "Token ids must be an Int32Array.");
    }
    const auto ids = v.As<Napi::Int32Array>();
    return {ids.Data(), ids.Data() + ids.ElementLength()};
}

Napi::Value to_js(Napi::Env env, const std::vector<float> & values) {
    auto out = Napi::Float32Array::New(env, values.size());
    std::memcpy(out.Data(), values.data(), values.size() * sizeof(float));
    return out;
}

Napi::Value to_js(Napi::Env env, const std::vector<llama_token> & ids) {
    auto out = Napi::Int32Array::New(env, ids.size());
    std::memcpy(out.Data(), ids.data(), ids.size() * sizeof(llama_token));
    return out;
}

Napi::Value to_js(Napi::Env env, const std::vector<double> & values) {
    auto out = Napi::Array::New(env, values.size());
    for (size_t i = 0; i < values.size(); ++i) {
        out.Set(static_cast<uint32_t>(i), values[i]);
    }
    return out;
}

Napi::Value to_js(Napi::Env env, const kangaroo::model_info & m) {
    auto o = Napi::Object::New(env);
    o.Set("path", m.path);
    o.Set("name", m.name);
    o.Set("architecture", m.architecture);
    o.Set("fileType", m.file_type);
    o.Set("parameters", static_cast<double>(m.n_params));
    o.Set("sizeBytes", static_cast<double>(m.size_bytes));
    o.Set("layers", m.n_layer);
    o.Set("embeddingLength", m.n_embd);
    o.Set("vocabularySize", m.n_vocab);
    o.Set("trainedContext", m.n_ctx_train);
    o.Set("fingerprint", m.fingerprint);
    return o;
}

Napi::Value to_js(Napi::Env env, const kangaroo::adapter_info & a) {
    auto o = Napi::Object::New(env);
    o.Set("path", a.path);
    o.Set("name", a.name);
    o.Set("baseName", a.base_name);
    o.Set("baseFingerprint", a.base_fingerprint);
    o.Set("exitLayer", a.exit_layer);
    o.Set("embeddingLength", a.n_embd);
    o.Set("heads", a.n_head);
    o.Set("headsKv", a.n_head_kv);
    o.Set("parameters", static_cast<double>(a.n_params));
    o.Set("sizeBytes", static_cast<double>(a.size_bytes));
    o.Set("draftVocabularySize", static_cast<double>(a.n_draft_vocab));
    return o;
}

Napi::Value to_js(Napi::Env env, const kangaroo::inspection & i) {
    auto o = Napi::Object::New(env);
    o.Set("kind", i.kind);
    o.Set("architecture", i.architecture);
    o.Set("name", kangaroo::to_utf8(i.name));
    o.Set("fileType", i.file_type);
    o.Set("sizeBytes", static_cast<double>(i.size_bytes));
    o.Set("parameters", static_cast<double>(i.n_params));
    o.Set("fingerprint", i.fingerprint);
    o.Set("license", kangaroo::to_utf8(i.license));
    auto metadata = Napi::Object::New(env);
    for (const auto & [key, value] : i.metadata) {
        metadata.Set(kangaroo::to_utf8(key), kangaroo::to_utf8(value));
    }
    o.Set("metadata", metadata);
    o.Set("adapter", i.kind == "adapter" ? to_js(env, i.adapter) : env.Null());
    return o;
}

Napi::Value to_js(Napi::Env env, const kangaroo::pass_costs & c) {
    auto o = Napi::Object::New(env);
    o.Set("verifyMs", to_js(env, c.verify));
    o.Set("verifyLateMs", to_js(env, c.verify_late));
    o.Set("draftStepMs", c.draft_step < 0.0 ? env.Null() : Napi::Number::New(env, c.draft_step));
    o.Set("stateStepMs", c.state_step < 0.0 ? env.Null() : Napi::Number::New(env, c.state_step));
    o.Set("plainTokensPerSecond", 1000.0 / c.verify.at(0));
    auto quartiles = Napi::Array::New(env, 2);
    quartiles.Set(0u, 1000.0 / c.plain_quartiles[1]); // the slow quartile of times is the low one of speeds
    quartiles.Set(1u, 1000.0 / c.plain_quartiles[0]);
    o.Set("plainTokensPerSecondQuartiles", quartiles);
    o.Set("depth", c.depth);
    o.Set("tookMs", c.took_ms);
    return o;
}

Napi::Value to_js(Napi::Env env, const llama_exit_memory & m) {
    auto parts = Napi::Array::New(env);
    const auto add = [&](const char * name, const llama_exit_bytes & bytes) {
        if (bytes.ram == 0 && bytes.gpu == 0) {
            return;
        }
        auto part = Napi::Object::New(env);
        part.Set("name", name);
        part.Set("ramBytes", static_cast<double>(bytes.ram));
        part.Set("gpuBytes", static_cast<double>(bytes.gpu));
        parts.Set(parts.Length(), part);
    };
    add("weights", m.weights);
    add("kv", m.kv);
    add("adapter", m.adapter);
    add("draft-kv", m.draft_kv);
    add("compute", m.compute);
    return parts;
}

static const char * kind_name(kangaroo::round_kind kind) {
    switch (kind) {
        case kangaroo::round_kind::kangaroo: return "kangaroo";
        case kangaroo::round_kind::lookup:   return "lookup";
        default:                             return "plain";
    }
}

namespace {

struct event_to_js {
    Napi::Env               env;
    const kangaroo::model & model;

    Napi::Object token(llama_token id) const {
        auto o = Napi::Object::New(env);
        o.Set("id", id);
        o.Set("text", kangaroo::to_utf8(model.piece(id, true)));
        return o;
    }

    Napi::Array pieces(const std::vector<kangaroo::piece> & list) const {
        auto out = Napi::Array::New(env, list.size());
        for (size_t i = 0; i < list.size(); ++i) {
            auto o = Napi::Object::New(env);
            o.Set("id", list[i].id);
            o.Set("text", list[i].text);
            o.Set("origin", list[i].drafted ? "draft" : "target");
            out.Set(static_cast<uint32_t>(i), o);
        }
        return out;
    }

    Napi::Value operator()(const prefill_progress & p) const {
        auto o = Napi::Object::New(env);
        o.Set("type", "prefill");
        o.Set("done", p.done);
        o.Set("total", p.total);
        return o;
    }

    Napi::Value operator()(const kangaroo::prompt_report & p) const {
        auto o = Napi::Object::New(env);
        o.Set("type", "prompt");
        o.Set("promptTokens", p.prompt_tokens);
        o.Set("cachedTokens", p.cached_tokens);
        o.Set("promptMs", p.prompt_ms);
        o.Set("token", token(p.token));
        o.Set("pieces", pieces(p.pieces));
        return o;
    }

    Napi::Value operator()(const kangaroo::round_report & r) const {
        auto drafts = Napi::Array::New(env, r.drafts.size());
        for (size_t i = 0; i < r.drafts.size(); ++i) {
            auto d = token(r.drafts[i]);
            d.Set("confidence", r.confidences[i]);
            d.Set("source", i + r.copied >= r.drafts.size() ? "lookup" : "adapter");
            drafts.Set(static_cast<uint32_t>(i), d);
        }
        auto o = Napi::Object::New(env);
        o.Set("type", "round");
        o.Set("drafts", drafts);
        o.Set("accepted", r.accepted);
        o.Set("token", token(r.token));
        o.Set("pieces", pieces(r.pieces));
        o.Set("draftMs", r.draft_ms);
        o.Set("verifyMs", r.verify_ms);
        o.Set("rows", r.rows);
        o.Set("mode", kind_name(r.kind));
        o.Set("discarded", r.discarded);
        o.Set("paused", r.paused);
        o.Set("expectedSpeedup", r.expected_speedup > 0.0 ? Napi::Number::New(env, r.expected_speedup) : env.Null());
        return o;
    }

    Napi::Value operator()(const kangaroo::generation_result & r) const {
        const auto & s = r.stats;
        const auto ratio = [](double a, double b) { return b > 0.0 ? a / b : 0.0; };
        auto stats = Napi::Object::New(env);
        stats.Set("promptTokens", s.prompt_tokens);
        stats.Set("cachedTokens", s.cached_tokens);
        stats.Set("promptMs", s.prompt_ms);
        stats.Set("tokens", s.tokens);
        stats.Set("ms", s.ms);
        stats.Set("tokensPerSecond", s.tokens > 1 ? ratio(1000.0 * (s.tokens - 1), s.ms) : 0.0);
        stats.Set("rounds", static_cast<double>(s.rounds));
        stats.Set("tokensPerRound", ratio(static_cast<double>(s.round_tokens), static_cast<double>(s.rounds)));
        stats.Set("drafted", static_cast<double>(s.drafted));
        stats.Set("accepted", static_cast<double>(s.accepted));
        stats.Set("acceptanceRate", ratio(static_cast<double>(s.accepted), static_cast<double>(s.drafted)));
        stats.Set("graphsReused", static_cast<double>(s.graphs_reused));
        stats.Set("graphsBuilt", static_cast<double>(s.graphs_built));
        stats.Set("lookedUp", static_cast<double>(s.copied));
        stats.Set("lookedUpAccepted", static_cast<double>(s.copied_accepted));
        stats.Set("contextShifts", static_cast<double>(s.context_shifts));
        stats.Set("roundsMs", s.rounds_ms);
        stats.Set("computeMs", s.compute_ms < 0.0 ? env.Null() : Napi::Number::New(env, s.compute_ms));
        stats.Set("discarded", static_cast<double>(s.discarded));
        stats.Set("pausedRounds", static_cast<double>(s.paused_rounds));
        stats.Set("plainStepMs", s.plain_step_ms < 0.0 ? env.Null() : Napi::Number::New(env, s.plain_step_ms));
        stats.Set("recomputedRounds", static_cast<double>(s.recomputed_rounds));
        auto ids = Napi::Array::New(env, r.ids.size());
        for (size_t i = 0; i < r.ids.size(); ++i) {
            ids.Set(static_cast<uint32_t>(i), r.ids[i]);
        }
        auto o = Napi::Object::New(env);
        o.Set("type", "done");
        o.Set("reason", r.reason);
        o.Set("tokenIds", ids);
        o.Set("text", r.text);
        o.Set("stats", stats);
        return o;
    }
};

} // namespace

Napi::Value to_js(Napi::Env env, const kangaroo::model & model, const generation_event & event) {
    return std::visit(event_to_js{env, model}, event);
}

} // namespace addon
