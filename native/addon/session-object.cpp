#include "objects.h"

namespace addon {

using kangaroo::error;

Napi::Function session_object::define(Napi::Env env) {
    return DefineClass(env, "NativeSession", {
        InstanceAccessor("contextSize", &session_object::context_size, nullptr),
        InstanceAccessor("threads", &session_object::threads, nullptr),
        InstanceMethod("generate", &session_object::generate),
        InstanceMethod("cancel", &session_object::cancel),
        InstanceMethod("prefill", &session_object::prefill),
        InstanceMethod("measure", &session_object::measure),
        InstanceMethod("save", &session_object::save),
        InstanceMethod("restore", &session_object::restore),
        InstanceMethod("learned", &session_object::learned),
        InstanceMethod("relearn", &session_object::relearn),
        InstanceMethod("memory", &session_object::memory),
        InstanceMethod("reset", &session_object::reset),
        InstanceMethod("dispose", &session_object::dispose),
    });
}

Napi::Object session_object::wrap(Napi::Env env, std::shared_ptr<kangaroo::session> native, std::shared_ptr<kangaroo::model> model) {
    const Napi::Object o = env.GetInstanceData<constructors>()->session.New({});
    auto s               = std::make_shared<state>();
    s->native            = std::move(native);
    s->model             = std::move(model);
    Unwrap(o)->state_    = std::move(s);
    return o;
}

void session_object::begin() {
    if (!state_ || !state_->native) {
        throw error("closed", "The session has been closed.");
    }
    if (state_->busy) {
        throw error("busy", "The session already generates. Stop it first, or wait.");
    }
    state_->busy = true;
}

void session_object::end(Napi::Env env, const std::shared_ptr<state> & s) {
    s->busy = false;
    s->native->clear_cancel(); // one that came too late
    if (s->waiting.empty()) {
        return;
    }
    s->native.reset();
    s->model.reset(); // the object may wait long for its collection
    for (const auto & deferred : s->waiting) {
        deferred.Resolve(env.Undefined());
    }
    s->waiting.clear();
}

Napi::Value session_object::context_size(const Napi::CallbackInfo & info) {
    return Napi::Number::New(info.Env(), state_ && state_->native ? state_->native->context_size() : 0);
}

Napi::Value session_object::threads(const Napi::CallbackInfo & info) {
    return Napi::Number::New(info.Env(), state_ && state_->native ? state_->native->threads() : 0);
}

Napi::Value session_object::generate(const Napi::CallbackInfo & info) {
    return guarded_promise(info.Env(), [&]() -> Napi::Value {
        if (info.Length() < 3 || !info[1].IsObject() || !info[2].IsFunction()) {
            throw error("invalid-argument", "generate(promptIds, options, onEvents) lacks an argument.");
        }
        const auto prompt   = tokens_of(info[0]);
        const auto options  = generation_options_of(info[1].As<Napi::Object>());
        const auto callback = info[2].As<Napi::Function>();
        begin();
        auto s       = state_;
        auto native  = s->native;
        auto model   = s->model;
        auto channel = event_channel<generation_event>::open(info.Env(), callback, [model](Napi::Env env, const generation_event & e) { return to_js(env, *model, e); });
        auto kept    = std::make_shared<Napi::FunctionReference>(Napi::Persistent(callback));
        const Napi::Env env = info.Env();
        return worker<kangaroo::generation_result>::run(
            env,
            [native, prompt, options, channel] {
                kangaroo::generation_events events;
                events.prefill = [&](int32_t done, int32_t total) { channel->push(prefill_progress{done, total}); };
                events.prompt  = [&](const kangaroo::prompt_report & p) { channel->push(p); };
                events.round   = [&](const kangaroo::round_report & r) { channel->push(r); };
                auto result    = native->generate(prompt, options, events);
                channel->push(result);
                return result;
            },
            [model](Napi::Env e, kangaroo::generation_result & r) { return to_js(e, *model, generation_event(r)); },
            [native, channel] { native->cancel(); channel->stop(); },
            [env, s, channel, kept] {
                channel->finish(env, kept->Value()); // all events come before the promise settles
                kept->Reset();
                end(env, s);
            });
    });
}

Napi::Value session_object::cancel(const Napi::CallbackInfo & info) {
    if (state_ && state_->native && state_->busy) {
        state_->native->cancel();
    }
    return info.Env().Undefined();
}

namespace {
struct prefill_result {
    std::vector<float> logits, exit_state;
};
} // namespace

Napi::Value session_object::prefill(const Napi::CallbackInfo & info) {
    return guarded_promise(info.Env(), [&]() -> Napi::Value {
        const auto prompt = tokens_of(info[0]);
        kangaroo::sampling_options sampling;
        if (info[1].IsObject()) {
            const auto penalties        = info[1].As<Napi::Object>();
            sampling.repetition_penalty = static_cast<float>(number_option(penalties, "repetitionPenalty"));
            sampling.repetition_window  = integer_option(penalties, "repetitionWindow");
        }
        begin();
        auto            s      = state_;
        auto            native = s->native;
        const Napi::Env env    = info.Env();
        return worker<prefill_result>::run(
            env, [native, prompt, sampling] { prefill_result r; r.logits = native->prefill(prompt, r.exit_state, sampling); return r; },
            [](Napi::Env e, prefill_result & r) {
                auto o = Napi::Object::New(e);
                o.Set("exitState", to_js(e, r.exit_state));
                o.Set("logits", to_js(e, r.logits));
                return o;
            },
            [native] { native->cancel(); }, [env, s] { end(env, s); });
    });
}

Napi::Value session_object::measure(const Napi::CallbackInfo & info) {
    return guarded_promise(info.Env(), [&]() -> Napi::Value {
        if (!info[0].IsObject()) {
            throw error("invalid-argument", "measure(options) lacks its options.");
        }
        const auto    o     = info[0].As<Napi::Object>();
        const int32_t rows  = integer_option(o, "maxRows"), repeat = integer_option(o, "repeat"), depth = integer_option(o, "depth");
        const double  budget_ms = number_option(o, "budgetMs");
        begin();
        auto            s      = state_;
        auto            native = s->native;
        const Napi::Env env    = info.Env();
        return worker<kangaroo::pass_costs>::run(
            env, [=] { return native->measure(rows, repeat, depth, budget_ms); },
            [](Napi::Env e, kangaroo::pass_costs & c) { return to_js(e, c); },
            [native] { native->cancel(); }, [env, s] { end(env, s); });
    });
}

// Something with a file, off the loop, that gives a number.
Napi::Promise session_object::file_work(Napi::Env env, std::function<double(kangaroo::session &)> work) {
    begin();
    auto s      = state_;
    auto native = s->native;
    return worker<double>::run(
        env, [native, work] { return work(*native); }, [](Napi::Env e, double & n) { return Napi::Number::New(e, n); }, nullptr,
        [env, s] { end(env, s); });
}

Napi::Value session_object::save(const Napi::CallbackInfo & info) {
    return guarded_promise(info.Env(), [&] {
        const std::string path = info[0].ToString().Utf8Value();
        return file_work(info.Env(), [path](kangaroo::session & s) { return static_cast<double>(s.save(path)); });
    });
}

Napi::Value session_object::restore(const Napi::CallbackInfo & info) {
    return guarded_promise(info.Env(), [&] {
        const std::string path = info[0].ToString().Utf8Value();
        return file_work(info.Env(), [path](kangaroo::session & s) { return static_cast<double>(s.restore(path)); });
    });
}

Napi::Value session_object::learned(const Napi::CallbackInfo & info) {
    return guarded(info.Env(), [&] {
        begin();
        const auto numbers = state_->native->learned();
        state_->busy       = false;
        return to_js(info.Env(), numbers);
    });
}

Napi::Value session_object::memory(const Napi::CallbackInfo & info) {
    return guarded(info.Env(), [&] {
        begin();
        const auto held = state_->native->memory();
        state_->busy    = false;
        return to_js(info.Env(), held);
    });
}

Napi::Value session_object::relearn(const Napi::CallbackInfo & info) {
    return guarded(info.Env(), [&] {
        std::vector<double> numbers;
        if (info[0].IsArray()) {
            const auto list = info[0].As<Napi::Array>();
            for (uint32_t i = 0; i < list.Length(); ++i) {
                const Napi::Value v = list.Get(i);
                numbers.push_back(v.IsNumber() ? v.As<Napi::Number>().DoubleValue() : -1.0);
            }
        }
        begin();
        const bool taken = state_->native->relearn(numbers);
        state_->busy     = false;
        return Napi::Boolean::New(info.Env(), taken);
    });
}

Napi::Value session_object::reset(const Napi::CallbackInfo & info) {
    return guarded(info.Env(), [&] {
        begin();
        state_->native->reset();
        state_->busy = false;
        return info.Env().Undefined();
    });
}

Napi::Value session_object::dispose(const Napi::CallbackInfo & info) {
    const Napi::Env env = info.Env();
    if (state_ && state_->busy) {
        state_->native->cancel();
        state_->waiting.push_back(Napi::Promise::Deferred::New(env));
        return state_->waiting.back().Promise();
    }
    std::shared_ptr<kangaroo::session> native;
    if (state_) {
        native.swap(state_->native);
        state_->model.reset();
    }
    return worker<int>::run(env, [native]() mutable { native.reset(); return 0; }, [](Napi::Env e, int &) { return e.Undefined(); });
}

} // namespace addon
