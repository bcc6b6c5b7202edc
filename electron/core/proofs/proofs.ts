// Proves answers lossless: the same conversation is answered again, greedily, with drafts and plainly, in a cache of its own.
import { randomUUID } from 'node:crypto';
import type { Message } from '../../contract/chats.ts';
import type {
  ChatTurn,
  DoneEvent,
  EngineApi,
  GenerationEvent,
  GenerationOptions,
  Logits,
  Prompt,
  Token,
} from '../../contract/engine.ts';
import { KangarooError, toErrorShape } from '../../contract/errors.ts';
import type { ProofDifference, ProofEvent, ProofReport, ProofRun, ProofRunName, ProofsApi } from '../../contract/proofs.ts';
import { Queue } from '../../rpc/queue.ts';
import type { Models, ReadyState } from '../models/models.ts';
import { firstDifference, isRecordedBy, recordedTokens, tokensOf } from './compare.ts';

/** An answer of a chat, with what the model was told before it and how it was asked for. */
export interface Answered {
  turns: ChatTurn[];
  message: Message;
  options(model: ReadyState): GenerationOptions;
}

export interface ProofsParts {
  engine: EngineApi;
  models: Models;
  /** Throws `invalid-argument` where there is no such answer. */
  find(chatId: string, messageId: string): Answered;
}

/** What one proof works with. */
interface Task {
  answered: Answered;
  model: ReadyState;
  conversationId: string;
  prompt: Prompt;
  options: GenerationOptions;
  signal: AbortSignal;
  emit(event: ProofEvent): void;
}

interface Played {
  run: ProofRun;
  promptTokens: number;
  /** Tokens that said something: see `Message.rounds`. */
  said: number[];
}

const cancelled = () => new KangarooError('cancelled', 'The proof was cancelled.');

export class Proofs implements ProofsApi {
  readonly #parts: ProofsParts;
  #running = false;

  constructor(parts: ProofsParts) {
    this.#parts = parts;
  }

