// Between the engine's structs and the contract's JavaScript objects (electron/contract/engine.ts).
#pragma once

#include "inspect.h"
#include "session.h"

#include <napi.h>

#include <variant>

namespace addon {

struct prefill_progress {
    int32_t done, total;
};
using generation_event = std::variant<prefill_progress, kangaroo::prompt_report, kangaroo::round_report, kangaroo::generation_result>;

// Options are checked for their JavaScript type here and for their range by the engine. Throw kangaroo::error.
double      number_option(const Napi::Object & o, const char * name);
int32_t     integer_option(const Napi::Object & o, const char * name);
std::string text_option(const Napi::Object & o, const char * name);
bool        flag_option(const Napi::Object & o, const char * name);
Napi::Object argument_object(const Napi::CallbackInfo & info, size_t at);
kangaroo::generation_options generation_options_of(const Napi::Object & o);
std::vector<llama_token>     tokens_of(const Napi::Value & v);

Napi::Value to_js(Napi::Env env, const kangaroo::model_info & info);
Napi::Value to_js(Napi::Env env, const kangaroo::adapter_info & info);
Napi::Value to_js(Napi::Env env, const kangaroo::inspection & found);
Napi::Value to_js(Napi::Env env, const kangaroo::pass_costs & costs);
Napi::Value to_js(Napi::Env env, const llama_exit_memory & memory);
Napi::Value to_js(Napi::Env env, const kangaroo::model & model, const generation_event & event);
Napi::Value to_js(Napi::Env env, const std::vector<float> & values); // Float32Array
Napi::Value to_js(Napi::Env env, const std::vector<llama_token> & ids); // Int32Array
Napi::Value to_js(Napi::Env env, const std::vector<double> & values);   // an array of numbers

} // namespace addon
