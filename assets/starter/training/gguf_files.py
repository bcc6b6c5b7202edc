"""GGUF to PyTorch and back: base model, adapter, tokenizer. Needs gguf-py (comes with llama.cpp) on PYTHONPATH."""
import hashlib
import struct

import gguf
import numpy as np
import torch

from data import ASSISTANT, END, USER
from model import Adapter, Config, Model

TEMPLATE = ("{% for m in messages %}{% if m['role'] == 'assistant' %}<|assistant|>{% else %}<|user|>{% endif %}{{ m['content'] | trim }}<|end|>{% endfor %}"
            '{% if add_generation_prompt %}<|assistant|>{% endif %}')
ATTENTION = {'attn.q': 'attn_q', 'attn.k': 'attn_k', 'attn.v': 'attn_v', 'attn.o': 'attn_output'}
BLOCK = {'attn_norm': 'attn_norm', **ATTENTION, 'ffn_norm': 'ffn_norm', 'gate': 'ffn_gate', 'up': 'ffn_up', 'down': 'ffn_down'}
ADAPTER = {'attn_norm': 'attn_norm', **ATTENTION, 'norm': 'norm'}


def names(c):
    """PyTorch name -> GGUF name of every tensor of the base model."""
    blocks = {f'blocks.{i}.{a}.weight': f'blk.{i}.{b}.weight' for i in range(c.layers) for a, b in BLOCK.items()}
    return {'emb.weight': 'token_embd.weight', 'norm.weight': 'output_norm.weight', **blocks}


def read(path):
    r = gguf.GGUFReader(path)
    tensors = {t.name: torch.from_numpy(np.array(t.data, np.float32)) for t in r.tensors}
    return (lambda key: r.fields[key].contents()), tensors


def load_base(path):
    """Config and weights of an F16 or F32 file."""
    get, t = read(path)
    k = lambda name: get('llama.' + name)
    c = Config(vocab=len(t['token_embd.weight']), dim=k('embedding_length'), layers=k('block_count'), heads=k('attention.head_count'), kv_heads=k('attention.head_count_kv'),
               ff=k('feed_forward_length'), ctx=k('context_length'), rope_base=k('rope.freq_base'), eps=k('attention.layer_norm_rms_epsilon'))
    m = Model(c)
    m.load_state_dict({a: t[b] for a, b in names(c).items()})
    return c, m


def load_adapter(path, c):
    """The adapter and its exit layer."""
    get, t = read(path)
    a = Adapter(c)
    a.load_state_dict({x + '.weight': t[y + '.weight'] for x, y in ADAPTER.items()})
    return a, get('kangaroo.exit_layer')


def draft_vocabulary(path):
    """Ids of the tokens that the adapter drafts from, in ascending order; None: all."""
    found = read(path)[1].get('draft_vocab')
    return None if found is None else found.long()


def without(path, keys, to, drafts=None):
    """A copy of a GGUF file that lacks some of its metadata; an adapter's with the ids of another one's draft vocabulary."""
    r, T = gguf.GGUFReader(path), gguf.GGUFValueType
    g = gguf.GGUFWriter(to, r.fields['general.architecture'].contents())
    add = {T.STRING: g.add_string, T.UINT32: g.add_uint32, T.UINT64: g.add_uint64, T.FLOAT32: g.add_float32}
    for key, field in r.fields.items():
        if not key.startswith('GGUF.') and key not in ('general.architecture', *keys):
            add[field.types[0]](key, field.contents())
    for t in r.tensors:
        g.add_tensor(t.name, np.array(t.data))
    if drafts is not None:
        g.add_tensor('draft_vocab', np.array(drafts, np.int32))
    finish(g)


def sentencepiece_of(path):
    """The tokenizer of a GGUF file as a serialised SentencePiece model (protobuf, written by hand: five fields are enough)."""
    get, _ = read(path)
    varint = lambda n: bytes([n & 127 | 128]) + varint(n >> 7) if n > 127 else bytes([n])
    number = lambda field, n: varint(field << 3) + varint(n & (1 << 64) - 1)
    data = lambda field, b: varint(field << 3 | 2) + varint(len(b)) + b
    out = b''
    for piece, score, kind in zip(*(get('tokenizer.ggml.' + k) for k in ('tokens', 'scores', 'token_type'))):
        kind = gguf.TokenType.USER_DEFINED if piece in (USER, ASSISTANT, END) else kind
        out += data(1, data(1, piece.encode()) + varint(2 << 3 | 5) + struct.pack('<f', score) + number(3, int(kind)))
    bpe, byte_fallback, unk, bos, eos, pad = (3, 2), (35, 1), (40, 0), (41, 1), (42, 2), (43, -1)
    trainer = b''.join(number(*f) for f in (bpe, byte_fallback, unk, bos, eos, pad))
    normalizer = data(1, b'identity') + number(3, 0) + number(4, 0) + number(5, 1)  # no dummy prefix, spaces kept, spaces escaped
    return out + data(2, trainer) + data(3, normalizer)


