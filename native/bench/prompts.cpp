#include "prompts.h"

#include "error.h"

#include "jinja/lexer.h"
#include "jinja/parser.h"
#include "jinja/runtime.h"
#include "json.h" // of the Jinja engine: its input
#include "nlohmann/json.hpp"

#include <fstream>
#include <map>
#include <set>

namespace bench {

namespace {

using nlohmann::json;

[[noreturn]] void damaged(const std::string & where, const std::string & why) {
    throw kangaroo::error("file-damaged", where + " " + why + ".");
}

std::string text_of(const json & object, const char * key, const std::string & where) {
    if (!object.contains(key)) {
        return "";
    }
    const json & value = object[key];
    if (!value.is_string() || value.get_ref<const std::string &>().empty()) {
        damaged(where, std::string("has a \"") + key + "\" that is no text");
    }
    return value;
}

message message_of(const json & value, const std::string & where) {
    if (!value.is_object()) {
        damaged(where, "has a message that is no object");
    }
    static const std::set<std::string> roles = {"system", "user", "assistant"};
    message m{text_of(value, "role", where), text_of(value, "content", where)};
    if (roles.count(m.role) == 0 || m.content.empty()) {
        damaged(where, "has a message without a role (system, user or assistant) or without content");
    }
    return m;
}

conversation conversation_of(const std::string & line, const std::string & where, int32_t index) {
    static const std::set<std::string> mt_bench = {"writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities"};
    const json object = json::parse(line, nullptr, /*allow_exceptions =*/ false);
    if (!object.is_object()) {
        damaged(where, "is no JSON object");
    }
    conversation c;
    c.index    = index;
    c.category = text_of(object, "category", where);
    if (object.contains("turns")) {
        for (const json & turn : object["turns"]) {
            if (!turn.is_string() || turn.get_ref<const std::string &>().empty()) {
                damaged(where, "has a turn that is no text");
            }
            c.turns.push_back(turn);
        }
        c.category = mt_bench.count(c.category) > 0 ? "mt-bench" : c.category;
    } else if (object.contains("messages")) {
        for (const json & m : object["messages"]) {
            c.history.push_back(message_of(m, where));
        }
        if (c.history.empty() || c.history.back().role != "user") {
            damaged(where, "has messages whose last one is not the user's");
        }
        c.turns = {c.history.back().content};
        c.history.pop_back();
    } else if (const auto prompt = text_of(object, "prompt", where); !prompt.empty()) {
        c.turns = {prompt};
    }
    if (c.turns.empty()) {
        damaged(where, "needs one of \"turns\", \"messages\" and \"prompt\"");
    }
    c.category = c.category.empty() ? "all" : c.category;
    return c;
}

std::string render_plain(const std::vector<message> & messages) {
    std::string text;
    for (const auto & m : messages) {
        text += (m.role == "user" ? "User: " : m.role == "assistant" ? "Assistant: " : "") + m.content + "\n\n";
    }
    return text + "Assistant:";
}

std::string token_text(const kangaroo::model & model, llama_token id) {
    return id < 0 ? "" : model.piece(id, true);
}

std::string render_template(const kangaroo::model & model, const std::vector<message> & messages) {
    try {
        jinja::lexer lexer;
        auto         lexed   = lexer.tokenize(model.chat_template());
        auto         program = jinja::parse_from_tokens(lexed);

        common_json turns = common_json::array();
        for (const auto & m : messages) {
            turns.push_back(common_json{{"role", m.role}, {"content", m.content}});
        }
        jinja::context context(lexed.source);
        jinja::global_from_json(context, common_json{
            {"messages", turns},
            {"add_generation_prompt", true},
            {"bos_token", token_text(model, llama_vocab_bos(model.vocab()))},
            {"eos_token", token_text(model, llama_vocab_eos(model.vocab()))},
        }, /*mark_input =*/ false);
        jinja::runtime runtime(context);
        return jinja::render_string_parts(jinja::runtime::gather_string_parts(runtime.execute(program)));
    } catch (const std::exception & why) {
        throw kangaroo::error("invalid-argument", std::string("The model's chat template does not accept this conversation: ") + why.what());
    }
}

} // namespace

std::vector<conversation> read_prompts(const std::string & path) {
    std::ifstream file(path);
    if (!file) {
        throw kangaroo::error("file-not-found", path + " does not exist or cannot be read. Check the path.");
    }
    std::vector<conversation> out;
    int32_t number = 0;
    for (std::string line; std::getline(file, line);) {
        ++number;
        if (line.find_first_not_of(" \t\r") != std::string::npos) {
            out.push_back(conversation_of(line, path + ":" + std::to_string(number), static_cast<int32_t>(out.size())));
        }
    }
    if (out.empty()) {
        damaged(path, "holds no prompts: give one JSON object per line");
    }
    return out;
}

std::vector<conversation> limit_per_category(const std::vector<conversation> & all, size_t limit) {
    std::map<std::string, size_t> taken;
    std::vector<conversation>     out;
    for (const auto & c : all) {
        if (++taken[c.category] <= limit) {
            out.push_back(c);
        }
    }
    return out;
}

std::vector<llama_token> chat_prompt(const kangaroo::model & model, const std::vector<message> & messages) {
    for (const auto & m : messages) {
        if (model.tokenize(m.content, false, true) != model.tokenize(m.content, false, false)) {
            throw kangaroo::error("invalid-argument", "A message spells one of the model's special tokens. Take it out of the prompts.");
        }
    }
    const std::string bos  = token_text(model, llama_vocab_bos(model.vocab()));
    const std::string text = model.chat_template().empty() ? render_plain(messages) : render_template(model, messages);
    const bool        add  = bos.empty() || text.compare(0, bos.size(), bos) != 0; // some templates write it themselves
    auto              ids  = model.tokenize(text, add, true);
    const auto        eos  = llama_vocab_eos(model.vocab());
    if (add && ids.size() > 1 && llama_vocab_get_add_eos(model.vocab()) && ids.back() == eos) {
        ids.pop_back(); // the conversation goes on
    }
    return ids;
}

std::vector<std::string> chat_stops(const kangaroo::model & model) {
    return model.chat_template().empty() ? std::vector<std::string>{"\nUser:"} : std::vector<std::string>{};
}

} // namespace bench
