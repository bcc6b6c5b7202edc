// The benchmark's conversations: JSON Lines as `kangaroo bench` reads them (electron/cli/prompts.ts), and their tokens.
#pragma once

#include "model.h"

#include <string>
#include <vector>

namespace bench {

struct message {
    std::string role, content; // system, user or assistant
};

struct conversation {
    int32_t     index = 0; // place in the file, from 0
    std::string category;
    std::vector<message>     history; // what is there before the first turn
    std::vector<std::string> turns;   // the user's messages; each answer enters the history before the next one
    std::vector<llama_token> ids;     // instead of turns: one prompt as it is
};

// Lines of {"category", "turns": […]} (Spec-Bench), {"messages": […]} or {"prompt"}. The eight MT-bench categories of Spec-Bench
// count as one task, as in the paper. Throws file-not-found, file-damaged with the line.
std::vector<conversation> read_prompts(const std::string & path);

// At most `limit` of each category, in their order.
std::vector<conversation> limit_per_category(const std::vector<conversation> & all, size_t limit);

// A chat as the model's own Jinja template writes it, ready for its answer. Without a template: "User: …" and "Assistant: …"
// paragraphs. Throws invalid-argument where the template refuses the chat, or a message spells one of the model's special
// tokens: unlike the app this program does not keep the two apart.
std::vector<llama_token> chat_prompt(const kangaroo::model & model, const std::vector<message> & messages);

// What ends an answer besides the model's end of turn: where a model without a template would write the user's next message.
std::vector<std::string> chat_stops(const kangaroo::model & model);

} // namespace bench
