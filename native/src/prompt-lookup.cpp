#include "prompt-lookup.h"

#include <algorithm>

namespace kangaroo {

void prompt_lookup::assign(const std::vector<llama_token> & text) {
    if (text.size() < text_.size() || !std::equal(text_.begin(), text_.end(), text.begin())) {
        text_.clear();
        previous_.clear();
        latest_.clear();
    }
    latest_.reserve(text.size());
    for (size_t i = text_.size(); i < text.size(); ++i) {
        push(text[i]);
    }
}

// Entry i speaks of the two tokens before index i, whose continuation is token i: it is made when token i comes.
void prompt_lookup::push(llama_token token) {
    const auto i = static_cast<int32_t>(text_.size());
    int32_t    before = -1;
    if (i >= SHORTEST) {
        const auto [at, added] = latest_.try_emplace(key(text_[i - 2], text_[i - 1]), i);
        if (!added) {
            before     = at->second;
            at->second = i;
        }
    }
    previous_.push_back(before);
    text_.push_back(token);
}

prompt_lookup::match prompt_lookup::find(const std::vector<llama_token> & more) const {
    const auto n   = static_cast<int32_t>(text_.size());
    const auto end = n + static_cast<int32_t>(more.size());
    const auto at  = [&](int32_t i) { return i < n ? text_[i] : more[i - n]; };
    match      best;
    if (end < SHORTEST) {
        return best;
    }
    const auto found = latest_.find(key(at(end - 2), at(end - 1)));
    int32_t    place = found == latest_.end() ? -1 : found->second;
    for (int32_t looked = 0; place >= 0 && looked < MOST_PLACES && best.length < LONGEST; ++looked, place = previous_[place]) {
        int32_t length = SHORTEST;
        while (length < LONGEST && place - length > 0 && at(place - length - 1) == at(end - length - 1)) {
            ++length;
        }
        if (length > best.length) {
            best = {length, place};
        }
    }
    return best;
}

llama_token prompt_lookup::token(const match & m, int32_t i, const std::vector<llama_token> & more) const {
    const auto n   = static_cast<int32_t>(text_.size());
    const auto end = n + static_cast<int32_t>(more.size());
    int32_t    at  = m.next + i;
    while (at >= end) { // the copy goes on with what it has copied
        at -= end - m.next;
    }
    return at < n ? text_[at] : more[at - n];
}

} // namespace kangaroo
