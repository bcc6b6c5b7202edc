// The native addon for unit tests of what lies around it: records what it is asked, and answers when the test says so.
import type { DoneEvent, GenerationEvent, GenerationOptions, ModelInfo } from '../../../contract/engine.ts';
import { KangarooError } from '../../../contract/errors.ts';
import type { NativeAddon, NativeModel, NativeSession, NativeSessionOptions } from '../addon.ts';
import { scriptedCosts } from './scripted-engine.ts';
import { createCharacterTokenizer } from './character-tokenizer.ts';

const info: ModelInfo = {
  path: 'model.gguf',
  name: 'double',
  architecture: 'llama',
  fileType: 'F16',
  parameters: 1,
  sizeBytes: 1,
  layers: 8,
  embeddingLength: 4,
  vocabularySize: 200_000,
  trainedContext: 100_000,
  hasChatTemplate: false,
  fingerprint: '',
};

export const done: DoneEvent = {
  type: 'done',
  reason: 'end-of-turn',
  tokenIds: [],
  text: '',
  stats: {
    promptTokens: 0,
    cachedTokens: 0,
    promptMs: 0,
    tokens: 0,
    ms: 0,
    tokensPerSecond: 0,
    rounds: 0,
    tokensPerRound: 0,
    drafted: 0,
    accepted: 0,
    acceptanceRate: 0,
    discarded: 0,
    pausedRounds: 0,
    plainStepMs: null,
    graphsReused: 0,
    graphsBuilt: 0,
    recomputedRounds: 0,
    lookedUp: 0,
    lookedUpAccepted: 0,
    contextShifts: 0,
    roundsMs: 0,
    computeMs: null,
  },
};

/** A generation under way: the test plays the engine. */
export interface Playing {
  ids: number[];
  options: GenerationOptions;
  emit(events: GenerationEvent[]): void;
  finish(event: DoneEvent): void;
  fail(error: unknown): void;
}

export interface NativeDouble {
  addon: NativeAddon;
  /** In order: `load`, `adapter`, `session`, `generate`, `cancel`, `measure`, `dispose session`, `dispose model`. */
  calls: string[];
  sessions: NativeSessionOptions[];
  /** The one that began last. */
  playing: Playing | null;
  /** Ends the load under way; `hold` makes the next one wait for it. */
  hold: boolean;
  finishLoad(): void;
  finishMeasure(): void;
}

/** An adapter whose name has `wrong` in it does not fit; one with `unleavable` needs a layer that the model cannot be left at. `cancel` ends an answer with `cancelled`, a load with that code. */
export function createNativeDouble(): NativeDouble {
  let finishMeasure = () => {};
  let finishLoad = () => {};
  const calls: string[] = [];

  function createSession(options: NativeSessionOptions): NativeSession {
    double.sessions.push(options);
    calls.push('session');
    let playing: Playing | null = null;
    return {
      contextSize: options.contextSize,
      threads: 2,
      generate(ids, generation, onEvents) {
        calls.push('generate');
        const { promise, resolve, reject } = Promise.withResolvers<DoneEvent>();
        const finish = (event: DoneEvent) => {
          playing = null;
          double.playing = null;
          resolve(event);
        };
        playing = double.playing = { ids: Array.from(ids), options: generation, emit: onEvents, finish, fail: reject };
        return promise;
      },
      cancel() {
        calls.push('cancel');
        playing?.emit([{ ...done, reason: 'cancelled' }]);
        playing?.finish({ ...done, reason: 'cancelled' });
      },
      measure() {
        calls.push('measure');
        return new Promise((resolve) => (finishMeasure = () => resolve(scriptedCosts)));
      },
      prefill: () => Promise.reject(new Error('not part of this double')),
      save: async () => 0,
      restore: () => Promise.reject(new KangarooError('file-not-found', 'Not part of this double.')),
      learned: () => [],
      relearn: () => false,
      memory: () => [],
      reset: () => calls.push('reset'),
      dispose: async () => void calls.push('dispose session'),
    };
  }

  const model: NativeModel = {
    info,
    ...createCharacterTokenizer(['<s>'], { bosText: '<s>' }),
    async loadAdapter(path) {
      calls.push('adapter');
      if (path.includes('wrong')) throw new KangarooError('adapter-mismatch', 'The adapter belongs to another model.');
      const sizes = { exitLayer: 2, embeddingLength: 4, heads: 1, headsKv: 1, parameters: 1, sizeBytes: 1 };
      const info = { path, name: 'a', baseName: 'b', baseFingerprint: '', draftVocabularySize: 0, ...sizes };
      return { info, checksum: '01' };
    },
    createSession: async (options) => {
      if (options.adapter?.info.path.includes('unleavable')) {
        throw new KangarooError('unsupported-architecture', 'The model cannot draft its own tokens.');
      }
      return createSession(options);
    },
    openCapture: () => Promise.reject(new Error('not part of this double')),
    train: () => ({ promise: Promise.reject(new Error('not part of this double')), cancel: () => {} }),
    evaluateLayers: () => ({ promise: Promise.reject(new Error('not part of this double')), cancel: () => {} }),
    dispose: async () => void calls.push('dispose model'),
  };

  const addon: NativeAddon = {
    version: () => 'double',
    devices: () => ['CPU'],
    gpus: () => [],
    loadModel(_options, onProgress) {
      calls.push('load');
      const { promise, resolve, reject } = Promise.withResolvers<NativeModel>();
      onProgress(0.5);
      onProgress(0.501);
      finishLoad = () => {
        onProgress(1);
        resolve(model);
      };
      if (!double.hold) finishLoad();
      return { promise, cancel: () => reject(new KangarooError('cancelled', 'The load was cancelled.')) };
    },
    inspect: () => Promise.reject(new Error('not part of this double')),
    quantize: () => Promise.reject(new Error('not part of this double')),
  };

  const double: NativeDouble = {
    addon,
    calls,
    sessions: [],
    playing: null,
    hold: false,
    finishLoad: () => finishLoad(),
    finishMeasure: () => finishMeasure(),
  };
  return double;
}
