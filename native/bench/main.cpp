// kangaroo-bench: `kangaroo bench` for machines without Node, and benchmarks of real shapes with simulated acceptance.
#include "error.h"
#include "options.h"
#include "report.h"
#include "shapes.h"
#include "simulation.h"

#include <cstdio>
#include <ctime>
#include <fstream>
#include <thread>

#ifndef _WIN32
#include <unistd.h>
#endif

namespace {

constexpr int32_t MEASURED_ROWS = 8, MEASURED_DEPTH = 128, MEASURE_REPEAT = 15; // as `kangaroo bench`

std::string cpu_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.rfind("model name", 0) == 0) {
            return line.substr(line.find(": ") + 2);
        }
    }
    return "unknown CPU";
}

std::string now() {
    char         text[32];
    const time_t t = std::time(nullptr);
    std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&t));
    return text;
}

bool on_terminal() {
#ifdef _WIN32
    return false;
#else
    return isatty(2) == 1;
#endif
}

int run(const bench::options & o) {
    const bool simulated = o.what == bench::command::simulate;
    const auto model     = kangaroo::model::load(o.model, o.gpu_layers, nullptr);
    const auto adapter   = model->load_adapter(o.adapter);
    kangaroo::session session(model, adapter, o.session);

    bench::playing p{session, *model, o.generation, o.modes, o.repeat, nullptr, nullptr};
    std::vector<bench::conversation> conversations;
    if (simulated) {
        conversations = bench::simulated_conversations(o.per_category, o.prompt_tokens, model->info().n_vocab);
        p.options.prompt_lookup = false; // there is no text here that could repeat itself
        p.forced = [](const std::string & category) {
            for (const auto & c : bench::paper_categories()) {
                if (category == c.name) {
                    return bench::mean_acceptance_of(c.tokens_per_round);
                }
            }
            throw kangaroo::error("internal", "The paper has no category " + category + ".");
        };
    } else {
        conversations  = bench::read_prompts(o.prompts);
        conversations  = o.limit > 0 ? bench::limit_per_category(conversations, o.limit) : conversations;
        p.options.stop = bench::chat_stops(*model);
    }
    if (on_terminal()) {
        p.progress = [](double fraction) { std::fprintf(stderr, "\rMeasuring: %d%%%s", static_cast<int>(100 * fraction), fraction < 1.0 ? "" : "\n"); };
    }
    const auto played = bench::play(conversations, p);
    if (played.samples.empty()) {
        throw kangaroo::error("prompt-too-long", "None of the prompts fits the context of " + std::to_string(session.context_size()) + " tokens. Try --context.");
    }

    bench::result r;
    r.date         = now();
    r.cpu          = cpu_name();
    r.model        = model->info().name;
    r.file_type    = model->info().file_type;
    r.adapter      = adapter->info().name;
    r.devices      = kangaroo::devices();
    r.cores        = static_cast<int32_t>(std::thread::hardware_concurrency());
    r.threads      = session.threads();
    r.n_layer      = model->info().n_layer;
    r.exit_layer   = adapter->info().exit_layer;
    r.draft_vocab  = static_cast<int32_t>(adapter->weights().draft_vocab.size());
    r.context_size = session.context_size();
    r.repeat       = o.repeat;
    r.n_params     = model->info().n_params;
    r.simulated    = simulated;
    r.options      = p.options;
    r.modes        = o.modes;
    r.categories   = bench::summarize_by_category(played);
    r.overall      = bench::summarize("", played);
    r.costs        = session.measure(MEASURED_ROWS, MEASURE_REPEAT, std::min(MEASURED_DEPTH, session.context_size() / 2), o.measure_budget_ms);

    std::fputs(bench::format_report(r, o.markdown ? bench::style::markdown : bench::style::aligned).c_str(), stdout);
    if (!o.output.empty()) {
        std::ofstream file(o.output);
        file << bench::json_lines(r);
        if (!file.flush()) {
            throw kangaroo::error("file-not-readable", o.output + " could not be written.");
        }
    }
    return r.overall.identical == r.overall.prompts ? 0 : 1;
}

} // namespace

int main(int argc, char ** argv) {
    try {
        const auto o = bench::parse_options({argv + 1, argv + argc});
        switch (o.what) {
            case bench::command::help:
                std::fputs(bench::USAGE, stdout);
                return 0;
            case bench::command::shape: {
                const auto files = bench::write_shape(o.shape, o.type, o.draft_vocab, o.folder);
                std::printf("%s\n%s\n", files.model.c_str(), files.adapter.c_str());
                return 0;
            }
            case bench::command::bench:
            case bench::command::simulate:
                return run(o);
        }
    } catch (const kangaroo::error & why) {
        std::fprintf(stderr, "kangaroo-bench: %s\n", why.what());
    } catch (const std::exception & why) {
        std::fprintf(stderr, "kangaroo-bench: %s\n", why.what());
    }
    return 2;
}