def put(g, name, t, q8=False):
    """Vectors as F32, matrices as F16 or, of that, Q8_0: the same bytes as llama.cpp's quantiser writes."""
    t = t.float().numpy()
    if t.ndim == 1:
        g.add_tensor(name, t)
    elif q8:
        q = gguf.GGMLQuantizationType.Q8_0
        g.add_tensor(name, gguf.quants.quantize(t.astype(np.float16).astype(np.float32), q), raw_dtype=q)
    else:
        g.add_tensor(name, t.astype(np.float16))


def finish(g):
    g.write_header_to_file(); g.write_kv_data_to_file(); g.write_tensors_to_file(); g.close()


def fingerprint(c, weights):
    """SHA-256 over the base's attention norms (F32) in order: binds an adapter to its base, whatever the quantisation."""
    h = hashlib.sha256()
    for i in range(c.layers):
        h.update(weights[f'blocks.{i}.attn_norm.weight'].float().numpy().tobytes())
    return h.hexdigest()


def write_base(path, c, weights, sp, name, q8=False):
    T, n, end = gguf.TokenType, range(c.vocab), sp.piece_to_id(END)

    def kind(i):
        p = sp.id_to_piece(i)
        return (T.UNKNOWN if sp.is_unknown(i) else T.CONTROL if sp.is_control(i) or p in (USER, ASSISTANT, END)
                else T.BYTE if sp.is_byte(i) else T.USER_DEFINED if p == '\n' else T.NORMAL)

    g = gguf.GGUFWriter(path, 'llama')
    g.add_name(name); g.add_block_count(c.layers); g.add_context_length(c.ctx); g.add_embedding_length(c.dim)
    g.add_feed_forward_length(c.ff); g.add_head_count(c.heads); g.add_head_count_kv(c.kv_heads); g.add_layer_norm_rms_eps(c.eps)
    g.add_rope_dimension_count(c.dim // c.heads); g.add_rope_freq_base(c.rope_base); g.add_vocab_size(c.vocab)
    g.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0 if q8 else gguf.LlamaFileType.MOSTLY_F16); g.add_quantization_version(2)
    g.add_tokenizer_model('llama'); g.add_tokenizer_pre('default')
    g.add_token_list([sp.id_to_piece(i).encode() for i in n]); g.add_token_scores([sp.get_score(i) for i in n]); g.add_token_types([kind(i) for i in n])
    g.add_bos_token_id(1); g.add_eos_token_id(end); g.add_eot_token_id(end); g.add_unk_token_id(0)
    g.add_add_bos_token(True); g.add_add_eos_token(False); g.add_add_space_prefix(False); g.add_chat_template(TEMPLATE)
    for a, b in names(c).items():
        put(g, b, weights[a], q8)
    finish(g)


def write_adapter(path, c, base, weights, exit_layer, steps, name):
    g = gguf.GGUFWriter(path, 'kangaroo')
    g.add_name(name + ' adapter'); g.add_uint32('kangaroo.exit_layer', exit_layer); g.add_uint32('kangaroo.embedding_length', c.dim)
    g.add_uint32('kangaroo.attention.head_count', c.heads); g.add_uint32('kangaroo.attention.head_count_kv', c.kv_heads)
    g.add_uint32('kangaroo.rope.dimension_count', c.dim // c.heads); g.add_float32('kangaroo.rope.freq_base', c.rope_base); g.add_float32('kangaroo.norm_rms_eps', c.eps)
    g.add_string('kangaroo.base.fingerprint', fingerprint(c, base)); g.add_string('kangaroo.base.name', name); g.add_uint32('kangaroo.train.steps', steps)
    for a, b in ADAPTER.items():
        put(g, b + '.weight', weights[a + '.weight'])
    finish(g)
