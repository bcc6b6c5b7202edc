// Looking up where a text's end stood before: against a search that looks everywhere.
#include "check.h"
#include "prompt-lookup.h"
#include "sampling.h"

#include <algorithm>

using kangaroo::prompt_lookup;

namespace {

// The longest earlier place with the same two or more tokens before it, the latest of equals.
prompt_lookup::match search(const std::vector<llama_token> & text) {
    prompt_lookup::match best;
    const auto           end = static_cast<int32_t>(text.size());
    for (int32_t place = 2; place < end; ++place) {
        int32_t length = 0;
        while (length < 32 && place - length > 0 && text[place - length - 1] == text[end - length - 1]) {
            ++length;
        }
        if (length >= 2 && length >= best.length) {
            best = {length, place};
        }
    }
    return best;
}

} // namespace

TEST(prompt_lookup_search, "prompt lookup finds what a search of the whole text finds, also behind pending drafts")
{
    kangaroo::random_source random(1);
    int                     found = 0;
    for (int round = 0; round < 300; ++round) {
        prompt_lookup            lookup;
        std::vector<llama_token> text;
        const int                words = 2 + round % 40;
        for (int i = 0; i < 120; ++i) {
            text.push_back(static_cast<llama_token>(random.uniform() * words));
            if (i == 40) {
                lookup.assign(text);
            } else if (i > 40) {
                lookup.push(text.back());
            }
        }
        for (size_t pending = 0; pending < 4; ++pending) {
            std::vector<llama_token> more;
            for (size_t i = 0; i < pending; ++i) {
                more.push_back(static_cast<llama_token>(random.uniform() * words));
            }
            auto all = text;
            all.insert(all.end(), more.begin(), more.end());
            const auto want = search(all), got = lookup.find(more);
            // few words have many places, of which only the latest are looked at; and a place inside what is pending is not seen
            CHECK(got.length <= want.length, "longer than there is: %d, %d", got.length, want.length);
            if (words > 12 && pending == 0) {
                CHECK(got.length == want.length && (want.length == 0 || got.next == want.next), "%d at %d instead of %d at %d", got.length, got.next, want.length, want.next);
            }
            if (got.length > 0) {
                ++found;
                for (int32_t i = 0; i < got.length; ++i) {
                    CHECK(all[got.next - 1 - i] == all[all.size() - 1 - i], "not the same %d tokens back", i);
                }
                for (int32_t i = 0; i < 10; ++i) {
                    const size_t at = got.next + i;
                    CHECK(at >= all.size() || lookup.token(got, i, more) == all[at], "the continuation's token %d", i);
                }
            }
        }
    }
    CHECK(found > 300, "%d", found);
}

TEST(prompt_lookup_loop, "a text that repeats itself goes on repeating itself, also beyond its end")
{
    prompt_lookup lookup;
    lookup.assign({9, 1, 2, 3, 1, 2, 3, 1, 2});
    const auto m = lookup.find();
    CHECK(m.length == 5, "%d", m.length);
    for (int32_t i = 0; i < 9; ++i) {
        CHECK(lookup.token(m, i) == std::vector<llama_token>({3, 1, 2})[i % 3], "token %d is %d", i, lookup.token(m, i));
    }
}

TEST(prompt_lookup_assign, "another text replaces the text before it, a longer one goes on from it")
{
    prompt_lookup lookup;
    lookup.assign({1, 2, 3, 4, 1, 2});
    CHECK(lookup.find().next == 2, "%d", lookup.find().next);
    lookup.assign({1, 2, 3, 4, 1, 2, 7, 1, 2});
    CHECK(lookup.token(lookup.find(), 0) == 7, "%d", lookup.token(lookup.find(), 0));
    lookup.assign({5, 6});
    CHECK(lookup.find().length == 0, "something of the old text is left");
    lookup.assign({});
    CHECK(lookup.find().length == 0, "of an empty text");
}
