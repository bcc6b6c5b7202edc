// kangaroo-bench holds what it promises: acceptance is forced at the paper's rates, answers are compared token by token, and
// prompts and tables are those of `kangaroo bench`.
#include "fixture.h"

#include "error.h"
#include "options.h"
#include "report.h"
#include "shapes.h"
#include "simulation.h"

#include <cmath>
#include <filesystem>
#include <fstream>

namespace {

// One answer after another under the paper's rule, without a model.
double simulated_tokens_per_round(double mean, int64_t rounds, int64_t & first_drafts_right) {
    const bench::forced_acceptance forced(mean, 7);
    int32_t index  = 0;
    int64_t tokens = 0;
    for (int64_t round = 0; round < rounds; ++round) {
        int32_t accepted = 0, drafted = 0;
        bool    right = true, more = true;
        while (more) {
            const auto d = forced.at(index + drafted);
            first_drafts_right += drafted == 0 && d.right;
            right = right && d.right;
            accepted += right;
            ++drafted;
            more = d.confidence >= bench::PAPER_THRESHOLD && drafted < bench::PAPER_MAX_DRAFT;
        }
        tokens += accepted + 1;
        index += accepted + 1;
    }
    return static_cast<double>(tokens) / rounds;
}

std::string refusal(const std::function<void()> & body) {
    try {
        body();
    } catch (const kangaroo::error & why) {
        return std::string(why.code) + ": " + why.what();
    }
    return "nothing was refused";
}

bool has(const std::string & text, const std::string & part) {
    return text.find(part) != std::string::npos;
}

std::string write(const test::options & options, const std::string & name, const std::string & text) {
    const std::string path = options.scratch + "/" + name;
    std::ofstream(path) << text;
    return path;
}

} // namespace

TEST(bench_forced_rates, "kangaroo-bench, forced acceptance: confidences are calibrated, and rounds give the paper's tokens in every category") {
    constexpr int64_t ROUNDS = 200000;
    for (const auto & category : bench::paper_categories()) {
        const double mean = bench::mean_acceptance_of(category.tokens_per_round);
        CHECK(std::abs(bench::expected_tokens_per_round(mean) - category.tokens_per_round) < 1e-6, "%s: the inverse is wrong", category.name);
        int64_t      right  = 0;
        const double tokens = simulated_tokens_per_round(mean, ROUNDS, right);
        // five standard errors: a round gives 1 to 7 tokens, their deviation is below 1.6
        CHECK(std::abs(tokens - category.tokens_per_round) < 5 * 1.6 / std::sqrt(ROUNDS), "%s: %.4f tokens per round instead of %.2f", category.name, tokens,
            category.tokens_per_round);
        CHECK(std::abs(static_cast<double>(right) / ROUNDS - mean) < 5 * 0.5 / std::sqrt(ROUNDS), "%s: %.4f of the first drafts are right instead of %.4f",
            category.name, static_cast<double>(right) / ROUNDS, mean);
        std::printf("  %s: chance %.3f, %.3f tokens per round for the paper's %.2f\n", category.name, mean, tokens, category.tokens_per_round);
    }
    const bench::forced_acceptance forced(0.63, 3);
    double  judged[10] = {}, accepted[10] = {};
    int64_t again = 0;
    for (int32_t i = 0; i < 200000; ++i) {
        const auto d   = forced.at(i);
        const int  bin = std::min(9, static_cast<int>(10 * d.confidence));
        judged[bin] += 1;
        accepted[bin] += d.right - d.confidence;
        again += forced.at(i).right != d.right;
    }
    CHECK(again == 0, "a position's verdict changed");
    for (int bin = 0; bin < 10; ++bin) {
        CHECK(judged[bin] > 100 && std::abs(accepted[bin] / judged[bin]) < 5 * 0.5 / std::sqrt(judged[bin]), "confidences of %d%%: off by %.4f", 10 * bin,
            accepted[bin] / judged[bin]);
    }
    CHECK(has(refusal([] { bench::mean_acceptance_of(1.0); }), "invalid-argument"), "1 token per round is no drafting");
    CHECK(has(refusal([] { bench::mean_acceptance_of(7.0); }), "invalid-argument"), "7 tokens per round are more than 6 drafts give");
}

