// The JavaScript classes of the addon. Each owns its native object through a shared pointer; calls in flight hold their own,
// so that garbage collection and dispose() are safe at any time.
#pragma once

#include "async.h"
#include "convert.h"
#include "captured-file.h"
#include "layers.h"

#include <functional>

namespace addon {

// Runs `body`; what it throws becomes a JavaScript exception with a code.
template <typename body_fn> Napi::Value guarded(Napi::Env env, body_fn body) {
    try {
        return body();
    } catch (const Napi::Error &) {
        throw;
    } catch (...) {
        const failure f = current_failure();
        coded_error(env, f.code, f.message).ThrowAsJavaScriptException();
    }
    return env.Undefined();
}

// As above, as a rejected promise.
template <typename body_fn> Napi::Value guarded_promise(Napi::Env env, body_fn body) {
    try {
        return body();
    } catch (const Napi::Error &) {
        throw;
    } catch (...) {
        const failure f        = current_failure();
        auto          deferred = Napi::Promise::Deferred::New(env);
        deferred.Reject(coded_error(env, f.code, f.message).Value());
        return deferred.Promise();
    }
}

class adapter_object : public Napi::ObjectWrap<adapter_object> {
public:
    static Napi::Function define(Napi::Env env);
    static Napi::Object   wrap(Napi::Env env, std::shared_ptr<kangaroo::adapter> native);
    explicit adapter_object(const Napi::CallbackInfo & info) : Napi::ObjectWrap<adapter_object>(info) {}

    std::shared_ptr<kangaroo::adapter> native;

private:
    Napi::Value info(const Napi::CallbackInfo & info);
    Napi::Value checksum(const Napi::CallbackInfo & info);
};

class model_object : public Napi::ObjectWrap<model_object> {
public:
    static Napi::Function define(Napi::Env env);
    static Napi::Object   wrap(Napi::Env env, std::shared_ptr<kangaroo::model> native);
    explicit model_object(const Napi::CallbackInfo & info) : Napi::ObjectWrap<model_object>(info) {}

private:
    std::shared_ptr<kangaroo::model> native() const; // throws `closed` after dispose()

    Napi::Value info(const Napi::CallbackInfo & info);
    Napi::Value chat_template(const Napi::CallbackInfo & info);
    Napi::Value bos_text(const Napi::CallbackInfo & info);
    Napi::Value eos_text(const Napi::CallbackInfo & info);
    Napi::Value tokenize(const Napi::CallbackInfo & info);
    Napi::Value detokenize(const Napi::CallbackInfo & info);
    Napi::Value load_adapter(const Napi::CallbackInfo & info);
    Napi::Value create_session(const Napi::CallbackInfo & info);
    Napi::Value open_capture(const Napi::CallbackInfo & info);    // these three in training.cpp
    Napi::Value train(const Napi::CallbackInfo & info);
    Napi::Value evaluate_layers(const Napi::CallbackInfo & info);
    Napi::Value dispose(const Napi::CallbackInfo & info);

    std::shared_ptr<kangaroo::model> native_;
};

class capture_object : public Napi::ObjectWrap<capture_object> {
public:
    static Napi::Function define(Napi::Env env);
    explicit capture_object(const Napi::CallbackInfo & info) : Napi::ObjectWrap<capture_object>(info) {}

private:
    friend class model_object;
    // What calls in flight share with the object.
    struct state {
        kangaroo::captured_layout                  layout;
        kangaroo::captured_totals                  totals; // written on the loop only
        std::unique_ptr<kangaroo::capturer>        capturer;
        std::unique_ptr<kangaroo::captured_writer> file;
        std::atomic<bool>                          cancelled{false};
        bool                                       busy = false;
        std::vector<Napi::Promise::Deferred>       waiting; // dispose() calls
    };

    Napi::Value totals(const Napi::CallbackInfo & info);
    Napi::Value size_of(const Napi::CallbackInfo & info);
    Napi::Value add(const Napi::CallbackInfo & info);
    Napi::Value cancel(const Napi::CallbackInfo & info);
    Napi::Value dispose(const Napi::CallbackInfo & info);

    std::shared_ptr<state> state_;
};

class session_object : public Napi::ObjectWrap<session_object> {
public:
    static Napi::Function define(Napi::Env env);
    static Napi::Object   wrap(Napi::Env env, std::shared_ptr<kangaroo::session> native, std::shared_ptr<kangaroo::model> model);
    explicit session_object(const Napi::CallbackInfo & info) : Napi::ObjectWrap<session_object>(info) {}

private:
    // What calls in flight share with the object.
    struct state {
        std::shared_ptr<kangaroo::session>   native;
        std::shared_ptr<kangaroo::model>     model;
        bool                                 busy = false;
        std::vector<Napi::Promise::Deferred> waiting; // dispose() calls
    };
    void        begin(); // throws `busy`, `closed`
    static void end(Napi::Env env, const std::shared_ptr<state> & s);

    Napi::Value context_size(const Napi::CallbackInfo & info);
    Napi::Value threads(const Napi::CallbackInfo & info);
    Napi::Value generate(const Napi::CallbackInfo & info);
    Napi::Value cancel(const Napi::CallbackInfo & info);
    Napi::Value prefill(const Napi::CallbackInfo & info);
    Napi::Value measure(const Napi::CallbackInfo & info);
    Napi::Value save(const Napi::CallbackInfo & info);
    Napi::Value restore(const Napi::CallbackInfo & info);
    Napi::Value learned(const Napi::CallbackInfo & info);
    Napi::Value relearn(const Napi::CallbackInfo & info);
    Napi::Value memory(const Napi::CallbackInfo & info);
    Napi::Value reset(const Napi::CallbackInfo & info);
    Napi::Promise file_work(Napi::Env env, std::function<double(kangaroo::session &)> work);
    Napi::Value dispose(const Napi::CallbackInfo & info);

    std::shared_ptr<state> state_;
};

// Constructors, per environment.
struct constructors {
    Napi::FunctionReference adapter, capture, model, session;
};

} // namespace addon
