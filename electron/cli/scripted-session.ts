// For tests: a session that answers from a script, with the counters of the real one. No model, no time.
import type { DoneEvent, Draft, GenerationEvent, GenerationOptions, Round, StopReason, Token } from '../contract/engine.ts';
import type { MemoryPart } from '../contract/memory.ts';
import type { NativeSession } from '../core/engine/addon.ts';

/** One round of the script: drafted ids, how many are accepted, the target's token. */
export interface ScriptedRound {
  drafts: number[];
  /** Of these, how many at the end were copied from the conversation. */
  copied?: number;
  accepted: number;
  token: number;
  /** As `auto` reports it. */
  paused?: boolean;
}

export interface ScriptedAnswer {
  first: number;
  rounds: ScriptedRound[];
  /** Time of the answer, reported as measured. */
  ms: number;
  reason?: StopReason;
}

/** Of an answer's time, what is reported as spent in graph computation. */
const computedShare = 0.75;

/** What a call to the session was. */
export type Call = { call: 'generate'; promptIds: number[]; options: GenerationOptions } | { call: 'reset' };

export class ScriptedSession implements NativeSession {
  readonly contextSize: number;
  readonly threads = 2;
  readonly calls: Call[] = [];
  /** Called while an answer is under way. */
  onGenerate: () => void = () => {};
  /** What `prefill` gives, by id. */
  logits = new Float32Array(100);
  prefilled: number[] | null = null;
  readonly #script: (promptIds: number[], options: GenerationOptions) => ScriptedAnswer;
  #cancelled = false;

  constructor(script: (promptIds: number[], options: GenerationOptions) => ScriptedAnswer, contextSize = 1024) {
    this.#script = script;
    this.contextSize = contextSize;
  }

  async generate(
    promptIds: Int32Array,
    options: GenerationOptions,
    onEvents: (events: GenerationEvent[]) => void,
  ): Promise<DoneEvent> {
    const prompt = [...promptIds];
    this.calls.push({ call: 'generate', promptIds: prompt, options });
    this.#cancelled = false;
    const answer = this.#script(prompt, options);
    const { first, rounds, ms } = answer;
    const tokenIds = [first, ...rounds.flatMap((round) => [...round.drafts.slice(0, round.accepted), round.token])];
    const promptFigures = { promptTokens: prompt.length, cachedTokens: 0, promptMs: 1 };
    onEvents([{ type: 'prompt', ...promptFigures, token: token(first), pieces: [] }]);
    await Promise.resolve();
    this.onGenerate();
    onEvents(rounds.map((round) => ({ type: 'round' as const, ...wholeRound(round, options) })));
    const drafted = sum(rounds.map((round) => round.drafts.length));
    const accepted = sum(rounds.map((round) => round.accepted));
    const done: DoneEvent = {
      type: 'done',
      reason: this.#cancelled ? 'cancelled' : (answer.reason ?? 'max-tokens'),
      tokenIds,
      text: `answer ${tokenIds.join(' ')}`,
      stats: {
        ...promptFigures,
        tokens: tokenIds.length,
        ms,
        tokensPerSecond: tokenIds.length < 2 ? 0 : ((tokenIds.length - 1) / ms) * 1000,
        rounds: rounds.length,
        tokensPerRound: rounds.length === 0 ? 0 : (accepted + rounds.length) / rounds.length,
        drafted,
        accepted,
        acceptanceRate: drafted === 0 ? 0 : accepted / drafted,
        discarded: 0,
        pausedRounds: rounds.filter((round) => round.paused).length,
        plainStepMs: null,
        graphsReused: 0,
        graphsBuilt: 0,
        recomputedRounds: 0,
        lookedUp: sum(rounds.map((round) => round.copied ?? 0)),
        lookedUpAccepted: sum(rounds.map(copiedAccepted)),
        contextShifts: 0,
        roundsMs: ms,
        computeMs: ms * computedShare,
      },
    };
    onEvents([done]);
    return done;
  }

  cancel(): void {
    this.#cancelled = true;
  }

  async prefill(promptIds: Int32Array): Promise<{ exitState: Float32Array; logits: Float32Array }> {
    this.prefilled = [...promptIds];
    return { exitState: new Float32Array(), logits: this.logits };
  }

  measure(): Promise<never> {
    return Promise.reject(new Error('A scripted session has no costs.'));
  }

  save(): Promise<never> {
    return Promise.reject(new Error('A scripted session has no cache.'));
  }

  restore(): Promise<never> {
    return Promise.reject(new Error('A scripted session has no cache.'));
  }

  learned(): number[] {
    return [];
  }

  relearn(): boolean {
    return false;
  }

  memory(): MemoryPart[] {
    return [];
  }

  reset(): void {
    this.calls.push({ call: 'reset' });
  }

  async dispose(): Promise<void> {}
}

function copiedAccepted({ drafts, accepted, copied = 0 }: ScriptedRound): number {
  return Math.max(0, accepted - (drafts.length - copied));
}

function wholeRound(round: ScriptedRound, options: GenerationOptions): Round {
  const { accepted, paused = false, copied = 0 } = round;
  const source = (place: number) => (place < round.drafts.length - copied ? 'adapter' : 'lookup');
  const drafts: Draft[] = round.drafts.map((id, place) => ({ ...token(id), confidence: 0.5, source: source(place) }));
  const mode = drafts.length === 0 ? ('plain' as const) : ('kangaroo' as const);
  const times = { draftMs: 1, verifyMs: 1, rows: drafts.length + 1 };
  const automatic = { discarded: 0, paused, expectedSpeedup: options.mode === 'auto' ? 1 : null };
  return { drafts, accepted, token: token(round.token), pieces: [], ...times, mode, ...automatic };
}

function token(id: number): Token {
  return { id, text: `t${id}` };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