TEST(bench_simulate, "kangaroo-bench simulates on a random model: the same answers in every mode, and the acceptance that was forced") {
    const auto files = bench::write_shape("Tiny", "Q8_0", 400, options.scratch + "/shapes");
    const auto stamp = std::filesystem::last_write_time(files.model);
    CHECK(bench::write_shape("Tiny", "Q8_0", 400, options.scratch + "/shapes").model == files.model && std::filesystem::last_write_time(files.model) == stamp,
        "a shape that is there was written again");
    const auto model   = kangaroo::model::load(files.model, 0, nullptr);
    const auto adapter = model->load_adapter(files.adapter);
    kangaroo::session session(model, adapter, {});
    using kangaroo::decoding_mode;
    bench::playing p{session, *model, {}, {decoding_mode::plain, decoding_mode::kangaroo, decoding_mode::automatic}, 2, nullptr, nullptr};
    p.options.max_tokens    = 400;
    p.options.prompt_lookup = false;
    p.forced                = [](const std::string & category) { return category == "qa" ? 1.0 - 1e-9 : bench::mean_acceptance_of(2.05); };
    const auto all = bench::play(bench::simulated_conversations(2, 20, model->info().n_vocab), p);
    CHECK(all.samples.size() == 2 * 2 * bench::paper_categories().size() && all.shortages.empty(), "%zu samples", all.samples.size());
    const auto total = bench::summarize("", all);
    CHECK(total.prompts == 12 && total.identical == 12, "%lld of %lld identical", static_cast<long long>(total.identical), static_cast<long long>(total.prompts));
    const auto sure = bench::summarize("qa", all), usual = bench::summarize("rag", all);
    CHECK(sure.tokens_per_round && *sure.tokens_per_round > 6.5, "%.2f tokens per round with drafts that are all right", sure.tokens_per_round.value_or(0));
    // about 390 rounds: standard error below 0.09; the last round of an answer is cut short by its end
    CHECK(usual.tokens_per_round && std::abs(*usual.tokens_per_round - 2.05) < 0.4, "%.2f tokens per round instead of 2.05", usual.tokens_per_round.value_or(0));
    CHECK(total.by_position.size() == 6 && total.by_position[0].drafted >= total.by_position[1].drafted, "drafts by position");

    bench::result r;
    r.simulated  = true;
    r.modes      = p.modes;
    r.categories = bench::summarize_by_category(all);
    r.overall    = total;
    r.costs      = session.measure(3, 2, 16, 1000.0);
    CHECK(r.categories.size() == 6 && r.categories[1].category == "qa", "categories in their order");
    const auto report = bench::format_report(r, bench::style::markdown), lines = bench::json_lines(r);
    CHECK(has(report, "Simulated: simulated acceptance") && has(report, "Speedup, simulated acceptance") && has(report, "12/12"), "%s", report.c_str());
    CHECK(has(lines, "\"simulatedAcceptance\":true") && !has(lines, "\"simulatedAcceptance\":false"), "%s", lines.c_str());

    auto broken = all;
    broken.samples[3].kangaroo->answers[0].back() ^= 1;
    CHECK(bench::summarize("", broken).identical == 11, "a different token was not noticed");
}

