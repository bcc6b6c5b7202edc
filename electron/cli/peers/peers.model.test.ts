// With the starter: node-llama-cpp's plain decoding gives our plain answers, and our drafter as a model of its own, which is
// decoded without any of the exit's code, drafts what our engine drafts. The driver of llama.cpp's drafters is not built here.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultGenerationOptions } from '../../contract/engine.ts';
import { loadAddon, type NativeModel, type NativeSession } from '../../core/engine/addon.ts';
import { promptIds } from '../../core/engine/prompt.ts';
import { run } from '../main.ts';
import { playTurn } from '../turn.ts';
import { ensureDrafter } from './drafter.ts';
import { readGguf, writeGguf } from './gguf.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const starter = join(root, 'assets', 'starter', 'starter-q8_0.gguf');
const adapter = join(root, 'assets', 'starter', 'starter-adapter.gguf');
const signal = new AbortController().signal;
const sessionOptions = { contextSize: 0, cacheType: 'f16', threads: 1, flashAttention: 'auto' } as const;

// Our own kernels add up otherwise, and near ties fall otherwise: with ggml's both sides compute the same.
process.env['KANGAROO_KERNELS'] = 'ggml';

let folder: string;
const models: NativeModel[] = [];
const sessions: NativeSession[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kangaroo-peers-'));
});
afterAll(async () => {
  for (const session of sessions) await session.dispose();
  for (const model of models) await model.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function load(path: string): Promise<NativeModel> {
  const model = await loadAddon(root).loadModel({ path, gpuLayers: 0 }, () => {}).promise;
  models.push(model);
  return model;
}

async function open(model: NativeModel, adapterPath: string | null): Promise<NativeSession> {
  const loaded = adapterPath === null ? null : await model.loadAdapter(adapterPath);
  const session = await model.createSession({ ...sessionOptions, adapter: loaded });
  sessions.push(session);
  return session;
}

test('our plain decoding and node-llama-cpp answer alike, token by token', async () => {
  let stdout = '';
  const prompts = join(root, 'assets', 'prompts', 'simple.jsonl');
  const argv = [
    '--prompts',
    prompts,
    '--limit',
    '1',
    '--repeat',
    '1',
    '--max-tokens',
    '24',
    '--threads',
    '1',
    '--gpu-layers',
    '0',
  ];
  const code = await run(['peers', '--peers', 'nlc-plain', ...argv, '--json'], {
    root,
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: () => {} },
    signal,
  });
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(code, stdout).toBe(0);
  const peers = lines.filter(({ type }) => type === 'peer');
  expect(peers.map(({ name, identical, tasks }) => ({ name, identical, tasks }))).toEqual([
    { name: 'plain', identical: 5, tasks: 5 },
    { name: 'nlc-plain', identical: 5, tasks: 5 },
  ]);
  expect(lines.at(-1)).toMatchObject({ type: 'facts', settings: { threads: 1, contextSize: 1024, maxTokens: 24, repeat: 1 } });
});

/** The likeliest token, its probability, and by how much its logit is above another token's. */
function likeliest(logits: Float32Array, other: number) {
  const id = logits.reduce((best, logit, index) => (logit > (logits[best] ?? 0) ? index : best), 0);
  const top = logits[id] ?? 0;
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - top), 0);
  return { id, probability: 1 / sum, gap: top - (logits[other] ?? 0) };
}

test("the drafter as a model of its own drafts our engine's tokens with our engine's confidence", async () => {
  const model = await load(starter);
  const whole = join(folder, 'whole-vocabulary.gguf');
  const { metadata, tensors } = await readGguf(adapter);
  await writeGguf(whole, { metadata, tensors: tensors.filter(({ name }) => name !== 'draft_vocab') });
  const session = await open(model, whole);
  const drafter = await open(await load(await ensureDrafter(folder, starter, whole)), null);
  let drafts = 0;
  for (const content of ['Tell me a story about a dog.', "Explain rainbows like I'm five years old."]) {
    const prompt = [...promptIds(model, { kind: 'messages', messages: [{ role: 'user', content }] })];
    const options = { ...defaultGenerationOptions, mode: 'kangaroo' as const, maxTokens: 40 };
    const { done, rounds } = await playTurn(session, Int32Array.from(prompt), options, signal);
    let answered = 1; // the first token came with the prompt
    for (const round of rounds) {
      const known = [...prompt, ...done.tokenIds.slice(0, answered)];
      for (const draft of round.drafts) {
        const { logits } = await drafter.prefill(Int32Array.from(known));
        const { probability, gap } = likeliest(logits, draft.id);
        // The prompt's kernels round in another way than those of single rows: equal, or a near tie.
        expect(gap).toBeLessThan(0.05);
        if (gap === 0) expect(probability).toBeCloseTo(draft.confidence, 1);
        known.push(draft.id);
        drafts += 1;
      }
      answered += round.pieces.length;
    }
  }
  expect(drafts).toBeGreaterThan(30);
});

test('a drafter is made once', async () => {
  const first = await ensureDrafter(folder, starter, adapter);
  expect(await ensureDrafter(folder, starter, adapter)).toBe(first);
});
