// The thread that reads a file of chats: its pieces as they come, then one conversation at a time, as they are asked for. Reading
// a large file takes seconds and much memory; here neither an answer nor a page waits for it.
import { parentPort } from 'node:worker_threads';
import { toErrorShape, type ErrorShape } from '../../../contract/errors.ts';
import type { ImportReport } from '../../../contract/exchange.ts';
import { readConversations, type Conversation } from './read-conversations.ts';

/** `finish` is answered by `begun`, every `next` by `conversation` or `end`; each of them by `failed` where it cannot be. */
export type ImportOrder = { type: 'piece'; text: string } | { type: 'finish' } | { type: 'next' };

export type ImportAnswer =
  | { type: 'begun'; format: ImportReport['format'] }
  | { type: 'conversation'; conversation: Conversation }
  | { type: 'end' }
  | { type: 'failed'; error: ErrorShape };

let pieces: string[] = [];
let all: Iterator<Conversation> = [].values();

function answer(order: Exclude<ImportOrder, { type: 'piece' }>): ImportAnswer {
  if (order.type === 'finish') {
    const text = pieces.join('');
    pieces = [];
    const read = readConversations(text);
    all = read.all[Symbol.iterator]();
    return { type: 'begun', format: read.format };
  }
  const { done, value } = all.next();
  return done ? { type: 'end' } : { type: 'conversation', conversation: value };
}

parentPort?.on('message', (order: ImportOrder) => {
  if (order.type === 'piece') {
    pieces.push(order.text);
    return;
  }
  let told: ImportAnswer;
  try {
    told = answer(order);
  } catch (error) {
    told = { type: 'failed', error: toErrorShape(error) };
  }
  parentPort?.postMessage(told);
});
