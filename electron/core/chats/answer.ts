// One answer while it is written: the engine's events become the message, the page's events, and what is on disk.
import type { AnsweredWith, ChatEvent, Message } from '../../contract/chats.ts';
import {
  defaultGenerationOptions,
  type BegunAnswer,
  type ChatTurn,
  type DraftingMode,
  type EngineApi,
  type GenerationEvent,
  type GenerationOptions,
  type GenerationStats,
  type PromptEvent,
  type Round,
} from '../../contract/engine.ts';
import { KangarooError } from '../../contract/errors.ts';
import type { AnswerSettings } from '../../contract/settings.ts';
import type { Models, ReadyState } from '../models/models.ts';
import { shownError } from '../shown-error.ts';
import { joinStats, speedupOf } from './answer-stats.ts';
import { compactRound, textOfRounds } from './round-codec.ts';
import { systemTurns } from './turns.ts';

/** A process that is killed loses at most what came in this time. */
const saveIntervalMs = 900;
/** How many of the last tokens the repetition penalty looks at. */
const repetitionWindow = 64;

export interface AnswerParts {
  engine: EngineApi;
  models: Models;
  settings: AnswerSettings;
  systemPrompt: string;
  /** Whose cache the engine continues. */
  chatId: string;
  /** Without the system prompt and without this answer. */
  turns: ChatTurn[];
  /** Changes while the answer is written. One that has text already is continued. */
  message: Message;
  /** Nothing is asked of the engine before. Never rejects. */
  after: Promise<void>;
  /** Stores the message's state and these further rounds; `textBefore`: what it said before its rounds. */
  save(message: Message, newRounds: readonly Round[], textBefore: string): void;
  emit(event: ChatEvent): void;
}

/** How an answer would be asked for now. */
export function optionsOf(settings: AnswerSettings, seed: number, { loaded }: ReadyState): GenerationOptions {
  const { decodingMode, ...others } = settings;
  // Always drafting needs an adapter; without one, the answer is decoded plainly, and its rounds say so.
  const mode: DraftingMode = decodingMode === 'kangaroo' && !loaded.adapter ? 'plain' : decodingMode;
  // A chat that outgrows the context goes on without its oldest part, and says so.
  return { ...defaultGenerationOptions, ...others, mode, seed, repetitionWindow, contextShift: true };
}

/** The prompt's own token, as the first round of the answer. */
function promptRound({ token, pieces }: PromptEvent, drafts: boolean): Round {
  const decoded = drafts ? 'kangaroo' : 'plain';
  const nothing = { drafts: [], accepted: 0, draftMs: 0, verifyMs: 0, rows: 0, discarded: 0, paused: false };
  return { ...nothing, token, pieces, mode: decoded, expectedSpeedup: null };
}

