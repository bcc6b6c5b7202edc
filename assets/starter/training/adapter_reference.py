"""Trains an adapter for a small Llama-architecture GGUF in plain PyTorch, to hold the C++ trainer against (native/compare-training.ts).

  adapter_reference.py BASE.gguf TRAIN.jsonl HELD-OUT.jsonl ADAPTER.gguf --exit-layer N --steps N --positions N --rate R

Texts are lines {"ids": [...], "mask": [...]}. One text at a time, gradients summed over a step's positions; the schedule is that of
the C++ trainer, the random numbers are PyTorch's own. Prints one JSON object: held-out agreement and cross-entropy.
Needs PyTorch, NumPy and llama.cpp's gguf-py on PYTHONPATH."""
import argparse, hashlib, json, math, time

import gguf
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


def rms_norm(x, weight, eps):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight


def rotate(x, base):
    """x [T, heads, width]: the pairs (0, 1), (2, 3), … turn with the position."""
    T, _, d = x.shape
    angle = torch.arange(T).float()[:, None] * base ** (-torch.arange(0, d, 2).float() / d)[None]
    c, s = angle.cos()[:, None], angle.sin()[:, None]
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * c - b * s, a * s + b * c), -1).flatten(-2)


def attention(x, q, k, v, o, heads, kv_heads, base):
    """Causal, x [T, D]."""
    T, d = x.shape[0], q.shape[0] // heads
    q = rotate((x @ q.T).view(T, heads, d), base)
    k = rotate((x @ k.T).view(T, kv_heads, d), base).repeat_interleave(heads // kv_heads, 1)
    v = (x @ v.T).view(T, kv_heads, d).repeat_interleave(heads // kv_heads, 1)
    score = torch.einsum('thd,shd->hts', q, k) / math.sqrt(d) + torch.full((T, T), float('-inf')).triu(1)
    return torch.einsum('hts,shd->thd', score.softmax(-1), v).reshape(T, -1) @ o.T


class Base:
    def __init__(self, path):
        r = gguf.GGUFReader(path)
        key = lambda name: r.fields['llama.' + name].parts[r.fields['llama.' + name].data[0]][0].item()
        self.w = {t.name: torch.from_numpy(np.array(t.data, dtype=np.float32).reshape(tuple(int(n) for n in t.shape[::-1]))) for t in r.tensors}
        self.layers, self.heads, self.kv_heads, self.eps = key('block_count'), key('attention.head_count'), key('attention.head_count_kv'), key('attention.layer_norm_rms_epsilon')
        self.base = key('rope.freq_base')
        self.head = self.w.get('output.weight', self.w['token_embd.weight'])

    @torch.no_grad()
    def states(self, ids, exit_layer):
        """Exit state and normalised final state, [T, D] each."""
        x, h = self.w['token_embd.weight'][ids], None
        for i in range(self.layers):
            if i == exit_layer:
                h = x
            w = lambda name: self.w[f'blk.{i}.{name}.weight']
            x = x + attention(rms_norm(x, w('attn_norm'), self.eps), w('attn_q'), w('attn_k'), w('attn_v'), w('attn_output'), self.heads, self.kv_heads, self.base)
            n = rms_norm(x, w('ffn_norm'), self.eps)
            x = x + (F.silu(n @ w('ffn_gate').T) * (n @ w('ffn_up').T)) @ w('ffn_down').T
        return h, rms_norm(x, self.w['output_norm.weight'], self.eps)


class Adapter(nn.Module):
    def __init__(self, b):
        super().__init__()
        self.b, like = b, {n: b.w[f'blk.0.attn_{n}.weight'].shape for n in ('q', 'k', 'v', 'output')}
        for n, shape in like.items():
            deviation = 0.002 if n == 'output' else 1 / math.sqrt(3 * shape[1])
            setattr(self, 'attn_' + n, nn.Parameter(torch.randn(shape) * deviation))
        self.attn_norm = nn.Parameter(torch.ones(shape[0]))
        self.norm = nn.Parameter(b.w['output_norm.weight'].clone())

    def forward(self, h):
        a = attention(rms_norm(h, self.attn_norm, 1e-5), self.attn_q, self.attn_k, self.attn_v, self.attn_output, self.b.heads, self.b.kv_heads, self.b.base)
        return rms_norm(h + a, self.norm, 1e-5)


def main():
    p = argparse.ArgumentParser()
    for name in ('base', 'train', 'held_out', 'adapter'):
        p.add_argument(name)
    p.add_argument('--exit-layer', type=int, required=True)
    p.add_argument('--steps', type=int, required=True)
    p.add_argument('--positions', type=int, required=True)
    p.add_argument('--rate', type=float, required=True)
    p.add_argument('--seed', type=int, default=1)
    a = p.parse_args()
    torch.manual_seed(a.seed)
    b = Base(a.base)

    def load(path):
        with open(path) as f:
            for t in map(json.loads, f):
                mask = torch.tensor(t['mask'], dtype=torch.bool)
                h, final = b.states(torch.tensor(t['ids']), a.exit_layer)
                yield h, final[mask], mask

    train, held_out = list(load(a.train)), list(load(a.held_out))
    ad = Adapter(b)
    opt = torch.optim.AdamW(ad.parameters(), lr=a.rate, betas=(0.9, 0.95), weight_decay=0.0)
    warmup, order, started = min(100, (a.steps + 19) // 20), [], time.time()
    for step in range(a.steps):
        scale = (step + 1) / warmup if step < warmup else 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, a.steps - warmup)))
        for g in opt.param_groups:
            g['lr'] = a.rate * scale
        opt.zero_grad()
        positions = 0
        while positions < a.positions:
            order = order or torch.randperm(len(train)).tolist()
            h, final, mask = train[order.pop()]
            target = (final @ b.head.T).softmax(-1)
            loss = -(target * (ad(h)[mask] @ b.head.T).log_softmax(-1)).sum()
            loss.backward()
            positions += len(final)
        for w in ad.parameters():
            w.grad /= positions
        nn.utils.clip_grad_norm_(ad.parameters(), 0.5)
        opt.step()
    seconds = time.time() - started

    same = total = entropy = 0
    with torch.no_grad():
        for h, final, mask in held_out:
            wanted, said = final @ b.head.T, ad(h)[mask] @ b.head.T
            same += (wanted.argmax(-1) == said.argmax(-1)).sum().item()
            entropy += -(wanted.softmax(-1) * said.log_softmax(-1)).sum().item()
            total += len(final)

    g = gguf.GGUFWriter(a.adapter, 'kangaroo')
    d = ad.attn_q.shape[0] // b.heads

    norms = b''.join(b.w[f'blk.{i}.attn_norm.weight'].numpy().tobytes() for i in range(b.layers))
    g.add_name('PyTorch reference adapter')
    g.add_string('kangaroo.base.fingerprint', hashlib.sha256(norms).hexdigest())
    for key, value in (('exit_layer', a.exit_layer), ('embedding_length', b.head.shape[1]), ('attention.head_count', b.heads), ('attention.head_count_kv', b.kv_heads), ('rope.dimension_count', d)):
        g.add_uint32('kangaroo.' + key, value)
    g.add_float32('kangaroo.rope.freq_base', b.base)
    g.add_float32('kangaroo.norm_rms_eps', 1e-5)
    for name in ('attn_norm', 'attn_q', 'attn_k', 'attn_v', 'attn_output', 'norm'):
        t = getattr(ad, name).detach().numpy()
        g.add_tensor(name + '.weight', t.astype(np.float16) if t.ndim == 2 else t)
    g.write_header_to_file(); g.write_kv_data_to_file(); g.write_tensors_to_file(); g.close()
    print(json.dumps({'agreement': same / total, 'crossEntropy': entropy / total, 'positions': total, 'seconds': seconds}))


main()
