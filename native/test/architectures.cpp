#include "architectures.h"

namespace test {

namespace {

using testing::gguf_value;
using keys = std::vector<std::pair<std::string, gguf_value>>;

architecture dense(const char * name, const char * notes, keys more = {}, std::vector<std::string> without = {}) {
    architecture a;
    a.label              = name;
    a.notes              = notes;
    a.model.architecture = name;
    a.model.name         = "random"; // llama.cpp knows some models by name and wants their tokens
    a.model.n_embd       = 128;      // F32 sums of fewer terms come out the same in any order
    a.model.n_vocab      = 384;
    a.model.keys         = std::move(more);
    a.model.without      = std::move(without);
    return a;
}

architecture experts(const char * name, const char * notes, keys more = {}, std::vector<std::string> without = {}) {
    architecture a        = dense(name, notes, std::move(more), std::move(without));
    a.model.n_expert      = 8;
    a.model.n_expert_used = 2;
    a.model.n_ff_expert   = 64;
    return a;
}

architecture variant(const char * label, architecture a) {
    a.label = label;
    return a;
}

architecture scaled(float embeddings, float matrices, architecture a) {
    a.model.embedding_scale = embeddings;
    a.model.matrix_scale    = matrices;
    return a;
}

architecture of_layers(uint32_t n, architecture a) {
    a.model.n_layer = n;
    return a;
}

architecture half_rotated(architecture a) {
    a.adapter.n_rot = 16;
    return a;
}

architecture as_many_kv_heads(architecture a) {
    a.model.n_head_kv = a.model.n_head;
    return a;
}

const gguf_value WINDOW    = SLIDING_WINDOW;
const gguf_value EVERY_TWO = uint32_t{2};                           // every second layer looks at everything
const gguf_value ALTERNATE = std::vector<uint32_t>{1, 0, 1, 0};     // the same as a list: 1 where the window holds
const gguf_value SECTIONS  = std::vector<uint32_t>{4, 6, 6, 0};     // of 16 rotated pairs

} // namespace

std::vector<architecture> drafting_architectures() {
    return {
        dense("llama", "RoPE factors"),
        variant("llama, tied head", dense("llama", "the embeddings are the head; no biases", {}, {"output.weight", ".bias", "rope_freqs.weight"})),
        variant("llama, experts", experts("llama", "mixture of experts (Mixtral)", {}, {".bias"})),
        experts("llama4", "mixture of experts in every second layer; layers without RoPE",
            {{"interleave_moe_layer_step", uint32_t{2}}}),
        dense("mistral3", "attention temperature by position", {{"attention.temperature_scale", 0.3f}, {"rope.scaling.original_context_length", uint32_t{64}}}),
        dense("qwen", "", {}),
        dense("qwen2", "Q/K/V biases"),
        experts("qwen2moe", "mixture of experts, a shared one", {{"expert_shared_feed_forward_length", uint32_t{64}}}),
        dense("qwen2vl", "M-RoPE (text only)", {{"rope.dimension_sections", SECTIONS}}),
        dense("qwen3", "Q/K norms"),
        experts("qwen3moe", "mixture of experts"),
        dense("qwen3vl", "interleaved M-RoPE (text only)", {{"rope.dimension_sections", SECTIONS}}),
        scaled(0.05f, 1.5f, dense("gemma", "", {})),
        scaled(0.05f, 3.0f, dense("gemma2", "sliding window, soft caps on attention and head",
            {{"attention.sliding_window", WINDOW}, {"attn_logit_softcapping", 10.0f}, {"final_logit_softcapping", 5.0f}})),
        dense("gemma3", "sliding window, two RoPE bases", {{"attention.sliding_window", WINDOW}, {"attention.sliding_window_pattern", EVERY_TWO}, {"rope.freq_base_swa", 1000.0f}}),
        dense("phi2", "parallel attention and FFN, head bias"),
        dense("phi3", "long and short RoPE factors", {}, {}),
        experts("phimoe", "mixture of experts, head bias"),
        dense("granite", "scales on embeddings, residuals, attention, logits", {{"logit_scale", 4.0f}, {"residual_scale", 0.7f}, {"embedding_scale", 3.0f}, {"attention.scale", 0.2f}}),
        experts("granitemoe", "mixture of experts, scales", {{"logit_scale", 4.0f}, {"residual_scale", 0.7f}, {"embedding_scale", 3.0f}, {"attention.scale", 0.2f}}),
        dense("granite_swa", "sliding window, sinks", {{"logit_scale", 4.0f}, {"attention.sliding_window", WINDOW}, {"attention.sliding_window_pattern", ALTERNATE}}),
        scaled(2.0f, 1.5f, dense("olmo2", "norms behind attention and FFN only")),
        variant("olmo2, sliding window (Olmo 3)", scaled(2.0f, 1.5f, dense("olmo2", "sliding window; norms behind attention and FFN only", {{"attention.sliding_window", WINDOW}, {"attention.sliding_window_pattern", EVERY_TWO}}))),
        as_many_kv_heads(experts("olmoe", "mixture of experts")),
        dense("smollm3", "every fourth layer without RoPE"),
        scaled(0.5f, 3.0f, dense("starcoder", "learned positions")),
        dense("starcoder2", "LayerNorm, biases"),
        experts("gpt-oss", "mixture of experts, sliding window, attention sinks", {{"attention.sliding_window", WINDOW}}),
        dense("stablelm", ""),
        scaled(5.0f, 1.5f, dense("falcon", "parallel attention and FFN")),
        scaled(2.0f, 3.0f, dense("gptneox", "parallel attention and FFN", {{"use_parallel_residual", true}})),
        scaled(0.5f, 3.0f, dense("gpt2", "learned positions")),
        scaled(2.0f, 3.0f, dense("bloom", "ALiBi, no positions in the graph")),
        scaled(0.05f, 1.5f, dense("mpt", "ALiBi", {{"attention.max_alibi_bias", 8.0f}})),
        dense("refact", "ALiBi"),
        dense("command-r", "parallel attention and FFN, logit scale", {{"logit_scale", 0.5f}}),
        dense("cohere2", "sliding window, logit scale", {{"logit_scale", 0.5f}, {"attention.sliding_window", WINDOW}, {"attention.sliding_window_pattern", EVERY_TWO}}),
        dense("exaone", ""),
        scaled(2.0f, 1.5f, dense("exaone4", "")),
        dense("glm4", "norms before and behind"),
        experts("glm4moe", "mixture of experts", {{"expert_shared_count", uint32_t{1}}, {"leading_dense_block_count", uint32_t{1}}}),
        dense("chatglm", ""),
        dense("ernie4_5", ""),
        experts("ernie4_5-moe", "mixture of experts", {{"interleave_moe_layer_step", uint32_t{1}}, {"expert_shared_feed_forward_length", uint32_t{64}}}),
        dense("hunyuan-dense", ""),
        experts("hunyuan-moe", "mixture of experts", {{"expert_shared_feed_forward_length", uint32_t{64}}}),
        experts("deepseek", "mixture of experts", {{"expert_shared_count", uint32_t{1}}, {"leading_dense_block_count", uint32_t{1}}}),
        variant("deepseek2, MLA", experts("deepseek2", "mixture of experts, latent attention (one cache for K and V)",
            {{"expert_shared_count", uint32_t{1}}, {"leading_dense_block_count", uint32_t{1}}, {"attention.q_lora_rank", uint32_t{32}}, {"attention.kv_lora_rank", uint32_t{64}},
             {"attention.head_count_kv", uint32_t{1}}, {"attention.key_length", uint32_t{64 + 32}}, {"attention.value_length", uint32_t{64}}, {"rope.dimension_count", uint32_t{32}},
             {"attention.key_length_mla", uint32_t{64}}, {"attention.value_length_mla", uint32_t{32}}, {"expert_gating_func", uint32_t{2}}})),
        dense("internlm2", ""),
        dense("baichuan", ""),
        dense("minicpm", "scales"),
        dense("orion", ""),
        dense("nemotron", "squared ReLU"),
        dense("arcee", "squared ReLU"),
        dense("apertus", "xIELU", {{"/xielu.alpha_n", 1.0f}, {"/xielu.alpha_p", 1.0f}, {"/xielu.beta", 1.0f}, {"/xielu.eps", 1e-7f}}),
        dense("seed_oss", ""),
        dense("xverse", ""),
        dense("codeshell", ""),
        dense("plamo", ""),
        scaled(2.0f, 3.0f, dense("jais", "ALiBi", {{"attention.max_alibi_bias", 8.0f}})),
        as_many_kv_heads(experts("dots1", "mixture of experts", {{"expert_shared_count", uint32_t{1}}, {"leading_dense_block_count", uint32_t{1}}, {"expert_gating_func", uint32_t{2}}})),
        experts("bailingmoe", "mixture of experts", {{"expert_shared_count", uint32_t{1}}, {"leading_dense_block_count", uint32_t{1}}}),
        experts("bailingmoe2", "mixture of experts", {{"expert_shared_count", uint32_t{1}}, {"leading_dense_block_count", uint32_t{1}}, {"expert_gating_func", uint32_t{2}}, {"expert_shared_feed_forward_length", uint32_t{64}}}),
        experts("smallthinker", "mixture of experts", {{"expert_gating_func", uint32_t{2}}}),
        experts("minimax-m2", "mixture of experts", {{"expert_gating_func", uint32_t{2}}}),
        experts("afmoe", "mixture of experts, sliding window", {{"attention.sliding_window", WINDOW}, {"attention.sliding_window_pattern", EVERY_TWO}, {"expert_shared_count", uint32_t{1}}, {"leading_dense_block_count", uint32_t{1}}}),
        experts("mimo2", "mixture of experts, sliding window, sinks", {{"attention.sliding_window", WINDOW}, {"attention.sliding_window_pattern", ALTERNATE}, {"rope.freq_base_swa", 1000.0f}}),
        experts("grok", "mixture of experts, soft caps", {{"attn_logit_softcapping", 10.0f}, {"final_logit_softcapping", 5.0f}, {"router_logit_softcapping", 10.0f}}),
        experts("dbrx", "mixture of experts", {{"attention.clamp_kqv", 8.0f}}),
        half_rotated(as_many_kv_heads(dense("minicpm3", "latent attention", {{"attention.q_lora_rank", uint32_t{32}}, {"attention.kv_lora_rank", uint32_t{32}}, {"attention.key_length", uint32_t{32}},
            {"attention.value_length", uint32_t{32}}, {"rope.dimension_count", uint32_t{16}}}))),
        variant("gemma4, per-layer embeddings", dense("gemma4", "sliding window, embeddings of every layer", {{"attention.sliding_window", WINDOW}, {"attention.sliding_window_pattern", ALTERNATE},
            {"rope.freq_base_swa", 1000.0f}, {"embedding_length_per_layer_input", uint32_t{8}}, {"attention.key_length_swa", uint32_t{32}}, {"attention.value_length_swa", uint32_t{32}}})),
        dense("gemma4", "sliding window", {{"attention.sliding_window", WINDOW}, {"attention.sliding_window_pattern", ALTERNATE}, {"rope.freq_base_swa", 1000.0f},
            {"embedding_length_per_layer_input", uint32_t{0}}, {"attention.key_length_swa", uint32_t{32}}, {"attention.value_length_swa", uint32_t{32}}}),
    };
}

std::vector<architecture> refused_architectures() {
    const auto state = [](uint32_t groups) {
        return keys{{"ssm.conv_kernel", uint32_t{4}}, {"ssm.inner_size", uint32_t{256}}, {"ssm.state_size", uint32_t{groups ? 64 : 16}}, {"ssm.time_step_rank", uint32_t{4}},
            {"ssm.group_count", groups}};
    };
    const auto plus = [](keys a, const keys & b) {
        a.insert(a.end(), b.begin(), b.end());
        return a;
    };
    const keys mixed = {{"attention.head_count_kv", std::vector<uint32_t>{0, 2, 0, 2}}}; // 0: a layer with a state instead of a cache
    return {
        dense("mamba", "rolled back", state(0)),
        dense("mamba2", "rolled back", state(2)),
        dense("jamba", "rolled back", plus(state(0), mixed)),
        dense("granitehybrid", "rolled back", plus(state(2), mixed)),
        dense("falcon-h1", "rolled back", state(2)),
        dense("lfm2", "rolled back", plus(mixed, {{"shortconv.l_cache", uint32_t{3}}})),
        experts("qwen3next", "rolled back", plus(state(2), {{"full_attention_interval", uint32_t{2}}})),
        dense("qwen35", "rolled back", plus(state(2), {{"full_attention_interval", uint32_t{2}}, {"rope.dimension_sections", SECTIONS}})),
        experts("deepseek32", "rolled back",
            {{"expert_shared_count", uint32_t{1}}, {"leading_dense_block_count", uint32_t{1}}, {"attention.q_lora_rank", uint32_t{32}}, {"attention.kv_lora_rank", uint32_t{64}},
             {"attention.head_count_kv", uint32_t{1}}, {"attention.key_length", uint32_t{64 + 32}}, {"attention.value_length", uint32_t{64}}, {"rope.dimension_count", uint32_t{32}},
             {"attention.key_length_mla", uint32_t{64}}, {"attention.value_length_mla", uint32_t{32}}, {"expert_gating_func", uint32_t{2}}, {"attention.indexer.head_count", uint32_t{4}}, {"attention.indexer.key_length", uint32_t{64}}, {"attention.indexer.top_k", uint32_t{64}}}),
        as_many_kv_heads(experts("minimax-m3", "rolled back", {{"expert_shared_count", uint32_t{1}}, {"expert_shared_feed_forward_length", uint32_t{64}}, {"leading_dense_block_count", uint32_t{1}}, {"expert_gating_func", uint32_t{2}}, {"rope.dimension_count", uint32_t{32}},
            {"attention.indexer.head_count", uint32_t{4}}, {"attention.indexer.key_length", uint32_t{64}}, {"attention.indexer.top_k", uint32_t{64}}, {"attention.indexer.block_size", uint32_t{16}}, {"attention.indexer.local_blocks", uint32_t{1}}})),
        of_layers(22, dense("gemma3n", "one state per token", {{"attention.sliding_window", WINDOW}})),
        variant("gemma4, wide per-layer embeddings", dense("gemma4", "past the exit", {{"attention.sliding_window", WINDOW}, {"attention.sliding_window_pattern", ALTERNATE},
            {"rope.freq_base_swa", 1000.0f}, {"embedding_length_per_layer_input", uint32_t{256}}, {"attention.key_length_swa", uint32_t{32}}, {"attention.value_length_swa", uint32_t{32}}})),
    };
}

} // namespace test
