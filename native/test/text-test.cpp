// Text goes out in whole characters, and nothing of a stop text ever does.
#include "check.h"
#include "text.h"

using kangaroo::text_stream;

TEST(utf8, "UTF-8 is told from what is not") {
    for (const char * good : {"", "a", "é", "€", "😀", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"}) {
        CHECK(kangaroo::is_utf8(good), "%s", good);
    }
    for (const char * bad : {"\x80", "\xC0\x80", "\xC3", "\xE2\x82", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xFF"}) {
        CHECK(!kangaroo::is_utf8(bad), "bad text taken for good");
    }
    CHECK(kangaroo::to_utf8("a\xFF" "b\xC3") == "a\xEF\xBF\xBD" "b\xEF\xBF\xBD", "replacement");
}

TEST(text_stream_characters, "a character that comes byte by byte goes out once, whole") {
    text_stream s({});
    const std::string smile = "😀";
    CHECK(s.feed(smile.substr(0, 1)).empty() && s.feed(smile.substr(1, 2)).empty(), "too early");
    CHECK(s.feed(smile.substr(3) + "!") == smile + "!", "not whole");
    CHECK(s.feed("\xE2\x82").empty() && s.flush() == "\xEF\xBF\xBD", "an unfinished character at the end");
}

TEST(text_stream_stops, "a stop text over several tokens never shows, and a false start does") {
    text_stream s({"<end>", "STOP"});
    CHECK(s.feed("Hello <e") == "Hello ", "held back");
    CHECK(s.feed("nough") == "<enough", "released");
    CHECK(s.feed(" S") == " ", "held back");
    CHECK(s.feed("TO") == "", "still");
    CHECK(s.feed("P and more") == "" && s.stopped(), "complete");
    CHECK(s.feed("x").empty() && s.flush().empty(), "nothing afterwards");
    text_stream t({"ab"});
    CHECK(t.feed("xa") == "x" && t.flush() == "a", "what was held back belongs to the answer");
}
