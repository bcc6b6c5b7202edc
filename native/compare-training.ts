// Trains an adapter for the starter with the C++ trainer and an equal one with a plain PyTorch script, on the starter's own answers, and
// compares them on held-out ones: `node native/compare-training.ts [--steps N] [--texts N] [--python PROGRAM]`. Exit code 0 only when
// agreement and acceptance are within two points. Needs PyTorch and NumPy; takes some minutes.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { defaultGenerationOptions, type GenerationEvent } from '../electron/contract/engine.ts';
import { loadAddon, type NativeModel } from '../electron/core/engine/addon.ts';
import type { NativeText } from '../electron/core/engine/addon-training.ts';
import { promptIds } from '../electron/core/engine/prompt.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const limitPoints = 2;
const exitLayer = 2;
const positionsPerStep = 4096;
const learningRate = 0.002;

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '120' },
    texts: { type: 'string', default: '600' },
    python: { type: 'string', default: 'python3' },
  },
});
const steps = Number(values.steps);
const nTexts = Number(values.texts);

/** Answers that the model draws itself, as the app's own training data. */
async function ownAnswers(model: NativeModel, prompts: Int32Array[]): Promise<NativeText[]> {
  const session = await model.createSession({
    contextSize: 512,
    cacheType: 'f16',
    threads: 1,
    flashAttention: 'auto',
    adapter: null,
  });
  const texts: NativeText[] = [];
  for (const [index, prompt] of prompts.entries()) {
    const options = { ...defaultGenerationOptions, mode: 'plain' as const, temperature: 0.8, seed: index + 1, maxTokens: 200 };
    const ids = [...prompt];
    const mask: number[] = ids.map((_, at) => (at === prompt.length - 1 ? 1 : 0));
    await session.generate(prompt, options, (events: GenerationEvent[]) => {
      for (const event of events) {
        if (event.type !== 'round') continue;
        const kept = [...event.drafts.slice(0, event.accepted).map(({ id }) => id), event.token.id];
        ids.push(...kept);
        mask.push(...kept.map(() => 1));
      }
    });
    texts.push({ ids: Int32Array.from(ids), mask: Uint8Array.from(mask) });
  }
  await session.dispose();
  return texts;
}

/** Drafted and accepted, over greedy answers to held-out prompts. */
async function acceptance(model: NativeModel, adapterPath: string, prompts: Int32Array[]) {
  const adapter = await model.loadAdapter(adapterPath);
  const session = await model.createSession({ contextSize: 512, cacheType: 'f16', threads: 1, flashAttention: 'auto', adapter });
  let drafted = 0;
  let accepted = 0;
  for (const prompt of prompts) {
    session.reset();
    await session.generate(prompt, { ...defaultGenerationOptions, threshold: 0, maxDraft: 1, maxTokens: 96 }, (events) => {
      for (const event of events) {
        if (event.type !== 'round') continue;
        drafted += event.drafts.length;
        accepted += event.accepted;
      }
    });
  }
  await session.dispose();
  return { drafted, accepted, rate: accepted / drafted };
}

const folder = mkdtempSync(join(tmpdir(), 'kangaroo-compare-'));
try {
  const base = join(root, 'assets', 'starter', 'starter-f16.gguf');
  const model = await loadAddon(root).loadModel({ path: base, gpuLayers: 0 }, () => {}).promise;
  const prompts = readFileSync(join(root, 'assets', 'prompts', 'training', 'prompts.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .slice(0, nTexts)
    .map((line) => JSON.parse(line) as { prompt: string })
    .map(({ prompt }) => promptIds(model, { kind: 'messages', messages: [{ role: 'user', content: prompt }] }));
  const isHeldOut = (_: unknown, index: number) => index % 6 === 5;
  const texts = await ownAnswers(model, prompts);
  const parts = { train: texts.filter((text, index) => !isHeldOut(text, index)), heldOut: texts.filter(isHeldOut) };
  const path = (name: string) => join(folder, name);
  for (const [name, some] of Object.entries(parts)) {
    const lines = some.map(({ ids, mask }) => JSON.stringify({ ids: [...ids], mask: [...mask] }));
    writeFileSync(path(`${name}.jsonl`), `${lines.join('\n')}\n`);
    const capture = await model.openCapture({ path: path(name), exitLayers: [exitLayer], maxTokens: 512, threads: 1 });
    for (let at = 0; at < some.length; at += 20) await capture.add(some.slice(at, at + 20));
    console.log(name, JSON.stringify(capture.totals));
    await capture.dispose();
  }

  const ours = await model.train(
    {
      captured: path('train'),
      heldOut: path('heldOut'),
      statePath: path('state.gguf'),
      adapterPath: path('ours.gguf'),
      exitLayer,
      steps,
      positionsPerStep,
      learningRate,
      warmupSteps: -1,
      weightDecay: 0,
      seed: 1,
      evaluateEvery: 0,
      saveEvery: 50,
      threads: 1,
      draftVocab: new Int32Array(0),
      resume: false,
      name: '',
      license: '',
      data: '',
    },
    () => {},
  ).promise;
  const script = join(root, 'assets', 'starter', 'training', 'adapter_reference.py');
  const schedule = [
    '--exit-layer',
    String(exitLayer),
    '--steps',
    String(steps),
    '--positions',
    String(positionsPerStep),
    '--rate',
    String(learningRate),
  ];
  const said = execFileSync(
    values.python,
    [script, base, path('train.jsonl'), path('heldOut.jsonl'), path('pytorch.gguf'), ...schedule],
    { encoding: 'utf8', env: { ...process.env, PYTHONPATH: join(root, 'native', 'build', 'llama.cpp', 'gguf-py') } },
  );
  const reference = JSON.parse(said) as { agreement: number; crossEntropy: number; positions: number; seconds: number };
  const asked = prompts.filter(isHeldOut);
  const oursAccepted = await acceptance(model, path('ours.gguf'), asked);
  const referenceAccepted = await acceptance(model, path('pytorch.gguf'), asked);

  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  console.log(`held-out agreement: ours ${percent(ours.heldOut?.agreement ?? 0)}, PyTorch ${percent(reference.agreement)}`);
  console.log(
    `held-out cross-entropy: ours ${ours.heldOut?.crossEntropy.toFixed(3)}, PyTorch ${reference.crossEntropy.toFixed(3)}`,
  );
  console.log(
    `acceptance in greedy answers: ours ${percent(oursAccepted.rate)} of ${oursAccepted.drafted}, PyTorch ${percent(referenceAccepted.rate)} of ${referenceAccepted.drafted}`,
  );
  console.log(`seconds: ours ${ours.seconds.toFixed(0)}, PyTorch ${reference.seconds.toFixed(0)}`);
  const apart =
    100 *
    Math.max(
      Math.abs((ours.heldOut?.agreement ?? 0) - reference.agreement),
      Math.abs(oursAccepted.rate - referenceAccepted.rate),
    );
  if (!(apart <= limitPoints)) {
    console.error(`They differ by ${apart.toFixed(1)} points, more than ${limitPoints}.`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
