"""Reference Kangaroo model in plain PyTorch: Llama architecture (RMSNorm, SwiGLU, grouped-query attention, RoPE on
adjacent pairs as llama.cpp's `llama` expects, tied head) that can be left and re-entered at any layer, and the adapter.

Shapes: B sequences, T tokens, D = dim, V = vocab. Runs on PyTorch 1.13 (CPU) and 2.x (CUDA)."""
import math
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

SDPA = getattr(F, 'scaled_dot_product_attention', None)


@dataclass
class Config:
    vocab: int = 4096
    dim: int = 256
    layers: int = 8
    heads: int = 4
    kv_heads: int = 2
    ff: int = 768
    ctx: int = 1024
    rope_base: float = 10000.0
    eps: float = 1e-5
    dropout: float = 0.0


class RMSNorm(nn.Module):
    def __init__(self, dim, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = eps

    def forward(self, x):
        f = x.float()
        return (f * torch.rsqrt(f.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight).to(x.dtype)


def rope_tables(c, n):
    hd = c.dim // c.heads
    inv = c.rope_base ** (-torch.arange(0, hd, 2).float() / hd)
    angle = torch.arange(n).float()[:, None] * inv[None]
    return angle.cos(), angle.sin()


def rope(x, cos, sin):
    """x [B, T, heads, hd]; rotates the pairs (0,1), (2,3), …"""
    x0, x1 = x[..., 0::2], x[..., 1::2]
    c, s = cos[None, :, None].to(x.dtype), sin[None, :, None].to(x.dtype)
    return torch.stack((x0 * c - x1 * s, x0 * s + x1 * c), -1).flatten(-2)


class CausalAttention(torch.autograd.Function):
    """Causal attention by blocks of queries for PyTorch without scaled_dot_product_attention: half the work of a full score matrix, and
    backward needs only the probabilities. q [B, G, R, T, hd] (R query heads share one of G key heads), k and v [B, G, T, hd]."""
    BLOCK = 256

    @staticmethod
    def blocks(q, k):
        B, G, R, T, hd = q.shape
        for lo in range(0, T, CausalAttention.BLOCK):
            hi = min(lo + CausalAttention.BLOCK, T)
            yield lo, hi, lambda x: x[:, :, :, lo:hi].reshape(B, G, R * (hi - lo), hd)

    @staticmethod
    def forward(ctx, q, k, v):
        B, G, R, T, hd = q.shape
        out, probabilities = torch.empty_like(q), []
        for lo, hi, part in CausalAttention.blocks(q, k):
            s = (part(q) @ k[:, :, :hi].transpose(2, 3)).float().mul_(hd ** -0.5).view(B, G, R, hi - lo, hi)
            s[..., lo:].masked_fill_(torch.ones(hi - lo, hi - lo, dtype=torch.bool).triu(1), float('-inf'))
            p = s.softmax(-1).to(v.dtype).view(B, G, R * (hi - lo), hi)
            out[:, :, :, lo:hi] = (p @ v[:, :, :hi]).view(B, G, R, hi - lo, hd)
            probabilities.append(p)
        ctx.save_for_backward(q, k, v, out, *probabilities)
        return out

    @staticmethod
    def backward(ctx, grad):
        q, k, v, out, *probabilities = ctx.saved_tensors
        gq, gk, gv = torch.empty_like(q), torch.zeros_like(k), torch.zeros_like(v)
        for (lo, hi, part), p in zip(CausalAttention.blocks(q, k), probabilities):
            g = part(grad)
            # d scores = p * (dp - sum(dp * p)), and sum(dp * p) = sum(grad * out)
            ds = (g @ v[:, :, :hi].transpose(2, 3)).sub_((g * part(out)).sum(-1, keepdim=True)).mul_(p).mul_(q.shape[-1] ** -0.5)
            gq[:, :, :, lo:hi] = (ds @ k[:, :, :hi]).view(gq[:, :, :, lo:hi].shape)
            gk[:, :, :hi] += ds.transpose(2, 3) @ part(q)
            gv[:, :, :hi] += p.transpose(2, 3) @ g
        return gq, gk, gv


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c, hd = c, c.dim // c.heads
        self.q = nn.Linear(c.dim, c.dim, bias=False)
        self.k = nn.Linear(c.dim, hd * c.kv_heads, bias=False)
        self.v = nn.Linear(c.dim, hd * c.kv_heads, bias=False)
        self.o = nn.Linear(c.dim, c.dim, bias=False)

    def forward(self, x, cos, sin, pos0=0, cache=None):
        """x [B, T, D] at positions pos0…pos0+T; cache is a dict that keeps this layer's K and V."""
        B, T, D = x.shape
        c, hd = self.c, D // self.c.heads
        q = rope(self.q(x).view(B, T, c.heads, hd), cos, sin)
        k = rope(self.k(x).view(B, T, c.kv_heads, hd), cos, sin)
        v = self.v(x).view(B, T, c.kv_heads, hd)
        if cache is not None:
            if 'k' in cache:
                k, v = torch.cat((cache['k'], k), 1), torch.cat((cache['v'], v), 1)
            cache['k'], cache['v'] = k, v
        r = c.heads // c.kv_heads
        if SDPA is None and cache is None:
            a = CausalAttention.apply(q.view(B, T, c.kv_heads, r, hd).permute(0, 2, 3, 1, 4), k.transpose(1, 2), v.transpose(1, 2))
            return self.o(a.permute(0, 3, 1, 2, 4).reshape(B, T, D))
        q, k, v = (t.transpose(1, 2) for t in (q, k.repeat_interleave(r, 2), v.repeat_interleave(r, 2)))
        if SDPA is not None and pos0 == 0:
            a = SDPA(q, k, v, is_causal=True)
        else:
            mask = torch.full((T, k.shape[2]), float('-inf'), device=x.device).triu(pos0 + 1)
            a = ((q @ k.transpose(2, 3)).float() / math.sqrt(hd) + mask).softmax(-1).to(v.dtype) @ v
        return self.o(a.transpose(1, 2).reshape(B, T, D))


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.attn_norm, self.attn, self.ffn_norm = RMSNorm(c.dim, c.eps), Attention(c), RMSNorm(c.dim, c.eps)
        self.gate = nn.Linear(c.dim, c.ff, bias=False)
        self.up = nn.Linear(c.dim, c.ff, bias=False)
        self.down = nn.Linear(c.ff, c.dim, bias=False)
        self.drop = nn.Dropout(c.dropout)

    def forward(self, x, cos, sin, pos0=0, cache=None):
        x = x + self.drop(self.attn(self.attn_norm(x), cos, sin, pos0, cache))
        h = self.ffn_norm(x)
        return x + self.drop(self.down(F.silu(self.gate(h)) * self.up(h)))


class Model(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.emb = nn.Embedding(c.vocab, c.dim)
        self.blocks = nn.ModuleList(Block(c) for _ in range(c.layers))
        self.norm = RMSNorm(c.dim, c.eps)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                residual = name.endswith(('o.weight', 'down.weight'))
                nn.init.normal_(p, std=0.02 / (math.sqrt(2 * c.layers) if residual else 1))
        cos, sin = rope_tables(c, c.ctx)
        self.register_buffer('cos', cos, persistent=False)
        self.register_buffer('sin', sin, persistent=False)

    def head(self, h):
        return F.linear(h, self.emb.weight)

    def layers(self, x, lo, hi, pos0=0, caches=None):
        """Runs layers [lo, hi) on x [B, T, D]."""
        cos, sin = self.cos[pos0:pos0 + x.shape[1]], self.sin[pos0:pos0 + x.shape[1]]
        for i in range(lo, hi):
            x = self.blocks[i](x, cos, sin, pos0, None if caches is None else caches[i])
        return x

    def forward(self, ids, exit_layer=0):
        """ids [B, T] -> normalised final state [B, T, D]; with exit_layer also the exit state, first."""
        h = self.layers(self.emb(ids), 0, exit_layer)
        f = self.norm(self.layers(h, exit_layer, self.c.layers))
        return (h, f) if exit_layer else f


class Adapter(nn.Module):
    """y = norm(h + attention(attn_norm(h))); the LM head is the base model's. h [B, T, D]."""

    def __init__(self, c):
        super().__init__()
        self.attn_norm, self.attn, self.norm = RMSNorm(c.dim, c.eps), Attention(c), RMSNorm(c.dim, c.eps)
        nn.init.normal_(self.attn.o.weight, std=0.002)

    def forward(self, h, cos, sin, pos0=0, cache=None):
        return self.norm(h + self.attn(self.attn_norm(h), cos, sin, pos0, cache))
