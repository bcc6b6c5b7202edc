#include "play.h"

#include "simulation.h"

#include <algorithm>

namespace bench {

namespace {

constexpr int32_t WARM_UP_TOKENS = 16;

// Every turn that fits the context, from an empty cache; each mode's own answers make its history.
played play_conversation(const conversation & c, decoding_mode mode, const playing & p, const kangaroo::generation_options & options,
    const std::vector<llama_token> & plain_answer) {
    kangaroo::session & s = p.session;
    s.reset();
    auto history = c.history;
    played out;
    const size_t turns = c.ids.empty() ? c.turns.size() : 1;
    for (size_t turn = 0; turn < turns; ++turn) {
        std::vector<llama_token> prompt = c.ids;
        if (prompt.empty()) {
            history.push_back({"user", c.turns[turn]});
            prompt = chat_prompt(p.model, history);
        }
        if (static_cast<int32_t>(prompt.size()) >= s.context_size()) {
            break;
        }
        const bool forced = p.forced && mode != decoding_mode::plain;
        s.forge_drafts(forced ? forced_acceptance(p.forced(c.category), 1 + c.index).forgery(plain_answer, prompt.size(), p.model.info().n_vocab)
                              : kangaroo::session::forgery());
        auto o = options;
        o.mode = mode;
        kangaroo::generation_events events;
        events.round = [&](const kangaroo::round_report & r) {
            out.rounds.push_back({static_cast<int32_t>(r.drafts.size()), r.accepted, r.copied, r.paused});
        };
        const auto answer = s.generate(prompt, o, events);
        out.timed_tokens += std::max<int64_t>(0, static_cast<int64_t>(answer.ids.size()) - 1);
        out.ms += answer.stats.ms;
        out.rounds_ms += answer.stats.rounds_ms;
        out.compute_ms = out.compute_ms < 0.0 || answer.stats.compute_ms < 0.0 ? -1.0 : out.compute_ms + answer.stats.compute_ms;
        out.answers.push_back(answer.ids);
        history.push_back({"assistant", answer.text});
    }
    s.forge_drafts(nullptr);
    return out;
}

size_t length_of(const conversation & c) {
    size_t n = c.ids.size();
    for (const auto & turn : c.turns) {
        n += turn.size();
    }
    return n;
}

// Every mode once on the shortest prompt, unmeasured: pages are read, graphs are built.
void warm_up(const std::vector<conversation> & conversations, const playing & p) {
    const auto shortest = std::min_element(conversations.begin(), conversations.end(),
        [](const conversation & a, const conversation & b) { return length_of(a) < length_of(b); });
    auto o = p.options;
    o.max_tokens = std::min(WARM_UP_TOKENS, o.max_tokens);
    std::vector<llama_token> plain_answer; // drafts that are forced are forced here too, or the policy would learn that all are wrong
    for (const auto mode : p.modes) {
        const played one = play_conversation(*shortest, mode, p, o, plain_answer);
        if (mode == decoding_mode::plain && !one.answers.empty()) {
            plain_answer = one.answers.front();
        }
    }
}

} // namespace

played_benchmark play(const std::vector<conversation> & conversations, const playing & p) {
    played_benchmark out;
    warm_up(conversations, p);
    std::map<int32_t, std::vector<llama_token>> plain_answers; // the first of each; where drafts are forced there is one only
    for (int32_t repeat = 0; repeat < p.repeat; ++repeat) {
        auto order = p.modes;
        std::rotate(order.begin(), order.begin() + repeat % order.size(), order.end());
        for (size_t place = 0; place < conversations.size(); ++place) {
            const conversation & c = conversations[place];
            sample s;
            s.category = c.category;
            s.index    = c.index;
            size_t answered = SIZE_MAX;
            for (const auto mode : order) {
                played one = play_conversation(c, mode, p, p.options, plain_answers[c.index]);
                answered   = std::min(answered, one.answers.size());
                if (mode == decoding_mode::plain && !one.answers.empty()) {
                    plain_answers[c.index] = one.answers.front();
                }
                (mode == decoding_mode::plain ? s.plain : (mode == decoding_mode::kangaroo ? s.kangaroo : s.automatic).emplace()) = std::move(one);
            }
            if (repeat == 0 && answered < std::max<size_t>(1, c.turns.size())) {
                out.shortages.push_back({c.category, c.index, answered == 0});
            }
            if (answered > 0) {
                out.samples.push_back(std::move(s));
            }
            if (p.progress) {
                p.progress((repeat + (place + 1.0) / conversations.size()) / p.repeat);
            }
        }
    }
    return out;
}

} // namespace bench
