// The starter model and its adapter as the tests use them, and its quantisations, made once per scratch folder.
#pragma once

#include "check.h"
#include "session.h"

#include <memory>
#include <string>

namespace test {

struct loaded {
    std::shared_ptr<kangaroo::model>   model;
    std::shared_ptr<kangaroo::adapter> adapter;
};

// `type`: F16 (the shipped base itself), F32, Q8_0 or Q4_0.
loaded load_starter(const options & options, const std::string & type);

std::string starter_path(const options & options);
std::string adapter_path(const options & options);

std::unique_ptr<kangaroo::session> open_session(const loaded & l, const kangaroo::session_options & options = {});

// A whole greedy answer without events.
kangaroo::generation_result answer(kangaroo::session & s, const std::vector<llama_token> & prompt, const kangaroo::generation_options & options);

} // namespace test
