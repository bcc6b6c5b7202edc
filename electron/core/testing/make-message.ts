// Messages and rounds for tests, as the engine would make them.
import type { Round } from '../../contract/engine.ts';
import type { MessageContent } from '../chats/message-rows.ts';

export function makeContent(id: string, rest: Partial<MessageContent> = {}): MessageContent {
  return {
    id,
    role: 'assistant',
    text: 'Hüpf 🦘',
    status: 'complete',
    createdAtMs: 5,
    stats: null,
    continuations: 0,
    timeToFirstTokenMs: null,
    stopReason: 'end-of-turn',
    error: null,
    speedup: null,
    modelName: 'Llama Joey',
    answeredWith: null,
    ...rest,
  };
}

export function makeQuestion(id: string, text = 'How high?'): MessageContent {
  return makeContent(id, { role: 'user', text, stopReason: null, modelName: null });
}

/** A round whose pieces are the accepted drafts and the token. */
export function makeStoredRound(accepted: string[], own: string, rejected: string[] = []): Round {
  const drafts = [...accepted, ...rejected].map((text, place) => {
    return { id: 100 + text.length, text, confidence: 0.9 - place / 10, source: 'adapter' as const };
  });
  return {
    drafts,
    accepted: accepted.length,
    token: { id: 7, text: own },
    pieces: [
      ...accepted.map((text) => ({ id: 100 + text.length, text, origin: 'draft' as const })),
      { id: 7, text: own, origin: 'target' },
    ],
    draftMs: 1.5,
    verifyMs: 2.25,
    rows: drafts.length + 1,
    mode: drafts.length > 0 ? 'kangaroo' : 'plain',
    discarded: 2,
    paused: true,
    expectedSpeedup: 0.875,
  };
}
