// The answers under way, one at a time in each chat, and what of a message is newer than the database.
import type { ChatEvent, Message } from '../../contract/chats.ts';
import type { DraftingMode, EngineApi } from '../../contract/engine.ts';
import { KangarooError } from '../../contract/errors.ts';
import type { AnswerSettings } from '../../contract/settings.ts';
import type { Models } from '../models/models.ts';
import { answerSettingsOf, type SettingsStore } from '../settings.ts';
import { Answer, snapshotOf } from './answer.ts';
import type { StoredChat } from './chat-table.ts';
import type { Shelf } from './shelf.ts';
import { Titles } from './titles.ts';
import { turnsOf } from './turns.ts';

export interface AnswersParts {
  shelf: Shelf;
  engine: EngineApi;
  models: Models;
  settings: SettingsStore;
  /** An answer began. */
  begun(chatId: string): void;
  /** An answer ended, or a chat was given a title. */
  changed(chatId: string): void;
  emit(chatId: string, event: ChatEvent): void;
}

export class Answers {
  readonly #parts: AnswersParts;
  readonly #titles: Titles;
  readonly #running = new Map<string, Answer>();
  /** Messages whose end could not be written, by id: the database still has them as they were before. */
  readonly #unsaved = new Map<string, Message>();

  constructor(parts: AnswersParts) {
    this.#parts = parts;
    this.#titles = new Titles(parts);
  }

  isAnswering(chatId: string): boolean {
    return this.#running.has(chatId);
  }

  /** Throws `busy` where the chat has an answer under way. */
  requireQuiet(chatId: string): void {
    if (!this.#running.has(chatId)) return;
    throw new KangarooError('busy', 'An answer is being written. Stop it, or wait until it is done.');
  }

  /** Throws `busy`, and `no-model` where no model is there nor about to be. */
  requireFree(chatId: string): void {
    this.requireQuiet(chatId);
    this.#parts.models.requirePromising();
  }

  /** The database has the answer under way as it was up to a second ago. */
  newest(chatId: string, message: Message): Message {
    const running = this.#running.get(chatId)?.message;
    const newer = message.id === running?.id ? running : this.#unsaved.get(message.id);
    return newer ? { ...snapshotOf(newer), siblingIds: message.siblingIds } : message;
  }

  /** The app's settings, and what the chat sets for itself. */
  settingsOf(chat: StoredChat): { settings: AnswerSettings; systemPrompt: string } {
    const { current } = this.#parts.settings;
    return {
      settings: { ...answerSettingsOf(current), ...chat.settings.overrides },
      systemPrompt: chat.settings.systemPrompt ?? current.systemPrompt,
    };
  }

  /** Begins, or goes on with, the chat's last message. Returns it as it is now. */
  begin(chat: StoredChat, message: Message, decodingMode: DraftingMode | undefined): Message {
    const { engine, models, shelf, emit } = this.#parts;
    const { store } = shelf;
    const { settings, systemPrompt } = this.settingsOf(chat);
    const answer = new Answer({
      engine,
      models,
      settings: { ...settings, ...(decodingMode && { decodingMode }) },
      systemPrompt,
      chatId: chat.id,
      turns: turnsOf(store.messages.said(chat.leafKey).slice(0, -1)),
      message,
      after: this.#titles.pause(),
      save: (each, rounds, textBefore) => store.messages.update(each, rounds, textBefore),
      emit: (event) => {
        if (event.type === 'message') this.#ended(chat.id, answer);
        emit(chat.id, event);
      },
    });
    this.#running.set(chat.id, answer);
    this.#parts.begun(chat.id);
    return snapshotOf(message);
  }

  async stop(chatId: string): Promise<void> {
    await this.#running.get(chatId)?.stop();
  }

  /** The chat goes away: nothing is written into it any more. */
  async end(chatId: string): Promise<void> {
    await this.#titles.forget(chatId);
    await this.stop(chatId);
    await this.#titles.forget(chatId);
  }

  async close(): Promise<void> {
    await Promise.all([this.#titles.close(), ...[...this.#running.values()].map((answer) => answer.stop())]);
  }

  #ended(chatId: string, answer: Answer): void {
    this.#running.delete(chatId);
    if (answer.unsaved) this.#unsaved.set(answer.message.id, answer.message);
    else this.#titles.want(chatId);
    if (this.#running.size === 0) this.#titles.resume();
    try {
      this.#parts.changed(chatId);
    } catch (error) {
      // The database may be closed, or its disk full: the answer's end is told all the same.
      console.error(error);
    }
  }
}
