// A reduced draft vocabulary narrows the draft head only: the answer stays the same, and the whole vocabulary as a list changes
// nothing at all.
#include "error.h"
#include "fixture.h"

#include "ggml-cpp.h"
#include "gguf.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <set>

namespace {

// The starter's adapter with this list of token ids; empty: with none.
std::string write_adapter(const test::options & options, const std::string & name, const std::vector<int32_t> & ids) {
    ggml_context *   raw = nullptr;
    gguf_context_ptr source(gguf_init_from_file(test::adapter_path(options).c_str(), {false, &raw}));
    ggml_context_ptr tensors(raw);
    gguf_context_ptr target(gguf_init_empty());
    gguf_set_kv(target.get(), source.get());
    for (ggml_tensor * t = ggml_get_first_tensor(tensors.get()); t; t = ggml_get_next_tensor(tensors.get(), t)) {
        const bool listed = std::strcmp(ggml_get_name(t), "draft_vocab") == 0;
        if (!listed && gguf_find_tensor(source.get(), ggml_get_name(t)) >= 0) { // the loader keeps a block of all data as well
            gguf_add_tensor(target.get(), t);
        }
    }
    ggml_context_ptr own(ggml_init({ids.size() * sizeof(int32_t) + 2 * ggml_tensor_overhead(), nullptr, false}));
    if (!ids.empty()) {
        ggml_tensor * list = ggml_new_tensor_1d(own.get(), GGML_TYPE_I32, static_cast<int64_t>(ids.size()));
        ggml_set_name(list, "draft_vocab");
        std::memcpy(list->data, ids.data(), ids.size() * sizeof(int32_t));
        gguf_add_tensor(target.get(), list);
    }
    const std::string path = options.scratch + "/" + name;
    gguf_write_to_file(target.get(), path.c_str(), false);
    return path;
}

struct drafted {
    std::vector<llama_token> ids;
    std::vector<std::vector<llama_token>> drafts;
    std::vector<float> confidences;
};

drafted answer_with(const test::loaded & l, const std::vector<llama_token> & prompt) {
    const auto s = test::open_session(l);
    drafted    out;
    kangaroo::generation_options o;
    o.max_tokens = 80;
    o.threshold  = 0.3f;
    kangaroo::generation_events events;
    events.round = [&](const kangaroo::round_report & r) {
        out.drafts.push_back(r.drafts);
        out.confidences.insert(out.confidences.end(), r.confidences.begin(), r.confidences.end());
    };
    out.ids = s->generate(prompt, o, events).ids;
    return out;
}

} // namespace

TEST(draft_vocabulary, "a draft vocabulary: all of it changes nothing, a part of it changes only the drafts, and foreign ids are refused") {
    for (const char * type : {"Q8_0", "Q4_0", "F16"}) {
        auto l = test::load_starter(options, type);
        const auto prompt = l.model->tokenize("<|user|>Tell me a story about a fox who is afraid of the dark.<|end|><|assistant|>", true, true);
        l.adapter = l.model->load_adapter(write_adapter(options, "whole.gguf", {}));
        const drafted whole = answer_with(l, prompt);

        std::vector<int32_t> ids(l.model->info().n_vocab);
        std::iota(ids.begin(), ids.end(), 0);
        l.adapter = l.model->load_adapter(write_adapter(options, "all.gguf", ids));
        const drafted listed = answer_with(l, prompt);
        CHECK(listed.ids == whole.ids && listed.drafts == whole.drafts, "%s: the whole vocabulary as a list drafts otherwise", type);
        float most = 0.0f;
        for (size_t i = 0; i < std::min(listed.confidences.size(), whole.confidences.size()); ++i) {
            most = std::max(most, std::abs(listed.confidences[i] - whole.confidences[i]));
        }
        CHECK(most < 1e-4f, "%s: confidences differ by %g", type, most);

        std::vector<int32_t> part; // every third token, and not in order
        for (int32_t id = 3 * ((l.model->info().n_vocab - 1) / 3); id >= 0; id -= 3) {
            part.push_back(id);
        }
        l.adapter = l.model->load_adapter(write_adapter(options, "part.gguf", part));
        CHECK(l.adapter->info().n_draft_vocab == static_cast<int64_t>(part.size()), "%lld", static_cast<long long>(l.adapter->info().n_draft_vocab));
        const drafted narrow = answer_with(l, prompt);
        CHECK(narrow.ids == whole.ids, "%s: a narrow draft head changes the answer", type);
        const std::set<int32_t> allowed(part.begin(), part.end());
        size_t n = 0;
        for (const auto & round : narrow.drafts) {
            for (const llama_token id : round) {
                ++n;
                CHECK(allowed.count(id), "%s: token %d was drafted and is not in the list", type, id);
            }
        }
        CHECK(n > 0, "nothing was drafted");

        part.push_back(l.model->info().n_vocab);
        std::string code;
        try {
            l.model->load_adapter(write_adapter(options, "foreign.gguf", part));
        } catch (const kangaroo::error & e) {
            code = e.code;
        }
        CHECK(code == "adapter-invalid", "%s", code.c_str());
    }
}