  run(chatId: string, messageId: string): AsyncIterable<ProofEvent> {
    return {
      [Symbol.asyncIterator]: () => {
        const leaving = new AbortController();
        const queue = new Queue<ProofEvent>({ onReturn: () => leaving.abort() });
        this.#prove(chatId, messageId, leaving.signal, (event) => queue.push(event)).then(
          () => queue.end(),
          (error: unknown) => queue.fail(error),
        );
        return queue;
      },
    };
  }

  async #prove(chatId: string, messageId: string, signal: AbortSignal, emit: (event: ProofEvent) => void): Promise<void> {
    const answered = this.#parts.find(chatId, messageId);
    if (answered.message.status === 'streaming') {
      throw new KangarooError('busy', 'This answer is still being written. Prove it once it is done.');
    }
    if (this.#running) throw new KangarooError('busy', 'Another proof is running. Cancel it, or wait until it is done.');
    this.#running = true;
    const conversationId = `proof-${randomUUID()}`;
    const { engine, models } = this.#parts;
    try {
      const model = await models.whenReady(signal);
      const options = provingOptions(answered.options(model), model);
      const prompt = { kind: 'messages' as const, messages: answered.turns };
      const report = await this.#report({ answered, model, conversationId, prompt, options, signal, emit });
      emit({ type: 'finished', report });
    } finally {
      this.#running = false;
      await engine.forget(conversationId).catch(() => {});
    }
  }

  async #report(task: Task): Promise<ProofReport> {
    const { engine } = this.#parts;
    const { model, answered, options, conversationId } = task;
    const drafting = await this.#play(task, 'drafting');
    // The plain run must owe nothing to what the other one left in the cache.
    await engine.forget(conversationId);
    const plain = await this.#play(task, 'plain');
    const difference = await this.#difference(task, drafting.run, plain.run);
    const { adapter, devices, threads } = model.loaded;
    const { name, fileType, fingerprint } = model.loaded.model;
    const { mode: _mode, temperature: _t, topK: _k, topP: _p, minP: _m, seed: _s, draftSampling: _d, ...asked } = options;
    return {
      format: 'kangaroo-proof',
      version: 1,
      createdAtMs: Date.now(),
      engine: await engine.version(),
      model: { name, fileType, fingerprint },
      adapter: adapter && { name: adapter.name, exitLayer: adapter.exitLayer },
      devices,
      threads,
      options: asked,
      promptTokens: plain.promptTokens,
      drafting: drafting.run,
      plain: plain.run,
      comparedTokens: Math.max(drafting.run.tokens.length, plain.run.tokens.length),
      difference,
      recorded: isRecordedBy(answered.message, model) ? recordedTokens(answered.message, plain.said) : null,
    };
  }

  async #play({ prompt, options, conversationId, signal, emit }: Task, run: ProofRunName): Promise<Played> {
    const { engine } = this.#parts;
    const mode = run === 'plain' ? 'plain' : options.mode;
    const events: GenerationEvent[] = [];
    let tokens = 0;
    const stop = () => void engine.stop(conversationId).catch(() => {});
    signal.addEventListener('abort', stop, { once: true });
    try {
      for await (const batch of engine.generate({ prompt, options: { ...options, mode }, conversationId })) {
        if (signal.aborted) throw cancelled();
        events.push(...batch);
        const pieces = batch.flatMap((event) => ('pieces' in event ? event.pieces : []));
        if (pieces.length === 0) continue;
        tokens += pieces.length;
        emit({ type: 'progress', run, text: pieces.map(({ text }) => text).join(''), tokens });
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
    if (signal.aborted) throw cancelled();
    const done = events.at(-1);
    if (done?.type !== 'done') throw new KangarooError('internal', 'The engine ended without an ending.');
    return {
      run: runOf(done, mode, tokensOf(events, done)),
      promptTokens: done.stats.promptTokens,
      said: events.flatMap((event) => ('pieces' in event ? event.pieces.map(({ id }) => id) : [])),
    };
  }

  async #difference(task: Task, drafting: ProofRun, plain: ProofRun): Promise<ProofDifference | null> {
    const position = firstDifference(drafting.tokens, plain.tokens);
    if (position === null) return null;
    const [one, other] = [drafting.tokens[position] ?? null, plain.tokens[position] ?? null];
    const candidates = [one, other].flatMap((token) => (token ? [token.id] : []));
    const logits = await this.#logits(task, plain.tokens.slice(0, position), candidates);
    const [first, second] = logits?.candidates ?? [];
    const logitGap = one && other && first && second ? second.logit - first.logit : null;
    return { position, drafting: one, plain: other, logits, logitGap };
  }

  /** Null where the text has outgrown the context: what was dropped from it then cannot be read again. */
  async #logits({ prompt, options, conversationId }: Task, shared: Token[], candidateIds: number[]): Promise<Logits | null> {
    const { repetitionPenalty, repetitionWindow, contextShift } = options;
    try {
      return await this.#parts.engine.logits({
        prompt,
        tokenIds: shared.map(({ id }) => id),
        candidateIds,
        options: { repetitionPenalty, repetitionWindow, contextShift },
        conversationId,
      });
    } catch (error) {
      if (toErrorShape(error).code === 'prompt-too-long') return null;
      throw error;
    }
  }
}

/** Greedy, and with as many drafts as there can be: the hardest case. */
function provingOptions(options: GenerationOptions, { loaded }: ReadyState): GenerationOptions {
  if (!loaded.adapter && !options.promptLookup) {
    throw new KangarooError(
      'no-adapter',
      'There is nothing to draft with: this model has no adapter, and copies are off. Turn “Copy drafts from the ' +
        'conversation” on in the settings, or load the model with its adapter.',
    );
  }
  return { ...options, mode: loaded.adapter ? 'kangaroo' : 'auto', temperature: 0, seed: 0 };
}

function runOf({ text, reason, stats }: DoneEvent, mode: ProofRun['mode'], tokens: Token[]): ProofRun {
  const { ms, tokensPerSecond, rounds, drafted, accepted } = stats;
  return { mode, tokens, text, reason, ms, tokensPerSecond, rounds, drafted, accepted };
}
