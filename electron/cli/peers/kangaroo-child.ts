// A child process of the benchmark: our engine, as the app and `kangaroo bench` run it. Its argument is the project's root.
import { resolve } from 'node:path';
import { defaultGenerationOptions, type DraftingMode, type GenerationOptions } from '../../contract/engine.ts';
import { loadAddon, type NativeSession } from '../../core/engine/addon.ts';
import { playTurn } from '../turn.ts';
import type { Answer, GenerateRequest, OpenRequest, Opened, PeerSpecification } from './protocol.ts';
import { serveRequests } from './serve-requests.ts';

const root = resolve(process.argv[2] ?? '.');
const never = new AbortController().signal;
const peers = new Map<string, GenerationOptions>();
let session: NativeSession | null = null;

async function open(request: OpenRequest): Promise<Opened> {
  const { contextSize, threads, gpuLayers } = request;
  const model = await loadAddon(root).loadModel({ path: request.modelPath, gpuLayers }, () => {}).promise;
  const adapter = await model.loadAdapter(request.adapterPath);
  session = await model.createSession({ contextSize, threads, cacheType: 'f16', flashAttention: 'auto', adapter });
  const parameters: Record<string, string> = {};
  for (const peer of request.peers) {
    const options = optionsOf(peer);
    peers.set(peer.name, options);
    parameters[peer.name] = inWords(options);
  }
  return { type: 'opened', parameters };
}

function optionsOf({ kind, settings }: PeerSpecification): GenerationOptions {
  const { threshold, maxDraft } = { ...defaultGenerationOptions, ...settings };
  return { ...defaultGenerationOptions, mode: kind as DraftingMode, temperature: 0, threshold, maxDraft };
}

function inWords({ mode, threshold, maxDraft }: GenerationOptions): string {
  if (mode === 'plain') return '';
  return mode === 'auto' ? `up to ${maxDraft} drafts` : `threshold ${threshold}, up to ${maxDraft} drafts`;
}

async function generate({ name, promptIds, maxTokens }: GenerateRequest): Promise<Answer> {
  const options = peers.get(name);
  if (session === null || options === undefined) throw new Error(`There is no peer ${name}.`);
  session.reset();
  const { done, rounds } = await playTurn(session, Int32Array.from(promptIds), { ...options, maxTokens }, never);
  const { promptMs, ms, drafted, accepted } = done.stats;
  return { type: 'answer', tokenIds: done.tokenIds, promptMs, ms, rounds: rounds.length, drafted, accepted };
}

await serveRequests({ open, generate });
process.exit(0); // the engine's threads need no farewell
