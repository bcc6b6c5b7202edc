// Our engine against stored traces of an independent reference (plain PyTorch, fp32 over the F16-rounded weights).
// Prints the largest differences; where the reference's two best logits lie closer than MIN_GAP, another arithmetic may
// rightly take the other token, and the comparison of that prompt ends there.
#include "fixture.h"

#include "nlohmann/json.hpp"

#include <cmath>
#include <fstream>

using nlohmann::json;

namespace {
constexpr double MIN_GAP = 0.02;
}

TEST(golden_traces, "golden traces of the independent reference: tokens, exit states, logits, rounds") {
    const auto l = test::load_starter(options, "F16");
    const auto s = test::open_session(l);
    std::ifstream file(options.root + "/native/test/golden/simple.jsonl");
    double state_difference = 0.0, logit_difference = 0.0, confidence_difference = 0.0;
    int    prompts = 0, rounds = 0, forks = 0, near_ties = 0;
    for (std::string line; std::getline(file, line);) {
        const json row    = json::parse(line);
        const auto prompt = row["promptIds"].get<std::vector<llama_token>>();
        ++prompts;

        std::vector<llama_token> ids = l.model->tokenize("<|user|>" + row["prompt"].get<std::string>() + "<|end|><|assistant|>", true, true);
        CHECK(ids == prompt, "prompt %d is tokenised otherwise", prompts);

        std::vector<float> state;
        const auto logits = s->prefill(prompt, state);
        const auto & wanted_state = row["prefill"]["exitStateOfLastToken"];
        for (size_t i = 0; i < wanted_state.size(); ++i) {
            state_difference = std::max(state_difference, std::fabs(state[i] - wanted_state[i].get<double>()));
        }
        for (const auto & top : row["prefill"]["topLogits"]) {
            logit_difference = std::max(logit_difference, std::fabs(logits[top[0].get<int>()] - top[1].get<double>()));
        }

        const auto wanted = row["plain"]["ids"].get<std::vector<llama_token>>();
        const bool tie    = row["plain"]["minLogitGap"].get<double>() < MIN_GAP;
        near_ties += tie;
        kangaroo::generation_options o;
        o.mode       = kangaroo::decoding_mode::plain;
        o.max_tokens = static_cast<int32_t>(wanted.size());
        const auto plain = test::answer(*s, prompt, o).ids;
        CHECK(tie || plain == wanted, "plain decoding of prompt %d differs", prompts);

        for (const auto & trace : row["kangaroo"]) {
            o.mode      = kangaroo::decoding_mode::kangaroo;
            o.threshold = trace["threshold"].get<float>();
            o.max_draft = trace["maxDraft"].get<int32_t>();
            std::vector<kangaroo::round_report> got;
            kangaroo::generation_events events;
            events.round = [&](const kangaroo::round_report & r) { got.push_back(r); };
            s->generate(prompt, o, events);
            const auto & wanted_rounds = trace["rounds"];
            bool         forked        = false;
            for (size_t i = 0; i < std::min(got.size(), wanted_rounds.size()) && !forked; ++i) {
                const auto & w           = wanted_rounds[i];
                const auto   drafts      = w["drafts"].get<std::vector<llama_token>>();
                const auto   confidences = w["confidences"].get<std::vector<float>>();
                forked = drafts != got[i].drafts || w["accepted"] != got[i].accepted || w["token"] != got[i].token;
                // A fork is right where the target has a near tie in this answer, where the draft head's two best tokens are
                // as good as equal, or where a confidence lies on the threshold.
                bool excused = tie;
                for (size_t k = 0; k < std::min(confidences.size(), got[i].confidences.size()); ++k) {
                    const double difference = std::fabs(double(confidences[k]) - got[i].confidences[k]);
                    excused |= std::fabs(confidences[k] - o.threshold) < 5e-3;
                    if (drafts[k] != got[i].drafts[k]) {
                        excused |= difference < 1e-3;
                        break;
                    }
                    confidence_difference = std::max(confidence_difference, difference);
                }
                CHECK(!forked || excused, "prompt %d, round %zu: wanted %s", prompts, i, w.dump().c_str());
                rounds += !forked;
            }
            forks += forked;
            CHECK(tie || forked || got.size() == wanted_rounds.size(), "prompt %d has %zu rounds, not %zu", prompts, got.size(), wanted_rounds.size());
        }
    }
    std::printf("  %d prompts, %d rounds equal, %d traces forked, %d prompts with near ties\n", prompts, rounds, forks, near_ties);
    std::printf("  largest difference: exit state %.2e, logits %.2e, confidence %.2e\n", state_difference, logit_difference, confidence_difference);
    CHECK(prompts == 48, "%d prompts", prompts);
    CHECK(state_difference < 2e-2, "%g", state_difference);
    CHECK(logit_difference < 5e-2, "%g", logit_difference);
    CHECK(confidence_difference < 2e-2, "%g", confidence_difference);
    CHECK(forks * 10 <= prompts * 3, "%d", forks);
}
