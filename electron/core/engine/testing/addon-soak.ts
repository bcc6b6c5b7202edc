// A process of its own for addon.model.test.ts: many answers through the addon with cancels at random moments, sessions that
// come and go, and at last everything disposed. It must then end by itself. Prints one line of JSON: what happened.
// `node addon-soak.ts ROOT ANSWERS`
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultGenerationOptions, type DraftingMode } from '../../../contract/engine.ts';
import { loadAddon, type NativeSession } from '../addon.ts';

const [root = '', count = ''] = process.argv.slice(2);
const starter = join(root, 'assets', 'starter');
const modes: DraftingMode[] = ['plain', 'kangaroo', 'auto'];

let state = 7;
/** 0…n-1, the same on every run. */
function below(n: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return (state >> 8) % n;
}

const before = process.getActiveResourcesInfo().length;
const model = await loadAddon(root).loadModel({ path: join(starter, 'starter-f16.gguf'), gpuLayers: 0 }, () => {}).promise;
const adapter = await model.loadAdapter(join(starter, 'starter-adapter.gguf'));
const open = (): Promise<NativeSession> =>
  model.createSession({ contextSize: 512, cacheType: 'f16', threads: 1, flashAttention: 'auto', adapter });
let session = await open();
const reasons: Record<string, number> = {};
for (let i = 0; i < Number(count); ++i) {
  const text = `<|user|>${'Tell me a story about a fox. '.repeat(1 + below(12))}<|end|><|assistant|>`;
  const prompt = model.tokenize(text, { addSpecial: true, parseSpecial: true });
  const answer = session.generate(
    prompt,
    {
      ...defaultGenerationOptions,
      mode: modes[below(3)] ?? 'auto',
      maxTokens: 1 + below(40),
      temperature: below(2),
      maxDraft: 1 + below(16),
    },
    () => {},
  );
  if (below(3) === 0) {
    await sleep(below(30));
    session.cancel();
  }
  const done = await answer;
  reasons[done.reason] = (reasons[done.reason] ?? 0) + 1;
  if (below(10) === 0) {
    await session.dispose();
    session = await open();
  }
}
await session.dispose();
await model.dispose();
await sleep(50);
const handles = process.getActiveResourcesInfo().length - before; // before stdout becomes one
process.stdout.write(JSON.stringify({ reasons, handles }) + '\n');
