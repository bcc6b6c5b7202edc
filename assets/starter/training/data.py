"""Corpus to tokens: one file a source, held-out rows apart, whole conversations packed into windows.

A token is a uint16: the low 15 bits are its id, the high bit says that the loss counts it (the assistant's words and the end of
its turn; all of a prose row)."""
import functools
import json
import lzma
import multiprocessing
import random
import zlib

import numpy as np
import torch

import templates

USER, ASSISTANT, END = '<|user|>', '<|assistant|>', '<|end|>'
COUNTED, BOS = 1 << 15, 1


def rows(path):
    with lzma.open(path, 'rt', encoding='utf-8') as f:
        yield from map(json.loads, f)


def key(row):
    """The same for rows that begin alike, so that near copies fall on one side of the split."""
    return zlib.crc32((row['text'][:80] if 'text' in row else row['messages'][0]['content'][:80]).encode())


def encode_chat(sp, turns):
    out = [BOS]
    for m in turns:
        mine = m['role'] == 'assistant'
        out.append(sp.piece_to_id(ASSISTANT if mine else USER))
        ids = sp.encode(m['content'].strip()) + [sp.piece_to_id(END)]
        out += [i | COUNTED for i in ids] if mine else ids
    return out


def windows(sp, row, limit):
    """A row as documents of at most `limit` tokens: prose is cut between paragraphs, chats between pairs of turns; what then still is
    too long is cut off (prose) or left out (chats: an answer without its end would teach not to stop)."""
    prose = 'text' in row
    if prose:
        parts = [p for p in row['text'].split('\n\n') if p.strip()]
        sizes = [len(ids) + 2 for ids in sp.encode(parts)]
    else:
        parts = list(zip(row['messages'][::2], row['messages'][1::2]))
        sizes = [sum(len(sp.encode(m['content'])) + 2 for m in pair) for pair in parts]
    group, used = [], 1
    for part, size in [*zip(parts, sizes), (None, limit)]:
        if group and used + size > limit:
            if prose:
                yield [BOS] + [i | COUNTED for i in sp.encode('\n\n'.join(group))][:limit - 1]
            elif used <= limit:
                yield encode_chat(sp, [m for pair in group for m in pair])
            group, used = [], 1
        group.append(part)
        used += size


def extended(r, row, story):
    """Now and then a greeting before and a follow-up behind a one-turn conversation, and a story asked for in other words."""
    m = row.get('messages', [])
    if len(m) != 2:
        return row
    turns = [x['content'] for x in m]
    if story and r.random() < 0.5 and (other := templates.story_request(r, turns[0])):
        turns[0] = other
    if r.random() > 0.3:
        return {'messages': templates.messages(turns)}
    after = templates.follow_up(r, turns) or []
    before = templates.greeting(r) if r.random() < 0.3 else []
    return {'messages': templates.messages(before + turns + after)}


def prepare_source(source, sp, corpus, out, limit, most):
    r, generated = random.Random(source), templates.GENERATED.get(source)
    chosen = [{'messages': m} for m in generated(r, 60000)] if generated else list(rows(f'{corpus}/{source}.jsonl.xz'))
    r.shuffle(chosen)
    train, held, total = [], [], 0
    for row in chosen:
        if key(row) % 50 == 0:
            held += [d for d in windows(sp, row, limit) if len(held) < 400]
        elif total < most:
            for d in windows(sp, row if generated else extended(r, row, source == 'llama31_stories'), limit):
                train.append(d)
                total += len(d)
    for name, docs in ((source, train), (source + '-held', held)):
        np.savez_compressed(f'{out}/{name}.npz', tokens=np.array([t for d in docs for t in d], np.uint16), starts=np.cumsum([0] + [len(d) for d in docs]))
    return f'{source}: {len(chosen)} rows, {len(train)} documents, {total / 1e6:.2f} M tokens, {len(held)} held out'


def prepare(sp, corpus, out, mixture, limit, most):
    """Writes DIR/SOURCE{,-held}.npz for every source of the mixture; about `most` tokens of a source are kept at most."""
    with multiprocessing.Pool() as pool:
        for line in pool.imap_unordered(functools.partial(prepare_source, sp=sp, corpus=corpus, out=out, limit=limit, most=most), mixture):
            print(line, flush=True)


class Source:
    def __init__(self, path, seed=0):
        z = np.load(path)
        self.tokens, self.starts, self.random, self.order = z['tokens'], z['starts'], np.random.default_rng(seed), []

    def __len__(self):
        return len(self.starts) - 1

    def __getitem__(self, i):
        return self.tokens[self.starts[i]:self.starts[i + 1]]

    def next(self):
        if not len(self.order):
            self.order = list(self.random.permutation(len(self)))
        return self[self.order.pop()]


def tensors(rows, T):
    """Rows of documents -> inputs [B, T], targets [B, T] (-1 where the loss does not count)."""
    flat = np.zeros((len(rows), T + 1), np.int64)
    for i, docs in enumerate(rows):
        row = np.concatenate(docs)[:T + 1]
        flat[i, :len(row)] = row
    ids, counted = flat & (COUNTED - 1), flat >= COUNTED
    return torch.from_numpy(ids[:, :-1].copy()), torch.from_numpy(np.where(counted, ids, -1)[:, 1:].copy())


class Packer:
    """Endless batches of windows filled with whole documents, sources in the mixture's shares of tokens."""

    def __init__(self, out, mixture, T, seed):
        self.sources = {s: Source(f'{out}/{s}.npz', seed) for s in mixture}
        self.share, self.taken, self.pool, self.T = {s: n / sum(mixture.values()) for s, n in mixture.items()}, dict.fromkeys(mixture, 0), [], T

    def draw(self):
        s = min(self.share, key=lambda s: self.taken[s] / self.share[s])
        d = self.sources[s].next()
        self.taken[s] += len(d)
        return d

    def row(self):
        docs, room = [], self.T + 1
        while True:
            while len(self.pool) < 128:
                self.pool.append(self.draw())
            # the first document is the oldest, so that none waits for ever; then the longest that fits
            fit = self.pool[:1] if not docs else [d for d in self.pool if len(d) <= room]
            if not fit:
                return docs
            best = max(fit, key=len)
            self.pool.pop(next(i for i, d in enumerate(self.pool) if d is best))
            docs.append(best)
            room -= len(best)

    def batch(self, B):
        return tensors([self.row() for _ in range(B)], self.T)


def held_out(out, source, T, documents):
    """Batches of the first held-out documents of a source, one a row, sorted by length."""
    s = Source(f'{out}/{source}-held.npz')
    docs = sorted((s[i] for i in range(min(documents, len(s)))), key=len)
    for i in range(0, len(docs), 16):
        some = docs[i:i + 16]
        yield tensors([[d] for d in some], min(T, max(map(len, some)) - 1))
