// What the fuzz targets share: files, seeds, tiny models. A target fails by a sanitizer's report, by an exception that is no
// kangaroo::error, or by require().
#pragma once

#include "error.h"
#include "session.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace fuzzing {

using bytes = std::vector<uint8_t>;

// A file of this process, in a folder that goes with it.
std::string path_of(const std::string & name);
void        write_file(const std::string & path, const bytes & content);
bytes       read_file(const std::string & path);

// Writes the seeds into the corpus folder, the first argument that is no option.
void seed_corpus(int argc, char ** argv, const std::vector<bytes> & seeds);

// Ends the process when a promise is broken.
void require(bool kept, const char * promise);

// A message says what happened and what to do.
void require_useful(const kangaroo::error & e);

// A file's GGUF header, without its tensors' data.
bytes header_of(const std::string & path);

// A header and data behind it: zeros, small numbers, random bits or NaNs, as the header's bytes happen to say.
bytes with_data(const uint8_t * header, size_t size);

// Tiny models with random weights, one per kind of architecture: paths of files.
std::vector<std::string> write_models();

// A greedy answer of a few tokens to a prompt of a few.
std::vector<llama_token> short_answer(kangaroo::session & s, kangaroo::decoding_mode mode);
kangaroo::session_options small_session();

} // namespace fuzzing
