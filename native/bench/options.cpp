#include "options.h"

#include "error.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>

namespace bench {

using kangaroo::decoding_mode;

const char * const USAGE = R"(kangaroo-bench: plain decoding against drafting, without Node. The same measurement and output as `kangaroo bench`.

  kangaroo-bench bench --model FILE --adapter FILE --prompts FILE   real prompts, real acceptance
  kangaroo-bench simulate --model FILE --adapter FILE               random prompts, acceptance forced to the paper's rates
  kangaroo-bench shape NAME --type TYPE --folder DIR                writes a model and an adapter with random weights: Llama-3.2-1B,
                                                                    Qwen3-4B, Llama-3.1-8B; F16, Q8_0 or Q4_0. Prints both paths
Options of bench and simulate, with their defaults:
  --modes plain,kangaroo,auto   --repeat 3         --max-tokens 128   --threshold 0.6   --max-draft 6
  --context 0 (the model's)     --cache-type f16   --threads 0        --gpu-layers -1 (all that fit)
  --markdown                    tables as Markdown
  --output FILE                 writes the figures as JSON lines too
  --measure-seconds 120         the most that the timing of passes may take
bench: --limit N prompts of each category (all), --no-lookup. simulate: --per-category 2, --prompt-tokens 64.
shape: --draft-vocab 32768 rows of the draft head; 0: the whole vocabulary.

Exit code 0 only where every answer was the same, token for token, in every mode and repeat.
)";

namespace {

[[noreturn]] void wrong(const std::string & why) {
    throw kangaroo::error("invalid-argument", why + " See kangaroo-bench --help.");
}

double number(const std::string & name, const std::string & text, double low, double high, bool whole) {
    char *       end   = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !(value >= low && value <= high) || (whole && value != static_cast<int64_t>(value))) {
        wrong(name + " must be a " + (whole ? "whole " : "") + "number from " + std::to_string(static_cast<int64_t>(low)) + " to " +
            std::to_string(static_cast<int64_t>(high)) + ", not \"" + text + "\".");
    }
    return value;
}

std::vector<decoding_mode> modes_of(const std::string & text) {
    static const std::map<std::string, decoding_mode> known = {
        {"plain", decoding_mode::plain}, {"kangaroo", decoding_mode::kangaroo}, {"auto", decoding_mode::automatic}};
    std::vector<decoding_mode> out = {decoding_mode::plain}; // what the others are measured against
    for (size_t at = 0; at <= text.size();) {
        const size_t comma = std::min(text.find(',', at), text.size());
        const auto   mode  = known.find(text.substr(at, comma - at));
        if (mode == known.end()) {
            wrong("--modes takes plain, kangaroo and auto, commas between, not \"" + text + "\".");
        }
        if (std::find(out.begin(), out.end(), mode->second) == out.end()) {
            out.push_back(mode->second);
        }
        at = comma + 1;
    }
    return out;
}

} // namespace

options parse_options(const std::vector<std::string> & arguments) {
    options o;
    if (arguments.empty() || std::find(arguments.begin(), arguments.end(), "--help") != arguments.end()) {
        return o;
    }
    static const std::map<std::string, command> commands = {{"bench", command::bench}, {"simulate", command::simulate}, {"shape", command::shape}};
    const auto which = commands.find(arguments[0]);
    if (which == commands.end()) {
        wrong("There is no command \"" + arguments[0] + "\".");
    }
    o.what = which->second;
    size_t i = 1;
    if (o.what == command::shape) {
        if (arguments.size() < 2) {
            wrong("shape needs a name.");
        }
        o.shape = arguments[i++];
    }

    constexpr double MOST_TOKENS = 1 << 20;
    const auto text    = [](std::string & to) { return [&to](const std::string &, const std::string & value) { to = value; }; };
    const auto integer = [](int32_t & to, double low, double high) {
        return [&to, low, high](const std::string & name, const std::string & value) { to = static_cast<int32_t>(number(name, value, low, high, true)); };
    };
    const std::map<std::string, std::function<void(const std::string &, const std::string &)>> values = {
        {"--model", text(o.model)}, {"--adapter", text(o.adapter)}, {"--prompts", text(o.prompts)}, {"--type", text(o.type)},
        {"--folder", text(o.folder)}, {"--output", text(o.output)}, {"--cache-type", text(o.session.cache_type)},
        {"--repeat", integer(o.repeat, 1, 1000)}, {"--limit", integer(o.limit, 1, 1e6)}, {"--per-category", integer(o.per_category, 1, 1000)},
        {"--prompt-tokens", integer(o.prompt_tokens, 1, MOST_TOKENS)}, {"--draft-vocab", integer(o.draft_vocab, 0, MOST_TOKENS)},
        {"--max-tokens", integer(o.generation.max_tokens, 2, MOST_TOKENS)}, {"--max-draft", integer(o.generation.max_draft, 1, kangaroo::MAX_DRAFT)},
        {"--context", integer(o.session.context_size, 0, MOST_TOKENS)}, {"--threads", integer(o.session.threads, 0, 512)},
        {"--gpu-layers", integer(o.gpu_layers, -1, 10000)},
        {"--threshold", [&](const auto & name, const auto & value) { o.generation.threshold = static_cast<float>(number(name, value, 0, 1, false)); }},
        {"--measure-seconds", [&](const auto & name, const auto & value) { o.measure_budget_ms = 1000.0 * number(name, value, 0, 3600, false); }},
        {"--modes", [&](const auto &, const auto & value) { o.modes = modes_of(value); }},
    };
    const std::map<std::string, std::function<void()>> flags = {
        {"--markdown", [&] { o.markdown = true; }}, {"--no-lookup", [&] { o.generation.prompt_lookup = false; }}};
    for (; i < arguments.size(); ++i) {
        const std::string & name = arguments[i];
        if (const auto flag = flags.find(name); flag != flags.end()) {
            flag->second();
        } else if (const auto value = values.find(name); value == values.end()) {
            wrong("There is no option \"" + name + "\".");
        } else if (i + 1 == arguments.size()) {
            wrong(name + " needs a value.");
        } else {
            value->second(name, arguments[++i]);
        }
    }
    if (o.what != command::shape && (o.model.empty() || o.adapter.empty())) {
        wrong("--model FILE and --adapter FILE are needed.");
    }
    if (o.what == command::bench && o.prompts.empty()) {
        wrong("bench needs --prompts FILE.");
    }
    return o;
}

} // namespace bench
