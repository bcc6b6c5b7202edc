#include "fixture.h"

#include <filesystem>

namespace test {

std::string starter_path(const options & options) {
    return options.root + "/assets/starter/starter-f16.gguf";
}

std::string adapter_path(const options & options) {
    return options.root + "/assets/starter/starter-adapter.gguf";
}

loaded load_starter(const options & options, const std::string & type) {
    std::string path = starter_path(options);
    if (type != "F16") {
        path = options.scratch + "/starter-" + type + ".gguf";
        namespace fs = std::filesystem;
        if (!fs::exists(path) || fs::last_write_time(path) < fs::last_write_time(starter_path(options))) {
            kangaroo::quantize(starter_path(options), path, type);
        }
    }
    loaded l;
    l.model   = kangaroo::model::load(path, gpu_layers(), nullptr);
    l.adapter = l.model->load_adapter(adapter_path(options));
    return l;
}

std::unique_ptr<kangaroo::session> open_session(const loaded & l, const kangaroo::session_options & options) {
    return std::make_unique<kangaroo::session>(l.model, l.adapter, options);
}

kangaroo::generation_result answer(kangaroo::session & s, const std::vector<llama_token> & prompt, const kangaroo::generation_options & options) {
    return s.generate(prompt, options, {});
}

} // namespace test
