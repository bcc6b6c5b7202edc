// An engine for unit tests that need no model: it answers with the words of the last message, and does what some words say.
// It is a double of the engine's contract only; everything around it in those tests is real.
import type {
  Costs,
  DraftingMode,
  EngineApi,
  EngineMemory,
  GenerateRequest,
  GenerationEvent,
  GenerationStats,
  LoadedModel,
  LoadEvent,
  LoadRequest,
  Logits,
  LogitsRequest,
  Prompt,
  Round,
  StopReason,
} from '../../../contract/engine.ts';
import { KangarooError } from '../../../contract/errors.ts';
import type { MemoryPart } from '../../../contract/memory.ts';
import { Queue } from '../../../rpc/queue.ts';

export interface ScriptedEngineOptions {
  /** What happens at the word `crash`, and when a model named `crash…` is loaded. */
  crash(): void;
}

export const scriptedCosts: Costs = {
  verifyMs: [10, 15, 20],
  verifyLateMs: [8, 12, 16],
  draftStepMs: 2,
  stateStepMs: 1,
  plainTokensPerSecond: 100,
  plainTokensPerSecondQuartiles: [95, 105],
  depth: 64,
  tookMs: 1,
};

const weights: MemoryPart[] = [{ name: 'weights', ramBytes: 14_000_000, gpuBytes: 0 }];

function loadedModel(request: LoadRequest): LoadedModel {
  const name = request.modelPath;
  return {
    model: {
      path: name,
      name,
      architecture: 'llama',
      fileType: 'F16',
      parameters: 7_000_000,
      sizeBytes: 14_000_000,
      layers: 8,
      embeddingLength: 256,
      vocabularySize: 4096,
      trainedContext: 1024,
      hasChatTemplate: true,
      fingerprint: 'ab'.repeat(32),
    },
    adapter:
      request.adapterPath === null
        ? null
        : {
            path: request.adapterPath,
            name: request.adapterPath,
            baseName: name,
            baseFingerprint: 'ab'.repeat(32),
            exitLayer: 2,
            embeddingLength: 256,
            heads: 4,
            headsKv: 2,
            parameters: 200_000,
            sizeBytes: 400_000,
            draftVocabularySize: 0,
          },
    adapterError: null,
    contextSize: 1024,
    threads: 2,
    devices: ['CPU'],
    memory: weights,
  };
}

/** Without an adapter the draft was copied. */
function round(id: number, text: string, mode: DraftingMode, adapter: boolean): Round {
  return {
    drafts: [{ id, text, confidence: 0.75, source: adapter ? 'adapter' : 'lookup' }],
    accepted: 1,
    token: { id: id + 1, text: ' ' },
    pieces: [
      { id, text, origin: 'draft' },
      { id: id + 1, text: ' ', origin: 'target' },
    ],
    draftMs: 1,
    verifyMs: 2,
    rows: 2,
    mode: mode === 'plain' ? 'plain' : adapter ? 'kangaroo' : 'lookup',
    discarded: 0,
    paused: false,
    expectedSpeedup: mode === 'auto' && adapter ? 1.5 : null,
  };
}

function stats(tokens: number, rounds: number, plainSteps: number): GenerationStats {
  return {
    promptTokens: 10,
    cachedTokens: 0,
    promptMs: 5,
    tokens,
    ms: 50,
    tokensPerSecond: 150,
    rounds,
    tokensPerRound: 2,
    drafted: rounds,
    accepted: rounds,
    acceptanceRate: 1,
    discarded: 0,
    pausedRounds: 0,
    plainStepMs: plainSteps > 0 ? plainStepMs : null,
    graphsReused: rounds,
    graphsBuilt: 2,
    recomputedRounds: 0,
    lookedUp: 0,
    lookedUpAccepted: 0,
    contextShifts: 0,
    roundsMs: 40,
    computeMs: 30,
  };
}

/** One of the plain steps that `steps` stands for. */
const plainStepMs = 4;
const plainSteps = 9;

function plainStep(id: number, mode: DraftingMode, adapter: boolean): Round {
  const pieces = [{ id, text: '.', origin: 'target' as const }];
  const times = { draftMs: 0, verifyMs: plainStepMs, rows: 1 };
  return { ...round(id, '', mode, adapter), ...times, drafts: [], accepted: 0, token: { id, text: '.' }, pieces, mode: 'plain' };
}

/** See `ScriptedEngine`. */
function wordsFor(prompt: Prompt): string[] {
  if (prompt.kind !== 'messages') return ['raw'];
  if (prompt.begun) return ['after', String(prompt.begun.tokenIds?.length ?? prompt.begun.text)];
  const said = prompt.messages.map(({ content }) => content);
  const asked = said.at(-1) ?? '';
  if (!asked.startsWith('Write a short title')) return asked.split(/\s+/);
  return said.some((text) => text.includes('entitled')) ? ['entitled', 'hop'] : asked.split(/\s+/);
}

interface Saying {
  owner: string | null;
  stopped: boolean;
  finished: Promise<void>;
}

/**
 * The answer is the last message's words, one round each. `crash`, `refuse`, `forever`, `steps` and `fork` act instead of being
 * said: the third goes on saying "la" until it is stopped, the fourth decodes nine tokens plainly, and at the last plain
 * decoding says something else than drafting does, which must never be. `outgrown` is said, in a
 * conversation two of whose turns did not fit. A begun answer goes on with `after` and how many tokens it had, or what it said where
 * it had none; a chat in which the word `entitled` was said is given a title with it.
 */
