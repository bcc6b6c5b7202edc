// The module: what electron/core/engine/addon.ts declares as NativeAddon.
#include "objects.h"

#include "llama.h"

namespace addon {

using kangaroo::error;

static Napi::Value version(const Napi::CallbackInfo & info) {
    return Napi::String::New(info.Env(), "kangaroo " KANGAROO_BUILD_ID ", llama.cpp v0.5.0 (de3ff81)");
}

static Napi::Value list_devices(const Napi::CallbackInfo & info) {
    const auto names = kangaroo::devices();
    auto       out   = Napi::Array::New(info.Env(), names.size());
    for (size_t i = 0; i < names.size(); ++i) {
        out.Set(static_cast<uint32_t>(i), names[i]);
    }
    return out;
}

static Napi::Value list_gpus(const Napi::CallbackInfo & info) {
    auto out = Napi::Array::New(info.Env());
    for (const auto & gpu : kangaroo::gpus()) {
        auto o = Napi::Object::New(info.Env());
        o.Set("name", gpu.name);
        o.Set("totalBytes", static_cast<double>(gpu.total));
        o.Set("freeBytes", static_cast<double>(gpu.free));
        out.Set(out.Length(), o);
    }
    return out;
}

static Napi::Value load_model(const Napi::CallbackInfo & info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
        if (info.Length() < 2 || !info[0].IsObject() || !info[1].IsFunction()) {
            throw error("invalid-argument", "loadModel(options, onProgress) lacks an argument.");
        }
        const auto        o          = info[0].As<Napi::Object>();
        const std::string path       = text_option(o, "path");
        const int32_t     gpu_layers = integer_option(o, "gpuLayers");
        auto cancelled = std::make_shared<std::atomic<bool>>(false);
        auto kept      = std::make_shared<Napi::FunctionReference>(Napi::Persistent(info[1].As<Napi::Function>()));
        // The channel hands over batches; of a batch of fractions only the last one matters.
        const auto newest = Napi::Function::New(info.Env(), [kept](const Napi::CallbackInfo & call) {
            const auto batch = call[0].As<Napi::Array>();
            if (!kept->IsEmpty()) {
                kept->Value().Call({batch.Get(batch.Length() - 1)});
            }
        });
        auto channel = event_channel<float>::open(info.Env(), newest, [](Napi::Env env, const float & f) { return Napi::Number::New(env, f); });
        const auto promise = worker<std::shared_ptr<kangaroo::model>>::run(
            info.Env(),
            [path, gpu_layers, cancelled, channel] {
                int percent = -1;
                return kangaroo::model::load(path, gpu_layers, [&](float fraction) {
                    if (static_cast<int>(fraction * 100.0f) != percent) {
                        percent = static_cast<int>(fraction * 100.0f);
                        channel->push(fraction);
                    }
                    return !*cancelled;
                });
            },
            [](Napi::Env env, std::shared_ptr<kangaroo::model> & m) { return model_object::wrap(env, m); },
            [cancelled, channel] { *cancelled = true; channel->stop(); },
            [channel, kept] { channel->close(); });
        auto out = Napi::Object::New(info.Env());
        out.Set("promise", promise);
        out.Set("cancel", Napi::Function::New(info.Env(), [cancelled](const Napi::CallbackInfo &) { *cancelled = true; }));
        return out;
    });
}

static Napi::Value inspect(const Napi::CallbackInfo & info) {
    const std::string path = info[0].ToString().Utf8Value();
    return worker<kangaroo::inspection>::run(
        info.Env(), [path] { return kangaroo::inspect(path); }, [](Napi::Env env, kangaroo::inspection & i) { return to_js(env, i); });
}

static Napi::Value quantize(const Napi::CallbackInfo & info) {
    const std::string source = info[0].ToString().Utf8Value(), target = info[1].ToString().Utf8Value(), type = info[2].ToString().Utf8Value();
    return worker<int>::run(
        info.Env(), [=] { kangaroo::quantize(source, target, type); return 0; }, [](Napi::Env env, int &) { return env.Undefined(); });
}

static Napi::Object init(Napi::Env env, Napi::Object exports) {
    auto * c   = new constructors(); // owned by the environment
    c->adapter = Napi::Persistent(adapter_object::define(env));
    c->capture = Napi::Persistent(capture_object::define(env));
    c->model   = Napi::Persistent(model_object::define(env));
    c->session = Napi::Persistent(session_object::define(env));
    env.SetInstanceData<constructors>(c);
    env.AddCleanupHook([] { running::all().cancel_and_wait(); });
    exports.Set("version", Napi::Function::New(env, version));
    exports.Set("devices", Napi::Function::New(env, list_devices));
    exports.Set("gpus", Napi::Function::New(env, list_gpus));
    exports.Set("loadModel", Napi::Function::New(env, load_model));
    exports.Set("inspect", Napi::Function::New(env, inspect));
    exports.Set("quantize", Napi::Function::New(env, quantize));
    return exports;
}

NODE_API_MODULE(kangaroo, init)

} // namespace addon
