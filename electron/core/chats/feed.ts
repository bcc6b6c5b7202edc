// The events of one chat, for every page that watches it: a snapshot first, then what changes.
import type { Chat, ChatEvent } from '../../contract/chats.ts';
import { Queue } from '../../rpc/queue.ts';

/** A page that lags by more than this gets one snapshot in place of all that. */
const mostWaiting = 256;

export class ChatFeed {
  readonly #snapshot: () => Chat;
  readonly #watchers = new Set<Queue<ChatEvent>>();

  /** `snapshot`: the chat as it is now, of its own: nothing in it changes later. */
  constructor(snapshot: () => Chat) {
    this.#snapshot = snapshot;
  }

  watch(): Queue<ChatEvent> {
    const watcher: Queue<ChatEvent> = new Queue<ChatEvent>({ onReturn: () => this.#watchers.delete(watcher) });
    watcher.push({ type: 'snapshot', chat: this.#snapshot() });
    this.#watchers.add(watcher);
    return watcher;
  }

  get watched(): boolean {
    return this.#watchers.size > 0;
  }

  emit(event: ChatEvent): void {
    for (const watcher of this.#watchers) {
      if (watcher.length < mostWaiting) {
        watcher.push(event);
      } else {
        watcher.drain();
        watcher.push({ type: 'snapshot', chat: this.#snapshot() });
      }
    }
  }

  emitSnapshot(): void {
    for (const watcher of this.#watchers) {
      watcher.drain();
      watcher.push({ type: 'snapshot', chat: this.#snapshot() });
    }
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.end();
    this.#watchers.clear();
  }
}