export class ScriptedEngine implements EngineApi {
  /** What was asked so far. */
  readonly requests: GenerateRequest[] = [];
  readonly loads: LoadRequest[] = [];
  /** How often a running answer was left by its reader. */
  left = 0;
  readonly forgotten: string[] = [];
  readonly attached: (string | null)[] = [];
  readonly #options: ScriptedEngineOptions;
  /** The answers under way. */
  readonly #saying = new Set<Saying>();
  #loaded = false;
  #adapter = false;

  constructor(options: ScriptedEngineOptions) {
    this.#options = options;
  }

  async *load(request: LoadRequest): AsyncGenerator<LoadEvent> {
    this.loads.push(request);
    if (request.modelPath.includes('missing')) {
      throw new KangarooError('file-not-found', `${request.modelPath} does not exist. Check the path.`);
    }
    yield { type: 'progress', fraction: 0.5 };
    if (request.modelPath.includes('crash')) {
      this.#options.crash();
      await new Promise(() => {});
    }
    this.#loaded = true;
    this.#adapter = request.adapterPath !== null;
    yield { type: 'progress', fraction: 1 };
    yield { type: 'loaded', loaded: loadedModel(request) };
  }

  async unload(): Promise<void> {
    await this.stop();
    this.#loaded = false;
  }

  async attach(adapterPath: string | null): Promise<LoadedModel> {
    const request = this.loads.at(-1);
    if (!this.#loaded || !request) throw new KangarooError('no-model', 'No model is loaded. Choose one first.');
    this.attached.push(adapterPath);
    this.#adapter = adapterPath !== null;
    return loadedModel({ ...request, adapterPath });
  }

  async measure(): Promise<Costs> {
    return scriptedCosts;
  }

  async stop(conversationId: string | null = null): Promise<void> {
    const stopped = [...this.#saying].filter(({ owner }) => conversationId === null || owner === conversationId);
    for (const saying of stopped) saying.stopped = true;
    await Promise.all(stopped.map(({ finished }) => finished));
  }

  /** Both candidates come out equal but for the order they were asked in. */
  async logits({ candidateIds }: LogitsRequest): Promise<Logits> {
    const candidates = candidateIds.map((id, place) => ({ id, text: `<${id}>`, logit: 5 + place / 4 }));
    return { top: candidates.toReversed(), candidates };
  }

  async forget(conversationId: string): Promise<void> {
    this.forgotten.push(conversationId);
  }

  async memory(): Promise<EngineMemory> {
    return { parts: this.#loaded ? weights : [], gpus: [] };
  }

  async countTokens(text: string): Promise<number> {
    return text.split(/\s+/).length;
  }

  async version(): Promise<string> {
    return 'scripted';
  }

  generate(request: GenerateRequest): AsyncIterable<GenerationEvent[]> {
    this.requests.push(request);
    const saying: Saying = { owner: request.conversationId ?? null, stopped: false, finished: Promise.resolve() };
    const queue = new Queue<GenerationEvent[]>({
      onReturn: () => {
        this.left++;
        saying.stopped = true;
      },
    });
    this.#saying.add(saying);
    saying.finished = this.#say(queue, request, saying)
      .then(
        () => queue.end(),
        (error: unknown) => queue.fail(error),
      )
      .finally(() => this.#saying.delete(saying));
    return queue;
  }

  async #say(queue: Queue<GenerationEvent[]>, { prompt, options }: GenerateRequest, saying: Saying): Promise<void> {
    if (!this.#loaded) throw new KangarooError('no-model', 'No model is loaded. Choose one first.');
    const words = wordsFor(prompt);
    const first = { id: 1, text: prompt.kind === 'messages' && prompt.begun ? '+' : '>' };
    const pieces = [{ ...first, origin: 'target' as const }];
    const leftOut = words.includes('outgrown') ? { leftOutTurns: 2 } : {};
    queue.push([
      { type: 'prefill', done: 5, total: 10 },
      { type: 'prompt', promptTokens: 10, cachedTokens: 0, promptMs: 5, token: first, pieces, ...leftOut },
    ]);
    let text = '>';
    let rounds = 0;
    let steps = 0;
    const tokenIds = [first.id];
    let reason: StopReason = 'end-of-turn';
    const say = (word: string) => {
      const said = round(10 * ++rounds, word, options.mode, this.#adapter);
      queue.push([{ type: 'round', ...said }]);
      text += `${word} `;
      tokenIds.push(...said.pieces.map(({ id }) => id));
    };
    for (const word of words) {
      if (word === 'crash') {
        // The rounds before it are on their way first.
        await new Promise((resolve) => setTimeout(resolve, 50));
        this.#options.crash();
        await new Promise(() => {});
      } else if (word === 'fork') {
        say(options.mode === 'plain' ? 'left' : 'right');
        if (options.mode === 'plain') tokenIds[tokenIds.length - 2] = 7;
      } else if (word === 'refuse') {
        throw new KangarooError('prompt-too-long', 'The conversation is too long.');
      } else if (word === 'steps') {
        for (let step = 0; step < plainSteps; step++) {
          queue.push([{ type: 'round', ...plainStep(10 * ++rounds, options.mode, this.#adapter) }]);
          text += '.';
          tokenIds.push(10 * rounds);
        }
        steps += plainSteps;
      } else if (word === 'forever') {
        while (!saying.stopped) {
          say('la');
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
        reason = 'cancelled';
      } else {
        say(word);
      }
    }
    const tokens = 2 * rounds - steps + 1;
    queue.push([{ type: 'done', reason, tokenIds, text, stats: stats(tokens, rounds, steps) }]);
  }
}
