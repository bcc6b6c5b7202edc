// A child process of `npm run bench:peers`: JSON requests on stdin, one a line, their answers on stdout in the same order.
// The messages are those of electron/cli/peers/protocol.ts. Ends when stdin does.
#include "speculation.h"

#include "log.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <iostream>
#include <memory>

#ifdef _WIN32
#include <io.h>
#define dup _dup
#define dup2 _dup2
#define fdopen _fdopen
#else
#include <unistd.h>
#endif

using json = nlohmann::json;

namespace {

json open(std::unique_ptr<peers::speculation> & engine, const json & request) {
    peers::options options;
    options.model_path   = request.at("modelPath").get<std::string>();
    options.context_size = request.at("contextSize").get<int32_t>();
    options.threads      = request.at("threads").get<int32_t>();
    options.gpu_layers   = request.at("gpuLayers").get<int32_t>();
    if (request.at("drafterPath").is_string()) {
        options.drafter_path = request.at("drafterPath").get<std::string>();
    }
    engine          = std::make_unique<peers::speculation>(options);
    json parameters = json::object();
    for (const auto & peer : request.at("peers")) {
        const auto    name = peer.at("name").get<std::string>();
        peers::variant variant{peer.at("kind").get<std::string>(), {}};
        for (const auto & [key, value] : peer.at("settings").items()) {
            variant.settings[key] = value.get<double>();
        }
        parameters[name] = engine->add(name, variant);
    }
    return {{"type", "opened"}, {"parameters", parameters}, {"contextSize", engine->context_size()}};
}

json generate(peers::speculation & engine, const json & request) {
    const peers::answer answer = engine.generate(request.at("name").get<std::string>(), request.at("promptIds").get<std::vector<llama_token>>(),
                                                 request.at("maxTokens").get<int32_t>());
    return {{"type", "answer"},           {"tokenIds", answer.tokens}, {"promptMs", answer.prompt_ms},   {"ms", answer.ms},
            {"rounds", answer.rounds},    {"drafted", answer.drafted}, {"accepted", answer.accepted}};
}

json handle(std::unique_ptr<peers::speculation> & engine, const json & request) {
    const auto type = request.at("type").get<std::string>();
    if (type == "open") {
        return open(engine, request);
    }
    if (type == "generate" && engine) {
        return generate(*engine, request);
    }
    throw std::runtime_error("there is no request " + type + " now");
}

} // namespace

int main() {
    // Whatever the libraries print goes to stderr: stdout belongs to the protocol.
    FILE * const replies = fdopen(dup(1), "w");
    dup2(2, 1);
    common_log_set_verbosity_thold(LOG_LEVEL_ERROR);
    llama_log_set(
        [](ggml_log_level level, const char * text, void *) {
            if (level == GGML_LOG_LEVEL_ERROR) {
                std::fputs(text, stderr);
            }
        },
        nullptr);
    peers::load_backends();
    llama_backend_init();

    std::unique_ptr<peers::speculation> engine;
    for (std::string line; std::getline(std::cin, line);) {
        json reply;
        try {
            reply = handle(engine, json::parse(line));
        } catch (const std::exception & error) {
            reply = {{"type", "failed"}, {"message", error.what()}};
        }
        const std::string text = reply.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
        std::fwrite(text.data(), 1, text.size(), replies);
        std::fflush(replies);
    }
    engine.reset();
    llama_backend_free();
    return 0;
}
