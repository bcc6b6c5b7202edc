// One answer while it is written: the engine's events become the message, the page's events, and what is on disk.
import type { ChatEvent, Message } from '../../contract/chats.ts';
import {
  defaultGenerationOptions,
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
import type { Settings } from '../../contract/settings.ts';
import { speedupInside } from '../../contract/speedup.ts';
import type { Models, ReadyState } from '../models/models.ts';
import { shownError } from '../shown-error.ts';

/** A process that is killed loses at most what came in this time. */
const saveIntervalMs = 900;
/** How many of the last tokens the repetition penalty looks at. */
const repetitionWindow = 64;

export interface AnswerParts {
  engine: EngineApi;
  models: Models;
  settings: Settings;
  /** Whose cache the engine continues. */
  chatId: string;
  turns: ChatTurn[];
  /** Changes while the answer is written. */
  message: Message;
  save(message: Message): void;
  emit(event: ChatEvent): void;
}

/** How an answer would be asked for now. */
export function optionsOf(settings: Settings, { loaded }: ReadyState): GenerationOptions {
  const { decodingMode, threshold, maxDraft, draftSampling, promptLookup, maxTokens } = settings;
  const { temperature, topK, topP, minP, repetitionPenalty } = settings;
  // Always drafting needs an adapter; without one, the answer is decoded plainly, and its rounds say so.
  const mode: DraftingMode = decodingMode === 'kangaroo' && !loaded.adapter ? 'plain' : decodingMode;
  const seed = temperature > 0 ? Math.floor(Math.random() * 0x1_0000_0000) : 0;
  const drafting = { mode, threshold, maxDraft, draftSampling, promptLookup };
  const sampling = { temperature, topK, topP, minP, repetitionPenalty, repetitionWindow, seed };
  // A chat that outgrows the context goes on without its oldest part, and says so.
  return { ...defaultGenerationOptions, ...drafting, ...sampling, maxTokens, contextShift: true };
}

/** The prompt's own token, as the first round of the answer. */
function promptRound({ token, pieces }: PromptEvent, drafts: boolean): Round {
  const decoded = drafts ? 'kangaroo' : 'plain';
  const nothing = { drafts: [], accepted: 0, draftMs: 0, verifyMs: 0, rows: 0, discarded: 0, paused: false };
  return { ...nothing, token, pieces, mode: decoded, expectedSpeedup: null };
}

/** See `Message.speedup`. */
function speedupOf(rounds: readonly Round[], stats: GenerationStats, { costs }: ReadyState): number | null {
  if (stats.plainStepMs !== null) return speedupInside(rounds, stats.plainStepMs);
  const { tokensPerSecond } = stats;
  const { plainTokensPerSecond } = costs;
  return plainTokensPerSecond > 0 && tokensPerSecond > 0 ? tokensPerSecond / plainTokensPerSecond : null;
}

export class Answer {
  readonly message: Message;
  /** Resolves when the message has its final state, on disk where that was possible. Never rejects. */
  readonly finished: Promise<void>;
  /** The final state is not on disk: the last save failed. */
  unsaved = false;
  readonly #parts: AnswerParts;
  readonly #stopping = new AbortController();
  #saveTimer: NodeJS.Timeout | undefined;
  #leftOutTurns = 0;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
    this.message = parts.message;
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
      message.modelName = model.model.name;
      await this.#generate(model);
    } catch (error) {
      this.#end(error);
    }
    clearTimeout(this.#saveTimer);
    try {
      this.#parts.save(message);
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
    const { engine, settings, turns, chatId } = this.#parts;
    const { signal } = this.#stopping;
    const options = optionsOf(settings, model);
    const prompt = { kind: 'messages' as const, messages: turns };
    for await (const batch of engine.generate({ prompt, options, conversationId: chatId })) {
      this.#take(batch, options.mode, model);
      // Asked to stop before the engine had begun: it may not have noticed.
      if (signal.aborted && this.message.status === 'streaming') engine.stop(chatId).catch(() => {});
    }
    if (this.message.status === 'streaming') throw new KangarooError('internal', 'The engine ended without an ending.');
  }

  #take(batch: GenerationEvent[], mode: DraftingMode, model: ReadyState): void {
    const { message } = this;
    const rounds: Round[] = [];
    for (const event of batch) {
      if (event.type === 'prefill') {
        this.#parts.emit({ type: 'prefill', messageId: message.id, done: event.done, total: event.total });
      } else if (event.type === 'prompt') {
        this.#leftOutTurns = event.leftOutTurns ?? 0;
        rounds.push(promptRound(event, mode !== 'plain' && model.loaded.adapter !== null));
      } else if (event.type === 'round') {
        const { type: _type, ...round } = event;
        rounds.push(round);
      } else {
        message.stats = { ...event.stats, ...(this.#leftOutTurns > 0 && { leftOutTurns: this.#leftOutTurns }) };
        message.stopReason = event.reason;
        message.speedup = speedupOf([...message.rounds, ...rounds], event.stats, model);
        if (message.speedup !== null && mode !== 'plain' && model.loaded.adapter) {
          this.#parts.models.recordSpeedup(model.model.id, message.speedup);
        }
        message.status = event.reason === 'cancelled' ? 'stopped' : 'complete';
      }
    }
    if (rounds.length === 0) return;
    message.rounds.push(...rounds);
    message.text += rounds.map((round) => round.pieces.map((piece) => piece.text).join('')).join('');
    this.#parts.emit({ type: 'rounds', messageId: message.id, rounds });
    this.#saveTimer ??= setTimeout(() => this.#saveNow(), saveIntervalMs);
  }

  #saveNow(): void {
    this.#saveTimer = undefined;
    try {
      this.#parts.save(this.message);
    } catch (error) {
      // It is tried again, and told where it fails at the end: the answer goes on meanwhile.
      console.error(error);
    }
  }
}

/** A copy that later rounds do not change. */
export function snapshotOf(message: Message): Message {
  return { ...message, rounds: [...message.rounds] };
}
