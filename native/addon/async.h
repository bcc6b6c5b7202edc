// Work off Node's loop: one worker template for every call, and a bounded queue of events into JavaScript.
#pragma once

#include "error.h"

#include <napi.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

namespace addon {

// A JavaScript Error with a `code` of the contract's set.
inline Napi::Error coded_error(Napi::Env env, const std::string & code, const std::string & message) {
    Napi::Error e = Napi::Error::New(env, message);
    e.Set("code", Napi::String::New(env, code));
    return e;
}

struct failure {
    std::string code, message;
};

// What the exception being handled means to JavaScript; to be called from a catch block only.
inline failure current_failure() {
    try {
        throw;
    } catch (const kangaroo::error & e) {
        return {e.code, e.what()};
    } catch (const std::bad_alloc &) {
        return {"out-of-memory", "There is not enough memory. Choose a smaller model or context."};
    } catch (const std::exception & e) {
        return {"internal", e.what()};
    }
}

// Everything that runs, so that a process that ends can stop it first: threads that compute must not outlive their data.
class running {
public:
    static running & all() {
        static running r;
        return r;
    }

    void add(const void * key, std::function<void()> cancel) {
        const std::lock_guard<std::mutex> lock(mutex_);
        entries_.push_back({key, std::move(cancel)});
    }

    void remove(const void * key) {
        const std::lock_guard<std::mutex> lock(mutex_);
        for (auto it = entries_.begin(); it != entries_.end(); ++it) {
            if (it->key == key) {
                entries_.erase(it);
                break;
            }
        }
        empty_.notify_all();
    }

    void cancel_and_wait() {
        std::unique_lock<std::mutex> lock(mutex_);
        for (const auto & e : entries_) {
            if (e.cancel) {
                e.cancel();
            }
        }
        empty_.wait_for(lock, std::chrono::seconds(5), [this] { return entries_.empty(); });
    }

private:
    struct entry {
        const void *          key;
        std::function<void()> cancel;
    };
    std::mutex              mutex_;
    std::condition_variable empty_;
    std::vector<entry>      entries_;
};

// Runs `work` on a pool thread and settles a promise with `convert(result)`.
template <typename result_type> class worker : public Napi::AsyncWorker {
public:
    using work_fn    = std::function<result_type()>;
    using convert_fn = std::function<Napi::Value(Napi::Env, result_type &)>;
    using done_fn    = std::function<void()>; // on the loop, before the promise settles

    static Napi::Promise run(Napi::Env env, work_fn work, convert_fn convert, std::function<void()> cancel = nullptr, done_fn done = nullptr) {
        auto * w = new worker(env, std::move(work), std::move(convert), std::move(done)); // Napi::AsyncWorker deletes itself
        running::all().add(w, std::move(cancel));
        const Napi::Promise promise = w->deferred_.Promise();
        w->Queue();
        return promise;
    }

protected:
    void Execute() override {
        try {
            result_ = std::make_unique<result_type>(work_());
        } catch (...) {
            const failure f = current_failure();
            code_           = f.code;
            SetError(f.message);
        }
        work_ = nullptr; // what it holds is released here, before the loop goes on
        running::all().remove(this);
    }

    void OnOK() override {
        if (done_) {
            done_();
        }
        deferred_.Resolve(convert_(Env(), *result_));
    }

    void OnError(const Napi::Error & e) override {
        if (done_) {
            done_();
        }
        deferred_.Reject(coded_error(Env(), code_, e.Message()).Value());
    }

private:
    worker(Napi::Env env, work_fn work, convert_fn convert, done_fn done)
        : Napi::AsyncWorker(env, "kangaroo"), work_(std::move(work)), convert_(std::move(convert)), done_(std::move(done)),
          deferred_(Napi::Promise::Deferred::New(env)) {}

    work_fn                      work_;
    convert_fn                   convert_;
    done_fn                      done_;
    std::unique_ptr<result_type> result_;
    std::string                  code_ = "internal";
    Napi::Promise::Deferred      deferred_;
};

// A bounded queue into a JavaScript callback, which gets everything that is queued as one array. A full queue makes the
// producer wait; a closed one drops. Waking the loop costs a system call and the reader a turn, at thousands of tokens a second
// as much as a twentieth of the producer's time: so the loop is woken for the first event, and then looks by itself every few
// milliseconds for as long as there are more. No screen shows them sooner.
template <typename event_type> class event_channel : public std::enable_shared_from_this<event_channel<event_type>> {
public:
    using convert_fn = std::function<Napi::Value(Napi::Env, const event_type &)>;

    static std::shared_ptr<event_channel> open(Napi::Env env, const Napi::Function & callback, convert_fn convert) {
        auto c      = std::shared_ptr<event_channel>(new event_channel(std::move(convert)));
        c->function_ = Napi::ThreadSafeFunction::New(env, callback, "kangaroo events", 0, 1);
        return c;
    }

    void push(event_type event) {
        std::unique_lock<std::mutex> lock(mutex_);
        room_.wait(lock, [this] { return queue_.size() < CAPACITY || closed_; });
        if (closed_) {
            return;
        }
        queue_.push_back(std::move(event));
        if (!awake_) {
            awake_    = true;
            auto self = this->shared_from_this();
            if (function_.NonBlockingCall([self](Napi::Env env, Napi::Function callback) { self->look(env, callback); }) != napi_ok) {
                closed_ = true;
            }
        }
    }

    // On the loop, when nothing more will be pushed: delivers what is left, then lets go of the callback.
    void finish(Napi::Env env, const Napi::Function & callback) {
        drain(env, callback);
        close();
    }

    void close() {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            if (released_) {
                return;
            }
            closed_ = released_ = true;
        }
        room_.notify_all();
        function_.Release();
    }

    // From any thread: wakes a waiting producer for good.
    void stop() {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            closed_ = true;
        }
        room_.notify_all();
    }

private:
    static constexpr size_t CAPACITY = 1024;
    static constexpr int    LOOK_MS  = 8; // half a frame

    explicit event_channel(convert_fn convert) : convert_(std::move(convert)) {}

    // On the loop: delivers what there is, and comes back later; sleeps once there was nothing.
    void look(Napi::Env env, const Napi::Function & callback) {
        if (env == nullptr) {
            return;
        }
        if (!drain(env, callback)) {
            const std::lock_guard<std::mutex> lock(mutex_);
            if (queue_.empty() || closed_) {
                awake_ = false;
                return;
            }
        }
        auto self = this->shared_from_this();
        auto kept = std::make_shared<Napi::FunctionReference>(Napi::Persistent(callback));
        const auto again = Napi::Function::New(env, [self, kept](const Napi::CallbackInfo & info) {
            self->look(info.Env(), kept->Value());
        });
        env.Global().Get("setTimeout").As<Napi::Function>().Call({again, Napi::Number::New(env, LOOK_MS)});
    }

    // Returns whether there was anything.
    bool drain(Napi::Env env, const Napi::Function & callback) {
        std::deque<event_type> events;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            events.swap(queue_);
        }
        room_.notify_all();
        if (events.empty() || env == nullptr) {
            return false;
        }
        Napi::Array batch = Napi::Array::New(env, events.size());
        for (size_t i = 0; i < events.size(); ++i) {
            batch.Set(static_cast<uint32_t>(i), convert_(env, events[i]));
        }
        callback.Call({batch});
        return true;
    }

    convert_fn               convert_;
    Napi::ThreadSafeFunction function_;
    std::mutex               mutex_;
    std::condition_variable  room_;
    std::deque<event_type>   queue_;
    bool                     closed_ = false, released_ = false, awake_ = false;
};

} // namespace addon
