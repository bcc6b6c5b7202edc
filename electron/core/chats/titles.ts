// Titles that the model gives in the background, when no answer is being written. A title is asked for as one more turn of the
// chat's own conversation: its cache has been read up to there, and a conversation beside it would need a context of its own.
// Whoever asks the engine for an answer pauses this first.
import { defaultGenerationOptions, type ChatTurn, type EngineApi } from '../../contract/engine.ts';
import type { Models } from '../models/models.ts';
import type { SettingsStore } from '../settings.ts';
import type { Shelf } from './shelf.ts';
import { systemTurns, turnsOf } from './turns.ts';

/** Later turns say less about what a chat is about, and a chat whose title was refused that often keeps its first words. */
const latestMessages = 6;
const mostTokens = 24;
const longestTitle = 60;
const mostWords = 9;

const titleRequest =
  'Write a short title for this conversation, of at most six words, in its language. Answer with the title alone.';

export interface TitlesParts {
  shelf: Shelf;
  engine: EngineApi;
  models: Models;
  settings: SettingsStore;
  /** A chat has another title. */
  changed(chatId: string): void;
}

export class Titles {
  readonly #parts: TitlesParts;
  readonly #wanted = new Set<string>();
  #asking: { chatId: string; stopped: boolean; ended: Promise<void> } | null = null;
  #closed = false;

  constructor(parts: TitlesParts) {
    this.#parts = parts;
  }

  /** An answer of this chat ended: it may have a title, when nothing else goes on. */
  want(chatId: string): void {
    this.#wanted.add(chatId);
  }

  /** Asks for the titles that are wanted, one after the other. */
  resume(): void {
    if (this.#asking || this.#closed) return;
    const [chatId] = this.#wanted;
    if (chatId === undefined) return;
    const asking = { chatId, stopped: false, ended: Promise.resolve() };
    this.#asking = asking;
    asking.ended = this.#ask(chatId, asking)
      .catch(() => {
        // The first words stay; what is wrong with the engine or the file is told where somebody waits for an answer.
      })
      .then(() => {
        this.#asking = null;
        if (asking.stopped) return;
        this.#wanted.delete(chatId);
        this.resume();
      });
  }

  /** Stops asking; what was wanted still is. Resolves when the engine is free, within one round. Never rejects. */
  async pause(): Promise<void> {
    const asking = this.#asking;
    if (!asking) return;
    asking.stopped = true;
    await this.#parts.engine.stop(asking.chatId).catch(() => {});
    await asking.ended;
  }

  async forget(chatId: string): Promise<void> {
    this.#wanted.delete(chatId);
    if (this.#asking?.chatId === chatId) await this.pause();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.pause();
  }

  async #ask(chatId: string, asking: { stopped: boolean }): Promise<void> {
    const { shelf, engine, models, settings } = this.#parts;
    const chat = shelf.store.chats.find(chatId);
    if (!settings.current.titlesByModel || models.state.status !== 'ready' || chat?.titleSource !== 'text') return;
    const said = shelf.store.messages.said(chat.leafKey);
    if (said.length < 2 || said.length > latestMessages || said.at(-1)?.role !== 'assistant') return;
    const turns = turnsOf(said);
    const systemPrompt = chat.settings.systemPrompt ?? settings.current.systemPrompt;
    const messages: ChatTurn[] = [...systemTurns(systemPrompt), ...turns, { role: 'user', content: titleRequest }];
    const options = { ...defaultGenerationOptions, mode: 'plain' as const, maxTokens: mostTokens, stop: ['\n'] };
    let answer: { text: string; complete: boolean } | null = null;
    for await (const batch of engine.generate({ prompt: { kind: 'messages', messages }, options, conversationId: chatId })) {
      if (asking.stopped) engine.stop(chatId).catch(() => {});
      for (const event of batch) {
        if (event.type === 'done')
          answer = { text: event.text, complete: event.reason === 'end-of-turn' || event.reason === 'stop-text' };
      }
    }
    if (asking.stopped || !answer?.complete) return;
    const title = titleFrom(answer.text, turns.map(({ content }) => content).join('\n'));
    // The user may have given one meanwhile.
    if (title === null || shelf.store.chats.find(chatId)?.titleSource !== 'text') return;
    shelf.store.chats.setTitle(chat.key, title, 'model');
    this.#parts.changed(chatId);
  }
}

const folded = (text: string) => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();

/**
 * A model's answer as a title, or null where it is none: small models chat on, repeat the request or say what has nothing to do
 * with the conversation.
 */
export function titleFrom(answer: string, conversation: string): string | null {
  const lines = answer.trim().split('\n');
  if (lines.length !== 1) return null;
  const title = (lines[0] ?? '')
    .replace(/^[#>*\s]*(title|titel|titre|título)\s*:\s*/i, '')
    .replaceAll(/^[\s"'“”„«»`*#>_.-]+|[\s"'“”„«»`*_.,:;-]+$/g, '');
  const words = title.split(/\s+/);
  if (title === '' || title.length > longestTitle || words.length > mostWords || !/\p{L}/u.test(title)) return null;
  if (/\p{Cc}|[<>{}|]/u.test(title) || /^(sure|here|okay|of course|i|i'm|as an)\b/i.test(title)) return null;
  const known = folded(conversation);
  const telling = folded(title).match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  if (new Set(telling).size < telling.length * 0.6) return null;
  // Its first letters stand for a word in all its forms; where words are not parted by spaces, for two characters.
  const stems = telling.map((word) =>
    word.slice(0, /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u.test(word) ? 4 : 2),
  );
  if (!stems.some((stem) => known.includes(stem))) return null;
  // A sentence of the answer is no title of it.
  return words.length > 4 && known.includes(folded(title)) ? null : title;
}
