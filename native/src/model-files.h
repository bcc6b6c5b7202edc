// The files of a model as one: a single GGUF, or all parts of a split one ("NAME-00001-of-00003.gguf", as llama.cpp's gguf-split names
// them). Keys stand in the first part, tensors in any.
#pragma once

#include "gguf-file.h"

#include <string>
#include <vector>

namespace kangaroo {

class model_files {
public:
    // `path`: of the first part. Throws the errors of gguf_file, file-not-found also for a part that is missing.
    explicit model_files(const std::string & path);

    const gguf_file &              first() const { return files_.front(); }
    const std::vector<gguf_file> & all() const { return files_; }
    int64_t                        size_bytes() const;

    struct place {
        const gguf_file * file   = nullptr; // null: there is no such tensor
        int64_t           tensor = -1;
    };
    place find(const std::string & name) const;

    // SHA-256 over one F32 norm of each layer, in order: the one before attention, else the one behind it, else the one before the
    // FFN. The same for every quantisation of one base, in however many files. '' where there is none.
    std::string fingerprint() const;

private:
    std::vector<gguf_file> files_;
};

} // namespace kangaroo
