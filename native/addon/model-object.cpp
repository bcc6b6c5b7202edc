#include "objects.h"

#include <cinttypes>
#include <cstdio>

namespace addon {

using kangaroo::error;

Napi::Function adapter_object::define(Napi::Env env) {
    return DefineClass(env, "NativeAdapter", {
        InstanceAccessor("info", &adapter_object::info, nullptr),
        InstanceAccessor("checksum", &adapter_object::checksum, nullptr),
    });
}

Napi::Object adapter_object::wrap(Napi::Env env, std::shared_ptr<kangaroo::adapter> native) {
    const Napi::Object o = env.GetInstanceData<constructors>()->adapter.New({});
    Unwrap(o)->native    = std::move(native);
    return o;
}

Napi::Value adapter_object::info(const Napi::CallbackInfo & info) {
    return native ? to_js(info.Env(), native->info()) : info.Env().Undefined();
}

Napi::Value adapter_object::checksum(const Napi::CallbackInfo & info) {
    if (!native) {
        return info.Env().Undefined();
    }
    char hex[17];
    std::snprintf(hex, sizeof(hex), "%016" PRIx64, native->checksum());
    return Napi::String::New(info.Env(), hex);
}

Napi::Function model_object::define(Napi::Env env) {
    return DefineClass(env, "NativeModel", {
        InstanceAccessor("info", &model_object::info, nullptr),
        InstanceAccessor("chatTemplate", &model_object::chat_template, nullptr),
        InstanceAccessor("bosText", &model_object::bos_text, nullptr),
        InstanceAccessor("eosText", &model_object::eos_text, nullptr),
        InstanceMethod("tokenize", &model_object::tokenize),
        InstanceMethod("detokenize", &model_object::detokenize),
        InstanceMethod("loadAdapter", &model_object::load_adapter),
        InstanceMethod("createSession", &model_object::create_session),
        InstanceMethod("openCapture", &model_object::open_capture),
        InstanceMethod("train", &model_object::train),
        InstanceMethod("evaluateLayers", &model_object::evaluate_layers),
        InstanceMethod("dispose", &model_object::dispose),
    });
}

Napi::Object model_object::wrap(Napi::Env env, std::shared_ptr<kangaroo::model> native) {
    const Napi::Object o = env.GetInstanceData<constructors>()->model.New({});
    Unwrap(o)->native_   = std::move(native);
    return o;
}

std::shared_ptr<kangaroo::model> model_object::native() const {
    if (!native_) {
        throw error("closed", "The model has been unloaded.");
    }
    return native_;
}

Napi::Value model_object::info(const Napi::CallbackInfo & info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
        Napi::Object o = to_js(info.Env(), native()->info()).As<Napi::Object>();
        o.Set("hasChatTemplate", !native()->chat_template().empty());
        return o;
    });
}

Napi::Value model_object::chat_template(const Napi::CallbackInfo & info) {
    return guarded(info.Env(), [&] { return Napi::String::New(info.Env(), native()->chat_template()); });
}

static Napi::Value special_text(Napi::Env env, const kangaroo::model & m, llama_token id) {
    return Napi::String::New(env, id < 0 ? "" : m.piece(id, true));
}

Napi::Value model_object::bos_text(const Napi::CallbackInfo & info) {
    return guarded(info.Env(), [&] { return special_text(info.Env(), *native(), llama_vocab_bos(native()->vocab())); });
}

Napi::Value model_object::eos_text(const Napi::CallbackInfo & info) {
    return guarded(info.Env(), [&] { return special_text(info.Env(), *native(), llama_vocab_eos(native()->vocab())); });
}

Napi::Value model_object::tokenize(const Napi::CallbackInfo & info) {
    return guarded(info.Env(), [&] {
        if (!info[0].IsString()) {
            throw error("invalid-argument", "Only text can be turned into tokens.");
        }
        const auto o = argument_object(info, 1);
        return to_js(info.Env(), native()->tokenize(info[0].As<Napi::String>().Utf8Value(), o.Get("addSpecial").ToBoolean(), o.Get("parseSpecial").ToBoolean()));
    });
}

Napi::Value model_object::detokenize(const Napi::CallbackInfo & info) {
    return guarded(info.Env(), [&] {
        auto ids = tokens_of(info[0]);
        for (const llama_token id : ids) {
            if (id < 0 || id >= native()->info().n_vocab) {
                throw error("invalid-argument", "There is no token " + std::to_string(id) + ".");
            }
        }
        return Napi::String::New(info.Env(), native()->detokenize(ids, info[1].ToBoolean()));
    });
}

Napi::Value model_object::load_adapter(const Napi::CallbackInfo & info) {
    return guarded_promise(info.Env(), [&] {
        auto              m    = native();
        const std::string path = info[0].ToString().Utf8Value();
        return worker<std::shared_ptr<kangaroo::adapter>>::run(
            info.Env(), [m, path] { return m->load_adapter(path); },
            [](Napi::Env env, std::shared_ptr<kangaroo::adapter> & a) { return adapter_object::wrap(env, a); });
    });
}

Napi::Value model_object::create_session(const Napi::CallbackInfo & info) {
    return guarded_promise(info.Env(), [&] {
        auto       m = native();
        const auto o = argument_object(info, 0);
        kangaroo::session_options options;
        options.context_size    = integer_option(o, "contextSize");
        options.cache_type      = text_option(o, "cacheType");
        options.threads         = integer_option(o, "threads");
        options.flash_attention = text_option(o, "flashAttention");
        std::shared_ptr<kangaroo::adapter> a;
        const Napi::Value given = o.Get("adapter");
        if (given.IsObject()) {
            if (!given.As<Napi::Object>().InstanceOf(info.Env().GetInstanceData<constructors>()->adapter.Value())) {
                throw error("invalid-argument", "The option adapter must be an adapter of this model.");
            }
            a = adapter_object::Unwrap(given.As<Napi::Object>())->native;
            if (a->info().base_fingerprint != m->info().fingerprint) {
                throw error("adapter-mismatch", "The adapter belongs to another model.");
            }
        }
        return worker<std::shared_ptr<kangaroo::session>>::run(
            info.Env(), [m, a, options] { return std::make_shared<kangaroo::session>(m, a, options); },
            [m](Napi::Env env, std::shared_ptr<kangaroo::session> & s) { return session_object::wrap(env, s, m); });
    });
}

Napi::Value model_object::dispose(const Napi::CallbackInfo & info) {
    auto m = std::move(native_); // unmapping a large model takes a while
    native_.reset();
    return worker<int>::run(info.Env(), [m]() mutable { m.reset(); return 0; }, [](Napi::Env env, int &) { return env.Undefined(); });
}

} // namespace addon
