"""Trains the starter: a small chat model and, along with it, its Kangaroo adapter, on a CPU or one GPU, within a time budget.

  prep   --out DIR --corpus DIR --mixture FILE (--from-base F.gguf | --vocab N)   tokenizer and token files
  train  --out DIR --seconds S [--from-base F --from-adapter F]                 goes on where it stopped; constant learning rate
  decay  --out DIR --seconds S [--from-base F --from-adapter F]                 learning rate to zero; writes final.pt, leaves train.pt
  score  --out DIR [--from-base F --from-adapter F]                              held-out loss by source, the adapter's agreement
  ship   --adapter F --to F [--draft-vocab-of F]                                 an adapter without the speeds of the machine that trained it
  export --out DIR --to DIR --name NAME                                         final.pt as GGUF, F16 and Q8_0

Warm-up, then a constant rate, then a short decay: training can stop at any time and still end well."""
import argparse
import json
import os
import time

import torch
import torch.nn.functional as F

import data
import templates
from model import Adapter, Config, Model
from optimizer import optimizers

DEV = 'cuda' if torch.cuda.is_available() else 'cpu'
torch.set_flush_denormal(True)  # probabilities near zero would cost a CPU many times the rest


def save(path, **state):
    torch.save(state, path + '.tmp')
    os.replace(path + '.tmp', path)


def prepared(out):
    """What prep wrote: the vocabulary's size, and the sources' shares."""
    with open(f'{out}/mixture.json', encoding='utf-8') as f:
        return json.load(f)


def tokenizer(out):
    import sentencepiece  # only here, as gguf_files below: training needs neither
    return sentencepiece.SentencePieceProcessor(model_file=out + '/tokenizer.model')


def learn_tokenizer(a, mixture):
    import sentencepiece
    lines = []
    for source in mixture:
        if source not in templates.GENERATED:
            for row in data.rows(f'{a.corpus}/{source}.jsonl.xz'):
                texts = [row['text']] if 'text' in row else [m['content'] for m in row['messages']]
                lines += [x[:2000] for t in texts for x in t.split('\n') if x.strip()]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=a.out + '/tokenizer', vocab_size=a.vocab, model_type='bpe', byte_fallback=True, character_coverage=0.9995,
        user_defined_symbols=[data.USER, data.ASSISTANT, data.END, '\n'], unk_id=0, bos_id=1, eos_id=2, pad_id=-1, split_digits=True,
        add_dummy_prefix=False, remove_extra_whitespaces=False, normalization_rule_name='identity', allow_whitespace_only_pieces=True,
        input_sentence_size=500000, shuffle_input_sentence=True, minloglevel=2)


def prep(a):
    os.makedirs(a.out, exist_ok=True)
    with open(a.mixture, encoding='utf-8') as f:
        mixture = json.load(f)
    if a.from_base:
        import gguf_files
        with open(f'{a.out}/tokenizer.model', 'wb') as f:
            f.write(gguf_files.sentencepiece_of(a.from_base))
    else:
        learn_tokenizer(a, mixture)
    sp = tokenizer(a.out)
    with open(f'{a.out}/mixture.json', 'w', encoding='utf-8') as f:
        json.dump({'vocab': sp.get_piece_size(), 'shares': mixture}, f)
    data.prepare(sp, a.corpus, a.out, mixture, a.window + 1, a.most)


