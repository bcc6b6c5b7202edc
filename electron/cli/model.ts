// Opens the model that the options name, with its adapter, in this process. A wrong adapter is refused before
// anything is loaded.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { AdapterInfo, ChatTurn, ModelInfo, Prompt } from '../contract/engine.ts';
import { KangarooError } from '../contract/errors.ts';
import { loadAddon, type NativeAdapter, type NativeModel, type NativeSession } from '../core/engine/addon.ts';
import { promptIds, promptStops } from '../core/engine/prompt.ts';
import type { CommandContext } from './command.ts';
import { checkFit } from './fit.ts';
import type { ModelValues } from './options.ts';

/** A loaded model and what is made from it; `close` frees everything. */
export interface OpenModel {
  model: ModelInfo;
  adapter: AdapterInfo | null;
  devices: string[];
  encode: (prompt: Prompt) => Int32Array;
  encodeChat: (messages: ChatTurn[]) => Int32Array;
  /** Texts that end an answer to this prompt besides those asked for; see `promptStops`. */
  stops: (prompt: Prompt) => string[];
  text: (ids: readonly number[]) => string;
  /** A session of its own cache; `drafting` ones carry the adapter. */
  openSession(kind: 'plain' | 'drafting'): Promise<NativeSession>;
  close(): Promise<void>;
}

/** Where the files are, after defaults. */
export interface ModelPaths {
  model: string;
  adapter: string | null;
}

const starterFile = z.object({ model: z.string(), adapter: z.string().nullish() });

/** The given files, or the starter. Without `--model`, `--adapter` replaces the starter's own. */
export async function modelPaths(values: Pick<ModelValues, 'model' | 'adapter'>, root: string): Promise<ModelPaths> {
  if (values.model !== undefined) return { model: values.model, adapter: values.adapter ?? null };
  const folder = join(root, 'assets', 'starter');
  try {
    const starter = starterFile.parse(JSON.parse(await readFile(join(folder, 'starter.json'), 'utf8')));
    const own = starter.adapter ? join(folder, starter.adapter) : null;
    return { model: join(folder, starter.model), adapter: values.adapter ?? own };
  } catch (error) {
    throw new KangarooError('file-not-found', 'The starter model is not there. Give a model with --model FILE.', String(error));
  }
}

/** Reads the headers. Rejects where a file is missing, damaged or of another kind, or the adapter does not fit the model. */
export async function checkFiles(paths: ModelPaths, root: string): Promise<void> {
  const addon = loadAddon(root);
  const model = await addon.inspect(paths.model);
  if (paths.adapter === null) return;
  const adapter = await addon.inspect(paths.adapter);
  const fit = checkFit(model, adapter);
  if (!fit.fits) throw new KangarooError(adapter.kind === 'adapter' ? 'adapter-mismatch' : 'adapter-invalid', fit.reason);
}

export async function openModel(paths: ModelPaths, values: ModelValues, context: CommandContext): Promise<OpenModel> {
  const { output, root, signal } = context;
  const addon = loadAddon(root);
  if (paths.adapter !== null) await checkFiles(paths, root);
  const loading = addon.loadModel({ path: paths.model, gpuLayers: values.gpuLayers }, (fraction) =>
    output.progress('Loading', fraction, 'nothing'),
  );
  const cancel = () => loading.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const native = await loading.promise.finally(() => signal.removeEventListener('abort', cancel));
  try {
    const adapter = paths.adapter === null ? null : await native.loadAdapter(paths.adapter);
    return assemble(native, adapter, addon.devices(), values);
  } catch (error) {
    await native.dispose();
    throw error;
  }
}

function assemble(native: NativeModel, adapter: NativeAdapter | null, devices: string[], values: ModelValues): OpenModel {
  const sessions: NativeSession[] = [];
  const { context: contextSize, cacheType, threads } = values;
  return {
    model: native.info,
    adapter: adapter?.info ?? null,
    devices,
    encode: (prompt) => promptIds(native, prompt),
    encodeChat: (messages) => promptIds(native, { kind: 'messages', messages }),
    stops: (prompt) => promptStops(native, prompt),
    text: (ids) => native.detokenize(Int32Array.from(ids), true),
    async openSession(kind) {
      const used = kind === 'drafting' ? adapter : null;
      const session = await native.createSession({ contextSize, cacheType, threads, flashAttention: 'auto', adapter: used });
      sessions.push(session);
      return session;
    },
    async close() {
      for (const session of sessions) await session.dispose();
      await native.dispose();
    },
  };
}
