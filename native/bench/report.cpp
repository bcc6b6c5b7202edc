#include "report.h"

#include "simulation.h"
#include "table.h"

#include "nlohmann/json.hpp"

#include <algorithm>
#include <cmath>

namespace bench {

namespace {

std::string times(double factor) {
    return decimals(factor, 2) + "×";
}

std::string quartiles(const std::optional<spread> & s) {
    return s ? times(s->median) + " (" + decimals(s->low, 2) + "–" + decimals(s->high, 2) + ")" : "–";
}

std::string overhead(const std::optional<host_overhead> & found) {
    return found ? decimals(found->share * 100.0, 1) + "%" : "–";
}

std::string copied(const std::optional<position_acceptance> & copies) {
    return copies ? std::to_string(copies->accepted) + "/" + std::to_string(copies->drafted) : "–";
}

std::string spread_text(const spread & s) {
    return times(s.median) + " (half of the answers: " + times(s.low) + " to " + times(s.high) + ")";
}

bool measured(const result & r, decoding_mode mode) {
    return std::find(r.modes.begin(), r.modes.end(), mode) != r.modes.end();
}

std::string heading(const result & r, style how) {
    std::string devices;
    for (const auto & d : r.devices) {
        devices += (devices.empty() ? "" : ", ") + d;
    }
    std::vector<std::pair<std::string, std::string>> facts = {
        {"Date", r.date},
        {"Machine", r.cpu + ", " + count(r.cores, "core") + ", " + count(r.threads, "thread") + "; " + devices},
        {"Model", r.model + ", " + r.file_type + ", " + decimals(r.n_params / 1e6, 1) + "M parameters, " + std::to_string(r.n_layer) + " layers"},
        {"Adapter", r.adapter + ", exit after layer " + std::to_string(r.exit_layer) +
            (r.draft_vocab > 0 ? ", draft vocabulary of " + std::to_string(r.draft_vocab) + " tokens" : "")},
        {"Settings", std::string("greedy, ") + (r.options.prompt_lookup ? "" : "no prompt lookup, ") + "threshold " + shortest(r.options.threshold) + ", at most " + count(r.options.max_draft, "draft") + ", at most " +
            count(r.options.max_tokens, "token") + ", " + count(r.repeat, "repeat") + ", context " + std::to_string(r.context_size)},
    };
    if (r.simulated) {
        facts.push_back({"Simulated", "simulated acceptance: weights are random and drafts are right as often as in the paper. The times are measured, the speedups are not those of a trained adapter."});
    }
    std::string out;
    for (const auto & [name, fact] : facts) {
        out += (out.empty() ? "" : "\n") + (how == style::markdown ? "- " + name + ": " + fact : name + std::string(10 - std::min<size_t>(9, name.size()), ' ') + fact);
    }
    return out;
}

std::string tasks(const result & r, style how) {
    std::vector<column> columns = {{"Task", false}, {"Prompts", true}, {"Plain tokens/s", true}, {"Plain overhead", true}};
    const auto add = [&](std::initializer_list<const char *> titles) {
        for (const char * title : titles) {
            columns.push_back({title, true});
        }
    };
    const bool kangaroo = measured(r, decoding_mode::kangaroo), automatic = measured(r, decoding_mode::automatic);
    if (kangaroo) {
        add({"Kangaroo tokens/s", r.simulated ? "Speedup, simulated acceptance (quartiles)" : "Speedup (quartiles)", "Tokens/round", "Accepted", "Overhead"});
    }
    if (automatic) {
        add({"Auto tokens/s", r.simulated ? "Auto speedup, simulated acceptance (quartiles)" : "Auto speedup (quartiles)", "Paused", "Copies accepted", "Auto overhead"});
    }
    add({"Identical"});
    std::vector<std::vector<std::string>> rows;
    auto all = r.categories;
    all.push_back(r.overall);
    for (const summary & s : all) {
        std::vector<std::string> row = {s.category, std::to_string(s.prompts), decimals(s.plain_tokens_per_second, 1), overhead(s.plain_overhead)};
        if (kangaroo) {
            row.insert(row.end(), {decimals(s.kangaroo_tokens_per_second, 1), quartiles(s.speedup), decimals(s.tokens_per_round, 2), percent(s.acceptance_rate),
                overhead(s.kangaroo_overhead)});
        }
        if (automatic) {
            row.insert(row.end(), {decimals(s.auto_tokens_per_second, 1), quartiles(s.auto_speedup), percent(s.auto_paused_share), copied(s.copies),
                overhead(s.auto_overhead)});
        }
        row.push_back(std::to_string(s.identical) + "/" + std::to_string(s.prompts));
        rows.push_back(row);
    }
    return format_table(columns, rows, how == style::markdown);
}

// Says plainly which way it went, for which tasks it went the other way, and what is not in the figures.
std::string verdict(const result & r) {
    constexpr double AS_FAST = 0.03; // automatic drafting this close to plain decoding is where it wants to be on text that does not pay
    const std::string under = r.simulated ? " With simulated acceptance." : "";
    std::vector<std::string> lines;
    if (const auto & s = r.overall.speedup) {
        const bool  slower = s->median < 1.0;
        std::string others;
        for (const summary & c : r.categories) {
            if (c.speedup && (c.speedup->median < 1.0) != slower) {
                others += (others.empty() ? "" : ", ") + c.category + " " + times(c.speedup->median);
            }
        }
        lines.push_back(std::string("Drafting is ") + (slower ? "slower" : "faster") + " than plain decoding here: " + spread_text(*s) +
            (s->low < 1.0 && s->high > 1.0 ? ", and the spread includes no difference" : "") + "." +
            (others.empty() ? "" : std::string(slower ? " Faster" : " Slower") + " for: " + others + ".") + under);
    }
    if (const auto & s = r.overall.auto_speedup) {
        const char * word = std::abs(s->median - 1.0) <= AS_FAST ? "about as fast as" : s->median < 1.0 ? "slower than" : "faster than";
        const summary * slowest = nullptr;
        for (const summary & c : r.categories) {
            if (c.auto_speedup && (!slowest || c.auto_speedup->median < slowest->auto_speedup->median)) {
                slowest = &c;
            }
        }
        lines.push_back(std::string("Automatic drafting is ") + word + " plain decoding here: " + spread_text(*s) + "; it paused in " +
            percent(r.overall.auto_paused_share) + " of its rounds." +
            (slowest && r.categories.size() > 1 ? " Slowest for " + slowest->category + ": " + times(slowest->auto_speedup->median) + "." : "") + under);
    }
    if (lines.empty()) {
        lines.push_back("There is nothing to compare: no other mode, or answers too short.");
    }
    const summary & all = r.overall;
    if (all.identical < all.prompts) {
        lines.push_back(std::to_string(all.prompts - all.identical) + " of " + std::to_string(all.prompts) + " answers differ from plain decoding's.");
    }
    if (all.skipped > 0) {
        lines.push_back(std::to_string(all.skipped) + " prompts skipped: longer than the context.");
    }
    if (all.shortened > 0) {
        lines.push_back(std::to_string(all.shortened) + " conversations measured only in part: a later turn is longer than the context.");
    }
    std::string out;
    for (const auto & line : lines) {
        out += (out.empty() ? "" : "\n") + line;
    }
    return out;
}

// What was forced, and what came of it.
std::string forced(const result & r, style how) {
    if (!r.simulated || !measured(r, decoding_mode::kangaroo)) {
        return "";
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto & category : paper_categories()) {
        for (const summary & s : r.categories) {
            if (s.category == category.name) {
                rows.push_back({s.category, decimals(category.tokens_per_round, 2), decimals(mean_acceptance_of(category.tokens_per_round), 3),
                    decimals(s.tokens_per_round, 2), times(category.speedup), quartiles(s.speedup)});
            }
        }
    }
    return "Simulated acceptance: the paper's tokens per round (Vicuna-7B, threshold 0.6, at most 6 drafts), the chance of a draft that was forced for them, and what came of it here. The paper's speedup is of its own model and GPU:\n\n" +
        format_table({{"Task", false}, {"Paper tokens/round", true}, {"Forced chance", true}, {"Tokens/round here", true}, {"Paper speedup", true}, {"Simulated speedup here (quartiles)", true}}, rows, how == style::markdown);
}

std::string positions(const result & r, style how) {
    std::vector<std::vector<std::string>> rows;
    for (const auto & p : r.overall.by_position) {
        rows.push_back({std::to_string(rows.size() + 1), std::to_string(p.drafted), std::to_string(p.accepted),
            percent(p.drafted > 0 ? std::optional(static_cast<double>(p.accepted) / p.drafted) : std::nullopt)});
    }
    return rows.empty() ? "" : std::string(r.simulated ? "Simulated acceptance" : "Acceptance") + " by the draft's place in its round:\n\n" +
        format_table({{"Draft", true}, {"Drafted", true}, {"Accepted", true}, {"Share", true}}, rows, how == style::markdown);
}

std::string costs(const result & r, style how) {
    const auto & c = r.costs;
    if (c.verify.empty()) {
        return "";
    }
    const double plain = c.verify.front();
    std::vector<std::vector<std::string>> rows;
    for (size_t i = 0; i < c.verify.size(); ++i) {
        rows.push_back({std::to_string(i + 1), decimals(c.verify[i], 3), decimals(c.verify[i] / plain, 2),
            i < c.verify_late.size() ? decimals(c.verify_late[i], 3) : "–"});
    }
    const std::string draft = c.draft_step < 0.0 ? "" : "A draft step takes " + decimals(c.draft_step, 3) + " ms, " + decimals(c.draft_step / plain, 2) +
        " of a plain token's " + decimals(plain, 3) + " ms. ";
    return draft + "Verification by rows, " + std::to_string(c.depth) + " tokens in the context:\n\n" +
        format_table({{"Rows", true}, {"All layers, ms", true}, {"Over one row", true}, {"Layers behind the exit, ms", true}}, rows, how == style::markdown);
}

nlohmann::ordered_json json_of(const std::optional<double> & value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json json_of(const std::optional<spread> & s) {
    return s ? nlohmann::ordered_json{{"median", s->median}, {"low", s->low}, {"high", s->high}} : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json json_of(const std::optional<host_overhead> & found) {
    return found ? nlohmann::ordered_json{{"share", found->share}, {"msPerRound", found->ms_per_round}} : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json json_of(const summary & s, const char * type) {
    nlohmann::ordered_json positions = nlohmann::ordered_json::array();
    for (const auto & p : s.by_position) {
        positions.push_back({{"position", positions.size() + 1}, {"drafted", p.drafted}, {"accepted", p.accepted}});
    }
    nlohmann::ordered_json o = {{"type", type}};
    if (std::string(type) == "category") {
        o["category"] = s.category;
    }
    o.update({
        {"prompts", s.prompts}, {"skipped", s.skipped}, {"shortened", s.shortened}, {"identical", s.identical},
        {"plainTokensPerSecond", json_of(s.plain_tokens_per_second)}, {"kangarooTokensPerSecond", json_of(s.kangaroo_tokens_per_second)},
        {"speedup", json_of(s.speedup)}, {"tokensPerRound", json_of(s.tokens_per_round)}, {"acceptanceRate", json_of(s.acceptance_rate)},
        {"acceptanceByPosition", positions}, {"autoTokensPerSecond", json_of(s.auto_tokens_per_second)}, {"autoSpeedup", json_of(s.auto_speedup)},
        {"autoPausedShare", json_of(s.auto_paused_share)},
        {"copies", s.copies ? nlohmann::ordered_json{{"drafted", s.copies->drafted}, {"accepted", s.copies->accepted}} : nlohmann::ordered_json(nullptr)},
        {"hostOverhead", {{"plain", json_of(s.plain_overhead)}, {"kangaroo", json_of(s.kangaroo_overhead)}, {"auto", json_of(s.auto_overhead)}}},
        {"grid", nullptr}, // `kangaroo bench --grid` only
    });
    return o;
}

} // namespace

const char * mode_name(decoding_mode mode) {
    return mode == decoding_mode::plain ? "plain" : mode == decoding_mode::kangaroo ? "kangaroo" : "auto";
}

std::string format_report(const result & r, style how) {
    std::string out;
    for (const auto & section : {heading(r, how), tasks(r, how), verdict(r), forced(r, how), positions(r, how), costs(r, how)}) {
        if (!section.empty()) {
            out += (out.empty() ? "" : "\n\n") + section;
        }
    }
    return out + "\n";
}

std::string json_lines(const result & r) {
    std::string out;
    for (const summary & s : r.categories) {
        auto line = json_of(s, "category");
        line["simulatedAcceptance"] = r.simulated;
        out += line.dump() + "\n";
    }
    nlohmann::ordered_json modes = nlohmann::ordered_json::array();
    for (const auto mode : r.modes) {
        modes.push_back(mode_name(mode));
    }
    auto overall = json_of(r.overall, "overall");
    overall["simulatedAcceptance"] = r.simulated;
    overall["date"]     = r.date;
    overall["machine"]  = {{"cpu", r.cpu}, {"cores", r.cores}, {"threads", r.threads}, {"devices", r.devices}};
    overall["model"]    = {{"name", r.model}, {"fileType", r.file_type}, {"parameters", r.n_params}, {"layers", r.n_layer}};
    overall["adapter"]  = {{"name", r.adapter}, {"exitLayer", r.exit_layer}, {"draftVocabulary", r.draft_vocab}};
    overall["settings"] = {{"modes", modes}, {"threshold", std::stod(shortest(r.options.threshold))}, {"maxDraft", r.options.max_draft},
        {"maxTokens", r.options.max_tokens}, {"repeat", r.repeat}, {"contextSize", r.context_size}, {"promptLookup", r.options.prompt_lookup}};
    out += overall.dump() + "\n";
    const auto & c = r.costs;
    const auto   per_second = [](double ms) { return ms > 0.0 ? 1000.0 / ms : 0.0; };
    const nlohmann::ordered_json costs = {
        {"type", "costs"}, {"draftStepMs", c.draft_step < 0.0 ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(c.draft_step)}, {"verifyMs", c.verify},
        {"verifyLateMs", c.verify_late}, {"stateStepMs", c.state_step < 0.0 ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(c.state_step)},
        {"plainTokensPerSecond", per_second(c.verify.front())},
        {"plainTokensPerSecondQuartiles", {per_second(c.plain_quartiles[1]), per_second(c.plain_quartiles[0])}},
        {"depth", c.depth}, {"tookMs", c.took_ms},
    };
    return out + costs.dump() + "\n";
}

} // namespace bench