class Run:
    """Model, adapter and optimisers, with what a checkpoint keeps of them."""

    def __init__(self, a):
        torch.manual_seed(0)
        path = f'{a.out}/train.pt'
        s = torch.load(path, map_location='cpu') if os.path.exists(path) else {'step': 0, 'seconds': 0.0, 'tokens': 0}
        if 'config' in s:
            self.c = Config(**s['config'])
            self.m, self.ad, self.exit_layer = Model(self.c), Adapter(self.c), s['exit_layer']
            self.m.load_state_dict(s['model'])
            self.ad.load_state_dict(s['adapter'])
        elif a.from_base:
            import gguf_files
            self.c, self.m = gguf_files.load_base(a.from_base)
            self.ad, self.exit_layer = gguf_files.load_adapter(a.from_adapter, self.c)
        else:
            self.c = Config(vocab=prepared(a.out)['vocab'], dim=a.dim, layers=a.layers, heads=a.heads, kv_heads=a.kv_heads, ff=a.ff, ctx=a.ctx)
            self.m, self.ad, self.exit_layer = Model(self.c), Adapter(self.c), a.exit_layer
        self.m.to(DEV), self.ad.to(DEV)
        self.params = [*self.m.parameters(), *self.ad.parameters()]
        self.opts = optimizers([self.m, self.ad], a.lr)
        for o, state in zip(self.opts, s.get('optimizers', [])):
            o.load_state_dict(state)
        self.warm = 'optimizers' in s  # a fresh optimiser has to warm up first
        self.step, self.seconds, self.tokens, self.out = s['step'], s['seconds'], s['tokens'], a.out
        # torch.compile came with PyTorch 2
        self.forward = torch.compile(self.m) if DEV == 'cuda' else self.m

    def save(self):
        """All that training goes on from."""
        self.write('train', self.m.state_dict(), self.ad.state_dict(), optimizers=[o.state_dict() for o in self.opts])

    def finish(self):
        """What export and score need, in the precision of the exported file."""
        f16 = lambda module: {n: t.half() if t.dim() == 2 else t for n, t in module.state_dict().items()}
        self.write('final', f16(self.m), f16(self.ad))

    def write(self, name, model, adapter, **more):
        save(f'{self.out}/{name}.pt', config=self.c.__dict__, exit_layer=self.exit_layer, model=model, adapter=adapter, step=self.step, seconds=self.seconds, tokens=self.tokens, **more)

    def logits(self, x, y, forward):
        """Final and early logits [N, vocab] at the positions that count, and their targets [N]."""
        with torch.autocast(DEV, dtype=torch.bfloat16):
            h, f = forward(x, self.exit_layer)
            early, keep = self.ad(h, self.m.cos[:x.shape[1]], self.m.sin[:x.shape[1]]), y >= 0
            return self.m.head(f[keep]), self.m.head(early[keep]), y[keep]

    def learn(self, batch, lr, weight):
        x, y = (t.to(DEV) for t in batch)
        full, early, target = self.logits(x, y, self.forward)
        loss = F.cross_entropy(full.float(), target)
        # soft cross-entropy of the early exit against the final distribution: teaches the adapter and shapes the layers before it
        exit_loss = -(full.detach().float().softmax(-1) * early.float().log_softmax(-1)).sum(-1).mean()
        for o in self.opts:
            o.zero_grad(set_to_none=True)
        (loss + weight * exit_loss).backward()
        torch.nn.utils.clip_grad_norm_(self.params, 1.0)
        for o in self.opts:
            for g in o.param_groups:
                g['lr'] = lr
            o.step()
        self.step += 1
        self.tokens += len(target)
        return loss.item()


@torch.no_grad()
def score(run, window, documents, mixture):
    """{source: [nats per counted token, share where the early exit's best token is the final one's]}"""
    result = {}
    run.m.eval()
    for source in mixture:
        loss = same = n = 0
        for x, y in data.held_out(run.out, source, window, documents):
            full, early, target = run.logits(x.to(DEV), y.to(DEV), run.m)
            loss += F.cross_entropy(full.float(), target, reduction='sum').item()
            same += (full.argmax(-1) == early.argmax(-1)).sum().item()
            n += len(target)
        result[source] = [loss / n, same / n]
    run.m.train()
    return result


def weighted(result, mixture):
    total = sum(mixture.values())
    return [sum(result[s][i] * mixture[s] for s in mixture) / total for i in (0, 1)]


