// Chats as the page sees them. Core owns them; a page attaches with `watch` and may come and go at any time.
import type { ErrorShape } from './errors.ts';
import type { GenerationStats, Round, StopReason } from './engine.ts';

export type MessageStatus = 'streaming' | 'complete' | 'stopped' | 'failed';

export interface Message {
  id: string;
  role: 'user' | 'assistant';
  /** Markdown. For an answer: the pieces of its rounds, joined. */
  text: string;
  status: MessageStatus;
  createdAtMs: number;
  /** The rounds that made this answer, in order; the prompt's own token is the first, with `rows: 0`. Empty for users. */
  rounds: Round[];
  stats: GenerationStats | null;
  stopReason: StopReason | null;
  error: ErrorShape | null;
  /**
   * Measured speedup over plain decoding. Where the answer has plain steps enough (`stats.plainStepMs` is not null), they
   * are the baseline, of the same moment: see `speedupInside`. Else tokens/s over the calibration's at load. Null while
   * unknown.
   */
  speedup: number | null;
  /** Name of the model that answered. */
  modelName: string | null;
}

export interface Chat {
  id: string;
  title: string;
  createdAtMs: number;
  messages: Message[];
}

/** `snapshot` comes first and again after anything that is not an append; the others keep it current. */
export type ChatEvent =
  | { type: 'snapshot'; chat: Chat }
  | { type: 'prefill'; messageId: string; done: number; total: number }
  /** Rounds of a streaming answer, batched to about one event per animation frame. */
  | { type: 'rounds'; messageId: string; rounds: Round[] }
  /** A message appeared or took its final state. */
  | { type: 'message'; message: Message };

export interface ChatsApi {
  /** The current chat: the last one used, or a new one. */
  current(): Promise<Chat>;
  /** Starts a new, empty chat and makes it the current one. An answer under way in the old one is stopped and kept. */
  create(): Promise<Chat>;
  watch(chatId: string): AsyncIterable<ChatEvent>;
  /**
   * Appends the user's message and starts the answer; resolves once both are stored. Several chats can be answered at once.
   * Rejects with `busy` where this one is, and with `no-model`.
   */
  send(chatId: string, text: string): Promise<void>;
  /** Stops this chat's answer within one round; what was written stays. */
  stop(chatId: string): Promise<void>;
  /** Answers the last user message again, replacing a failed, stopped or complete answer. */
  retry(chatId: string): Promise<void>;
  /**
   * After `store-damaged` or `store-too-new`: renames the database, which is kept, and starts an empty one. Resolves with
   * its chat. Rejects with `invalid-argument` where the chats can be read.
   */
  setAside(): Promise<Chat>;
}
