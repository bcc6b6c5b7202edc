// What the tests of capturing and training share: texts that the starter wrote itself, captured once for all of them, and options.
#pragma once

#include "captured-file.h"
#include "error.h"
#include "fixture.h"
#include "trainer.h"

#include <atomic>
#include <string>
#include <vector>

namespace test {

inline const std::atomic<bool> NEVER{false};

// Conversations that the starter answers itself, as the app makes its data: its own greedy answers to some questions.
std::vector<kangaroo::text_to_capture> own_texts(const loaded & l, int32_t first, int32_t n);

// Captures texts and adds them to a file.
void write(const std::string & path, kangaroo::capturer & c, const std::vector<kangaroo::text_to_capture> & texts);

struct training_data {
    loaded                     l;
    std::string                captured, held_out; // the inputs of layers 2 and 6
    kangaroo::training_options options;
};

// Captured once for all tests of a run.
const training_data & starter_data(const options & options);

// The options of `d`, with files of a name that no earlier run has left anything under.
kangaroo::training_options in_place(const training_data & d, const options & options, const std::string & name);

std::vector<char> bytes_of(const std::string & path);

// The code of the error that body throws; '' for none.
template <typename body_fn> std::string code_of(body_fn body) {
    try {
        body();
        return "";
    } catch (const kangaroo::error & e) {
        return e.code;
    }
}

} // namespace test