def fit(a):
    run, mixture = Run(a), prepared(a.out)['shares']
    run.m.train()
    print(f'{sum(p.numel() for p in run.params) / 1e6:.2f} M parameters on {DEV}, step {run.step}, {run.seconds:.0f} s before', flush=True)
    packer = data.Packer(a.out, mixture, a.window, seed=run.step + 1)
    start, before, saved, first, mean = time.time(), run.seconds, time.time(), run.step, 0.0
    while time.time() - start < a.seconds:
        spent = time.time() - start
        warm = 1.0 if run.warm else min(1.0, (run.step - first + 1) / 50)
        lr = a.lr * warm * (max(0.0, 1 - spent / a.seconds) if a.cmd == 'decay' else 1.0)
        mean = 0.98 * mean + 0.02 * run.learn(packer.batch(a.batch), lr, a.exit_weight)
        run.seconds = before + time.time() - start
        if run.step % a.log == 0:
            loss, agree = weighted(score(run, a.window, 8, mixture), mixture)
            print(f'step {run.step} {run.seconds:.0f} s {run.tokens / 1e6:.2f} M counted tokens, train {mean / (1 - 0.98 ** (run.step - first)):.3f} held-out {loss:.3f} agrees {agree:.3f} lr {lr:.1e}', flush=True)
        if time.time() - saved > 240:
            run.save() if a.cmd == 'train' else run.finish()
            saved = time.time()
    run.save() if a.cmd == 'train' else run.finish()


def report(a):
    """Scores two GGUF files, or final.pt."""
    run, mixture = Run(a), prepared(a.out)['shares']
    if a.from_base:
        import gguf_files
        run.c, run.m = gguf_files.load_base(a.from_base)
        run.ad, run.exit_layer = gguf_files.load_adapter(a.from_adapter, run.c)
    else:
        s = torch.load(f'{a.out}/final.pt', map_location='cpu')
        run.m.load_state_dict(s['model']), run.ad.load_state_dict(s['adapter'])
    run.m.to(DEV), run.ad.to(DEV)
    result = score(run, a.window, a.documents, mixture)
    for source, (loss, agree) in {**result, 'all': weighted(result, mixture)}.items():
        print(f'{source}\t{loss:.3f}\t{agree:.3f}')


def export(a):
    import gguf_files
    s = torch.load(f'{a.out}/final.pt', map_location='cpu')
    c, sp = Config(**s['config']), tokenizer(a.out)
    os.makedirs(a.to, exist_ok=True)
    for q8 in (False, True):
        gguf_files.write_base(f'{a.to}/starter-{"q8_0" if q8 else "f16"}.gguf', c, s['model'], sp, a.name, q8)
    gguf_files.write_adapter(f'{a.to}/starter-adapter.gguf', c, s['model'], s['adapter'], s['exit_layer'], s['step'], a.name)


def ship(a):
    import gguf_files
    drafts = gguf_files.draft_vocabulary(a.draft_vocab_of) if a.draft_vocab_of else None
    gguf_files.without(a.adapter, ('kangaroo.train.result', 'kangaroo.train.layers'), a.to, drafts)


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = p.add_subparsers(dest='cmd', required=True)
    for name, run in dict(prep=prep, train=fit, decay=fit, score=report, export=export, ship=ship).items():
        q = sub.add_parser(name)
        q.set_defaults(run=run)
        add = q.add_argument
        if name == 'ship':
            add('--adapter', required=True); add('--draft-vocab-of'); add('--to', required=True)
            continue
        add('--out', required=True)
        if name == 'export':
            add('--to', required=True); add('--name', required=True)
            continue
        add('--window', type=int, default=1024); add('--from-base'); add('--from-adapter')
        if name == 'prep':
            add('--corpus', required=True); add('--mixture', required=True); add('--vocab', type=int); add('--most', type=float, default=1e9)
            continue
        add('--lr', type=float, default=1e-3); add('--exit-layer', type=int, default=2)
        for k, v in dict(dim=256, layers=8, heads=4, kv_heads=2, ff=768, ctx=1024).items():
            add('--' + k.replace('_', '-'), type=int, default=v)
        if name == 'score':
            add('--documents', type=int, default=100)
        else:
            add('--seconds', type=float, required=True); add('--batch', type=int, default=4); add('--exit-weight', type=float, default=0.6); add('--log', type=int, default=100)
    return p.parse_args()


if __name__ == '__main__':
    a = arguments()
    a.run(a)