export class Answer {
  readonly message: Message;
  /** Resolves when the message has its final state, on disk where that was possible. Never rejects. */
  readonly finished: Promise<void>;
  /** The final state is not on disk: the last save failed. */
  unsaved = false;
  readonly #parts: AnswerParts;
  readonly #stopping = new AbortController();
  readonly #begunAtMs = performance.now();
  /** What it was before it was continued; null: it is not. */
  readonly #begun: { tokenIds: number[]; fingerprint: string | null; stats: GenerationStats | null; text: string } | null;
  readonly #textBefore: string;
  #saveTimer: NodeJS.Timeout | undefined;
  #savedRounds: number;
  #leftOutTurns = 0;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
    this.message = parts.message;
    const { rounds, text, stats, answeredWith } = this.message;
    const tokenIds = rounds.flatMap((round) => round.pieces.map(({ id }) => id));
    const fingerprint = answeredWith?.modelFingerprint ?? null;
    this.#begun = text === '' ? null : { tokenIds, fingerprint, stats, text };
    this.#textBefore = rounds.length === 0 ? text : '';
    this.#savedRounds = rounds.length;
    this.finished = this.#write();
  }

  /** Ends it within one round. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#parts.engine.stop(this.#parts.chatId).catch(() => {});
    await this.finished;
  }

  async #write(): Promise<void> {
    const { message } = this;
    try {
      const model = await this.#parts.models.whenReady(this.#stopping.signal);
      await this.#parts.after;
      if (this.#stopping.signal.aborted) throw new KangarooError('cancelled', 'Stopped before the answer had begun.');
      await this.#generate(model);
    } catch (error) {
      this.#end(error);
    }
    clearTimeout(this.#saveTimer);
    try {
      this.#save();
    } catch (error) {
      this.unsaved = true;
      message.status = 'failed';
      message.error = shownError(error);
    }
    this.#parts.emit({ type: 'message', message: snapshotOf(message) });
  }

  #end(error: unknown): void {
    const { message } = this;
    if (this.#stopping.signal.aborted && error instanceof KangarooError && error.code === 'cancelled') {
      message.status = 'stopped';
      message.stopReason = 'cancelled';
    } else {
      message.status = 'failed';
      message.error = shownError(error);
    }
  }

  async #generate(model: ReadyState): Promise<void> {
    const { engine, settings, systemPrompt, turns, chatId } = this.#parts;
    const { signal } = this.#stopping;
    const seed = settings.temperature > 0 ? Math.floor(Math.random() * 0x1_0000_0000) : 0;
    const options = optionsOf(settings, seed, model);
    this.message.modelName = model.model.name;
    this.message.answeredWith = this.#answeredWith(seed, model);
    const begun = this.#begunFor(model);
    const prompt = { kind: 'messages' as const, messages: [...systemTurns(systemPrompt), ...turns], ...(begun && { begun }) };
    for await (const batch of engine.generate({ prompt, options, conversationId: chatId })) {
      this.#take(batch, options.mode, model);
      // Asked to stop before the engine had begun: it may not have noticed.
      if (signal.aborted && this.message.status === 'streaming') engine.stop(chatId).catch(() => {});
    }
    if (this.message.status === 'streaming') throw new KangarooError('internal', 'The engine ended without an ending.');
  }

  #answeredWith(seed: number, { loaded }: ReadyState): AnsweredWith {
    const { settings, systemPrompt } = this.#parts;
    const modelFingerprint = loaded.model.fingerprint;
    return { settings, seed, systemPrompt, modelFingerprint, adapterName: loaded.adapter?.name ?? null };
  }

  /** Its own tokens, where they mean the same to this model: all quantisations of one base have the same fingerprint. */
  #begunFor({ loaded }: ReadyState): BegunAnswer | null {
    if (!this.#begun) return null;
    const { tokenIds, fingerprint, text } = this.#begun;
    const complete = tokenIds.length > 0 && this.#textBefore === '';
    return { text, tokenIds: complete && fingerprint === loaded.model.fingerprint ? tokenIds : null };
  }

  #take(batch: GenerationEvent[], mode: DraftingMode, model: ReadyState): void {
    const { message } = this;
    const rounds: Round[] = [];
    for (const event of batch) {
      if (event.type === 'prefill') {
        this.#parts.emit({ type: 'prefill', messageId: message.id, done: event.done, total: event.total });
      } else if (event.type === 'prompt') {
        message.timeToFirstTokenMs ??= performance.now() - this.#begunAtMs;
        this.#leftOutTurns = event.leftOutTurns ?? 0;
        rounds.push(promptRound(event, mode !== 'plain' && model.loaded.adapter !== null));
      } else if (event.type === 'round') {
        const { type: _type, ...round } = event;
        rounds.push(compactRound(round));
      } else {
        const stats = { ...event.stats, ...(this.#leftOutTurns > 0 && { leftOutTurns: this.#leftOutTurns }) };
        const before = this.#begun?.stats;
        message.stats = before ? joinStats(before, stats) : stats;
        message.stopReason = event.reason;
        const all = [...message.rounds, ...rounds];
        const { speedup, deviation } = speedupOf(all, message.stats, model);
        message.speedup = speedup;
        if (deviation !== null) message.stats.speedupDeviation = deviation;
        if (message.speedup !== null && mode !== 'plain' && model.loaded.adapter) {
          this.#parts.models.recordSpeedup(model.model.id, message.speedup);
        }
        message.status = event.reason === 'cancelled' ? 'stopped' : 'complete';
      }
    }
    if (rounds.length === 0) return;
    message.rounds.push(...rounds);
    message.roundCount = message.rounds.length;
    message.text += textOfRounds(rounds);
    this.#parts.emit({ type: 'rounds', messageId: message.id, rounds });
    this.#saveTimer ??= setTimeout(() => this.#saveSoon(), saveIntervalMs);
  }

  #saveSoon(): void {
    this.#saveTimer = undefined;
    try {
      this.#save();
    } catch (error) {
      // It is tried again, and told where it fails at the end: the answer goes on meanwhile.
      console.error(error);
    }
  }

  /** Only what came since: a long answer costs no more per second than a short one. */
  #save(): void {
    const { rounds } = this.message;
    this.#parts.save(this.message, rounds.slice(this.#savedRounds), this.#textBefore);
    this.#savedRounds = rounds.length;
  }
}

/** A copy that later rounds do not change. */
export function snapshotOf(message: Message): Message {
  return { ...message, rounds: [...message.rounds] };
}
