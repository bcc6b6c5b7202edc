// Capturing, training and comparing layers for JavaScript: electron/core/engine/addon-training.ts.
#include "objects.h"

namespace addon {

using kangaroo::error;

namespace {

Napi::Value to_js(Napi::Env env, const kangaroo::captured_totals & t) {
    auto o = Napi::Object::New(env);
    o.Set("texts", static_cast<double>(t.texts));
    o.Set("tokens", static_cast<double>(t.tokens));
    o.Set("positions", static_cast<double>(t.targets));
    o.Set("sizeBytes", static_cast<double>(t.bytes));
    return o;
}

Napi::Value to_js(Napi::Env env, const kangaroo::training_evaluation & e) {
    auto o = Napi::Object::New(env);
    o.Set("type", "evaluation");
    o.Set("step", e.step);
    o.Set("agreement", e.agreement);
    o.Set("crossEntropy", e.cross_entropy);
    o.Set("leastCrossEntropy", e.least_cross_entropy);
    o.Set("positions", static_cast<double>(e.positions));
    return o;
}

Napi::Value to_js(Napi::Env env, const kangaroo::training_event & event) {
    if (const auto * e = std::get_if<kangaroo::training_evaluation>(&event)) {
        return to_js(env, *e);
    }
    const auto & s = std::get<kangaroo::training_step>(event);
    auto         o = Napi::Object::New(env);
    o.Set("type", "step");
    o.Set("step", s.step);
    o.Set("steps", s.steps);
    o.Set("loss", s.loss);
    o.Set("leastLoss", s.least_loss);
    o.Set("learningRate", s.learning_rate);
    o.Set("gradientNorm", s.gradient_norm);
    o.Set("positions", static_cast<double>(s.positions));
    o.Set("tokensPerSecond", s.tokens_per_second);
    return o;
}

Napi::Value to_js(Napi::Env env, const kangaroo::training_result & r) {
    auto o = Napi::Object::New(env);
    o.Set("finished", r.finished);
    o.Set("step", r.step);
    o.Set("steps", r.steps);
    o.Set("heldOut", r.held_out.positions > 0 ? to_js(env, r.held_out) : env.Null());
    o.Set("seconds", r.seconds);
    o.Set("parameters", static_cast<double>(r.n_params));
    return o;
}

Napi::Value to_js(Napi::Env env, const kangaroo::layer_evaluation & e) {
    auto o = Napi::Object::New(env);
    o.Set("layer", e.layer);
    o.Set("bareAgreement", e.bare_agreement);
    o.Set("fittedAgreement", e.fitted_agreement >= 0.0 ? Napi::Value(Napi::Number::New(env, e.fitted_agreement)) : env.Null());
    o.Set("positions", static_cast<double>(e.positions));
    return o;
}

Napi::Value all_to_js(Napi::Env env, const std::vector<kangaroo::layer_evaluation> & all) {
    auto out = Napi::Array::New(env, all.size());
    for (size_t i = 0; i < all.size(); ++i) {
        out.Set(static_cast<uint32_t>(i), to_js(env, all[i]));
    }
    return out;
}

kangaroo::training_options training_options_of(const Napi::Object & o) {
    kangaroo::training_options t;
    t.captured           = text_option(o, "captured");
    t.held_out           = text_option(o, "heldOut");
    t.state_path         = text_option(o, "statePath");
    t.adapter_path       = text_option(o, "adapterPath");
    t.exit_layer         = integer_option(o, "exitLayer");
    t.steps              = integer_option(o, "steps");
    t.positions_per_step = integer_option(o, "positionsPerStep");
    t.learning_rate      = static_cast<float>(number_option(o, "learningRate"));
    t.warmup_steps       = integer_option(o, "warmupSteps");
    t.weight_decay       = static_cast<float>(number_option(o, "weightDecay"));
    t.seed               = static_cast<uint64_t>(static_cast<uint32_t>(integer_option(o, "seed")));
    t.evaluate_every     = integer_option(o, "evaluateEvery");
    t.save_every         = integer_option(o, "saveEvery");
    t.threads            = integer_option(o, "threads");
    t.draft_vocab        = tokens_of(o.Get("draftVocab"));
    t.resume             = flag_option(o, "resume");
    t.name               = text_option(o, "name");
    t.license            = text_option(o, "license");
    t.data               = text_option(o, "data");
    return t;
}

std::vector<kangaroo::text_to_capture> texts_of(const Napi::Value & v) {
    if (!v.IsArray()) {
        throw error("invalid-argument", "Texts must be an array.");
    }
    const auto                             all = v.As<Napi::Array>();
    std::vector<kangaroo::text_to_capture> out;
    for (uint32_t i = 0; i < all.Length(); ++i) {
        const Napi::Value one = all.Get(i);
        if (!one.IsObject()) {
            throw error("invalid-argument", "A text must be an object with ids and mask.");
        }
        const auto        o    = one.As<Napi::Object>();
        const Napi::Value mask = o.Get("mask");
        if (!mask.IsTypedArray() || mask.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
            throw error("invalid-argument", "The mask of a text must be a Uint8Array.");
        }
        const auto bytes = mask.As<Napi::Uint8Array>();
        out.push_back({tokens_of(o.Get("ids")), {bytes.Data(), bytes.Data() + bytes.ElementLength()}});
    }
    return out;
}

std::vector<int32_t> layers_of(const Napi::Value & v) {
    if (!v.IsArray()) {
        throw error("invalid-argument", "The option exitLayers must be an array of numbers.");
    }
    const auto           all = v.As<Napi::Array>();
    std::vector<int32_t> out;
    for (uint32_t i = 0; i < all.Length(); ++i) {
        const Napi::Value one = all.Get(i);
        if (!one.IsNumber()) {
            throw error("invalid-argument", "The option exitLayers must be an array of numbers.");
        }
        out.push_back(one.As<Napi::Number>().Int32Value());
    }
    return out;
}

// Long work with events: { promise, cancel }. `work(push, cancelled)` runs off the loop.
template <typename event_type, typename result_type>
Napi::Value work_with_events(Napi::Env env, const Napi::Function & callback, std::function<Napi::Value(Napi::Env, const event_type &)> event_to_js,
    std::function<result_type(const std::function<void(const event_type &)> &, const std::atomic<bool> &)> work,
    std::function<Napi::Value(Napi::Env, result_type &)> result_to_js) {
    auto cancelled = std::make_shared<std::atomic<bool>>(false);
    auto channel   = event_channel<event_type>::open(env, callback, std::move(event_to_js));
    auto kept      = std::make_shared<Napi::FunctionReference>(Napi::Persistent(callback));
    auto out       = Napi::Object::New(env);
    out.Set("promise", worker<result_type>::run(
        env, [work = std::move(work), cancelled, channel] { return work([&](const event_type & e) { channel->push(e); }, *cancelled); }, std::move(result_to_js),
        [cancelled, channel] { *cancelled = true; channel->stop(); },
        [env, channel, kept] {
            channel->finish(env, kept->Value()); // all events come before the promise settles
            kept->Reset();
        }));
    out.Set("cancel", Napi::Function::New(env, [cancelled](const Napi::CallbackInfo &) { *cancelled = true; }));
    return out;
}

Napi::Function callback_of(const Napi::CallbackInfo & info, size_t at) {
    if (info.Length() <= at || !info[at].IsFunction()) {
        throw error("invalid-argument", "A function for events is missing.");
    }
    return info[at].As<Napi::Function>();
}

} // namespace

Napi::Value model_object::train(const Napi::CallbackInfo & info) {
    return guarded(info.Env(), [&] {
        auto       m       = native();
        const auto options = training_options_of(argument_object(info, 0));
        return work_with_events<kangaroo::training_event, kangaroo::training_result>(
            info.Env(), callback_of(info, 1), [](Napi::Env env, const kangaroo::training_event & e) { return to_js(env, e); },
            [m, options](const auto & push, const std::atomic<bool> & cancelled) { return kangaroo::train_adapter(m, options, push, cancelled); },
            [](Napi::Env env, kangaroo::training_result & r) { return to_js(env, r); });
    });
}

Napi::Value model_object::evaluate_layers(const Napi::CallbackInfo & info) {
    return guarded(info.Env(), [&] {
        auto                     m = native();
        const auto               o = argument_object(info, 0);
        kangaroo::layers_options options;
        options.captured           = text_option(o, "captured");
        options.held_out           = text_option(o, "heldOut");
        options.steps              = integer_option(o, "steps");
        options.positions_per_step = integer_option(o, "positionsPerStep");
        options.threads            = integer_option(o, "threads");
        return work_with_events<kangaroo::layer_evaluation, std::vector<kangaroo::layer_evaluation>>(
            info.Env(), callback_of(info, 1), [](Napi::Env env, const kangaroo::layer_evaluation & e) { return to_js(env, e); },
            [m, options](const auto & push, const std::atomic<bool> & cancelled) { return kangaroo::evaluate_layers(m, options, push, cancelled); },
            [](Napi::Env env, std::vector<kangaroo::layer_evaluation> & all) { return all_to_js(env, all); });
    });
}

Napi::Value model_object::open_capture(const Napi::CallbackInfo & info) {
    return guarded_promise(info.Env(), [&] {
        auto              m          = native();
        const auto        o          = argument_object(info, 0);
        const std::string path       = text_option(o, "path");
        const auto        layers     = layers_of(o.Get("exitLayers"));
        const int32_t     max_tokens = integer_option(o, "maxTokens"), threads = integer_option(o, "threads");
        return worker<std::shared_ptr<capture_object::state>>::run(
            info.Env(),
            [m, path, layers, max_tokens, threads] {
                auto s      = std::make_shared<capture_object::state>();
                s->capturer = std::make_unique<kangaroo::capturer>(m, layers, max_tokens, threads);
                s->layout   = s->capturer->layout();
                s->file     = std::make_unique<kangaroo::captured_writer>(path, s->layout);
                s->totals   = s->file->totals();
                return s;
            },
            [](Napi::Env env, std::shared_ptr<capture_object::state> & s) {
                const Napi::Object object = env.GetInstanceData<constructors>()->capture.New({});
                capture_object::Unwrap(object)->state_ = s;
                return object;
            });
    });
}

Napi::Function capture_object::define(Napi::Env env) {
    return DefineClass(env, "NativeCapture", {
        InstanceAccessor("totals", &capture_object::totals, nullptr),
        InstanceMethod("sizeOf", &capture_object::size_of),
        InstanceMethod("add", &capture_object::add),
        InstanceMethod("cancel", &capture_object::cancel),
        InstanceMethod("dispose", &capture_object::dispose),
    });
}

Napi::Value capture_object::totals(const Napi::CallbackInfo & info) {
    return state_ ? to_js(info.Env(), state_->totals) : info.Env().Undefined();
}

Napi::Value capture_object::size_of(const Napi::CallbackInfo & info) {
    return Napi::Number::New(info.Env(), state_ ? static_cast<double>(kangaroo::captured_bytes(state_->layout, info[0].ToNumber().Int64Value(), info[1].ToNumber().Int64Value())) : 0.0);
}

Napi::Value capture_object::add(const Napi::CallbackInfo & info) {
    return guarded_promise(info.Env(), [&]() -> Napi::Value {
        auto texts = std::make_shared<std::vector<kangaroo::text_to_capture>>(texts_of(info[0]));
        if (!state_ || !state_->file) {
            throw error("closed", "The capture has been closed.");
        }
        if (state_->busy) {
            throw error("busy", "The capture already runs. Wait, or cancel it first.");
        }
        auto s       = state_;
        s->busy      = true;
        s->cancelled = false;
        const Napi::Env env = info.Env();
        return worker<kangaroo::captured_totals>::run(
            env,
            [s, texts] {
                for (const auto & text : s->capturer->capture(*texts, s->cancelled)) {
                    s->file->add(text);
                }
                return s->file->totals();
            },
            [s](Napi::Env e, kangaroo::captured_totals & t) { return to_js(e, t); },
            [s] { s->cancelled = true; },
            [env, s] {
                s->busy   = false;
                s->totals = s->file->totals();
                if (!s->waiting.empty()) {
                    s->file.reset();
                    s->capturer.reset();
                }
                for (const auto & deferred : s->waiting) {
                    deferred.Resolve(env.Undefined());
                }
                s->waiting.clear();
            });
    });
}

Napi::Value capture_object::cancel(const Napi::CallbackInfo & info) {
    if (state_ && state_->busy) {
        state_->cancelled = true;
    }
    return info.Env().Undefined();
}

Napi::Value capture_object::dispose(const Napi::CallbackInfo & info) {
    auto deferred = Napi::Promise::Deferred::New(info.Env());
    if (state_ && state_->busy) {
        state_->waiting.push_back(deferred);
    } else {
        if (state_) {
            state_->file.reset();
            state_->capturer.reset();
        }
        deferred.Resolve(info.Env().Undefined());
    }
    return deferred.Promise();
}

} // namespace addon
