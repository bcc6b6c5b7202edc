"""Golden traces for the engine's tests: greedy Kangaroo decoding in plain PyTorch, fp32 over the F16 weights of two GGUF files.

  golden.py --base F.gguf --adapter F.gguf --prompts F.jsonl --to F.jsonl [--max-tokens N]

A row a prompt: its ids, the first 8 values of its last exit state, its top-5 logits, the plain answer with its smallest gap between the
two best logits, and for three settings every round's drafts, confidences, accepted count and target token."""
import argparse
import json

import sentencepiece as spm
import torch

import gguf_files
from data import ASSISTANT, END, USER

SETTINGS = ((0.6, 6), (0.3, 3), (0.0, 4))


class Reference:
    def __init__(self, base, adapter, max_tokens):
        self.c, self.m = gguf_files.load_base(base)
        self.ad, self.exit = gguf_files.load_adapter(adapter, self.c)
        self.drafts = gguf_files.draft_vocabulary(adapter)
        self.sp = spm.SentencePieceProcessor(model_proto=gguf_files.sentencepiece_of(base))
        self.m.eval(), self.ad.eval()
        self.end, self.most = self.sp.piece_to_id(END), max_tokens

    def run(self, ids, lo, hi, position, caches, x=None):
        return self.m.layers(self.m.emb(torch.tensor([ids])) if x is None else x, lo, hi, position, caches)

    def logits(self, x):
        return self.m.head(self.m.norm(x))[0]

    def adapt(self, h, position, kv):
        span = slice(position, position + h.shape[1])
        return self.ad(h, self.m.cos[span], self.m.sin[span], position, kv)

    def plain(self, ids):
        caches, out, gaps, p = [{} for _ in range(self.c.layers)], [], [], len(ids)
        x = self.run(ids, 0, self.c.layers, 0, caches)
        while True:
            top = self.logits(x[:, -1:])[-1].topk(2)
            out.append(int(top.indices[0]))
            gaps.append(float(top.values[0] - top.values[1]))
            if out[-1] == self.end or len(out) >= self.most:
                return out, min(gaps)
            x, p = self.run([out[-1]], 0, self.c.layers, p, caches), p + 1

    def draft(self, token, position, caches, kv, threshold, most):
        """Pending tokens, the exit state of each, the drafts' confidences."""
        pending, states, confidences = [token], [], []
        for k in range(most + 1):
            states.append(self.run([pending[-1]], 0, self.exit, position + k, caches))
            y = self.adapt(states[-1], position + k, kv)
            if k == most or (k > 0 and confidences[-1] < threshold):
                return pending, states, confidences
            logits = self.m.head(y)[0, -1]
            q = (logits if self.drafts is None else logits[self.drafts]).softmax(-1)
            confidences.append(float(q.max()))
            pending.append(int(q.argmax() if self.drafts is None else self.drafts[q.argmax()]))

    def kangaroo(self, ids, threshold, most):
        caches, kv = [{} for _ in range(self.c.layers)], {}
        h = self.run(ids, 0, self.exit, 0, caches)
        self.adapt(h, 0, kv)
        first = self.logits(self.run(None, self.exit, self.c.layers, 0, caches, h))[-1]
        prefill = {'exitStateOfLastToken': [round(v, 5) for v in h[0, -1, :8].tolist()], 'topLogits': [[int(i), round(float(first[i]), 4)] for i in first.topk(5).indices]}
        out, rounds = [int(first.argmax())], []
        while len(out) < self.most and out[-1] != self.end:
            p = len(ids) + len(out) - 1
            pending, states, confidences = self.draft(out[-1], p, caches, kv, threshold, most)
            target = self.logits(self.run(None, self.exit, self.c.layers, p, caches, torch.cat(states, 1))).argmax(-1).tolist()
            accepted = 0
            while accepted + 1 < len(pending) and pending[accepted + 1] == target[accepted] != self.end:
                accepted += 1
            out += pending[1:1 + accepted] + [target[accepted]]
            rounds.append({'drafts': pending[1:], 'confidences': [round(c, 5) for c in confidences], 'accepted': accepted, 'token': target[accepted]})
            for cache in [*caches, kv]:
                cache['k'], cache['v'] = cache['k'][:, :len(ids) + len(out) - 1], cache['v'][:, :len(ids) + len(out) - 1]
        return out, rounds, prefill


@torch.no_grad()
def main(a):
    reference, sums = Reference(a.base, a.adapter, a.max_tokens), {}
    with open(a.prompts, encoding='utf-8') as questions, open(a.to, 'w', encoding='utf-8') as to:
        for q in map(json.loads, questions):
            ids = [1] + reference.sp.encode(USER + q['prompt'].strip() + END + ASSISTANT)
            out, gap = reference.plain(ids)
            row = {'category': q.get('category', ''), 'prompt': q['prompt'], 'promptIds': ids, 'plain': {'ids': out, 'minLogitGap': round(gap, 4)}, 'kangaroo': []}
            for threshold, most in SETTINGS:
                o, rounds, row['prefill'] = reference.kangaroo(ids, threshold, most)
                same = o[:len(out)] == out
                row['kangaroo'].append({'threshold': threshold, 'maxDraft': most, 'identicalToPlain': same, 'rounds': rounds})
                for group in ('all', row['category']):
                    t = sums.setdefault((threshold, most, group), [0] * 6)
                    for i, v in enumerate((1, len(o), len(rounds), sum(len(r['drafts']) for r in rounds), sum(r['accepted'] for r in rounds), same)):
                        t[i] += v
            to.write(json.dumps(row) + '\n')
            print('.', end='', flush=True)
    print()
    for (threshold, most, group), t in sorted(sums.items()):
        print(f'threshold {threshold} max draft {most} {group}: {t[0]} prompts, {t[1] / t[2]:.2f} tokens/round, {t[3] / t[2]:.2f} drafts/round, acceptance {t[4] / t[3]:.3f}, identical to plain {t[5]}')


if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('base', 'adapter', 'prompts', 'to'):
        p.add_argument('--' + name, required=True)
    p.add_argument('--max-tokens', type=int, default=96)
    main(p.parse_args())