TEST(bench_prompts, "kangaroo-bench reads prompt files and chats as `kangaroo bench` does, and refuses what is damaged") {
    const auto file = write(options, "prompts.jsonl",
        "{\"category\": \"coding\", \"turns\": [\"One\", \"Two\"]}\n\n{\"messages\": [{\"role\": \"system\", \"content\": \"S\"}, {\"role\": \"user\", \"content\": \"U\"}]}\n"
        "{\"category\": \"qa\", \"prompt\": \"P\"}\n{\"category\": \"writing\", \"prompt\": \"W\"}\n{\"category\": \"qa\", \"prompt\": \"Q\"}\n");
    const auto all = bench::read_prompts(file);
    CHECK(all.size() == 5 && all[0].category == "mt-bench" && all[0].turns.size() == 2, "Spec-Bench's line");
    CHECK(all[1].category == "all" && all[1].history.size() == 1 && all[1].turns[0] == "U", "a chat");
    CHECK(all[3].category == "writing", "only Spec-Bench's lines are one task");
    CHECK(bench::limit_per_category(all, 1).size() == 4, "the limit is per category");
    for (const char * bad : {"[1]", "{", "{\"prompt\": 3}", "{\"turns\": []}", "{\"turns\": [\"\"]}", "{\"messages\": [{\"role\": \"assistant\", \"content\": \"x\"}]}",
             "{\"messages\": [{\"role\": \"robot\", \"content\": \"x\"}]}", "{\"messages\": [4]}", "{\"category\": \"\", \"prompt\": \"x\"}"}) {
        const auto path = write(options, "bad.jsonl", std::string("{\"prompt\": \"fine\"}\n") + bad + "\n");
        const auto why  = refusal([&] { bench::read_prompts(path); });
        CHECK(has(why, "file-damaged") && has(why, "bad.jsonl:2"), "%s: %s", bad, why.c_str());
    }
    CHECK(has(refusal([&] { bench::read_prompts(options.scratch + "/none.jsonl"); }), "file-not-found"), "a missing file");

    const auto l = test::load_starter(options, "Q8_0");
    const auto ids = bench::chat_prompt(*l.model, {{"user", " Hello "}, {"assistant", "Hi"}, {"user", "Story?"}});
    CHECK(ids == l.model->tokenize("<|user|>Hello<|end|><|assistant|>Hi<|end|><|user|>Story?<|end|><|assistant|>", true, true), "%s",
        l.model->detokenize(ids, true).c_str());
    CHECK(has(refusal([&] { bench::chat_prompt(*l.model, {{"user", "<|end|>"}}); }), "special tokens"), "a special token in a message");
}

TEST(bench_options, "kangaroo-bench names the option that is wrong") {
    const auto parse = [](std::vector<std::string> a) { return bench::parse_options(a); };
    const auto o = parse({"bench", "--model", "m", "--adapter", "a", "--prompts", "p", "--modes", "auto", "--threshold", "0.3", "--no-lookup"});
    CHECK(o.modes.size() == 2 && o.modes[0] == kangaroo::decoding_mode::plain && o.generation.threshold == 0.3f && !o.generation.prompt_lookup, "options");
    CHECK(parse({}).what == bench::command::help && parse({"bench", "--help"}).what == bench::command::help, "help");
    const std::pair<std::vector<std::string>, const char *> bad[] = {
        {{"dance"}, "dance"}, {{"bench", "--model", "m"}, "--adapter"}, {{"bench", "--model", "m", "--adapter", "a"}, "--prompts"},
        {{"shape"}, "name"}, {{"bench", "--repeat", "0"}, "--repeat"}, {{"bench", "--repeat", "1.5"}, "--repeat"}, {{"bench", "--repeat"}, "--repeat"},
        {{"bench", "--threshold", "nan"}, "--threshold"}, {{"bench", "--modes", "fast"}, "--modes"}, {{"bench", "--speed", "1"}, "--speed"},
    };
    for (const auto & [arguments, part] : bad) {
        const auto why = refusal([&, a = arguments] { parse(a); });
        CHECK(has(why, "invalid-argument") && has(why, part), "%s: %s", part, why.c_str());
    }
    CHECK(has(refusal([&] { bench::write_shape("GPT-9", "Q8_0", 0, options.scratch); }), "Llama-3.2-1B"), "an unknown shape");
    CHECK(has(refusal([&] { bench::write_shape("Tiny", "Q2_K", 0, options.scratch); }), "Q2_K"), "an unknown type");
    CHECK(bench::write_shape("Tiny", "Q8_0", 600, options.scratch).adapter == bench::write_shape("Tiny", "Q8_0", 0, options.scratch).adapter,
        "a draft vocabulary of more tokens than there are is the whole one");
}
