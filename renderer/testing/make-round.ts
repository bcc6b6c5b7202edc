// Rounds for tests, shaped as the engine reports them.
import type { Round } from '../../electron/contract/engine.ts';
import type { Chat, Message } from '../../electron/contract/chats.ts';

/** A round that accepted `accepted`, had `rejected` turned down, and added `own`; 2 ms to draft, 8 ms to verify. */
export function makeRound(accepted: string[], own: string, rejected: string[] = []): Round {
  const drafts = [...accepted, ...rejected].map((text) => ({ id: 1, text, confidence: 0.7, source: 'adapter' as const }));
  return {
    drafts,
    accepted: accepted.length,
    token: { id: 2, text: own },
    pieces: [
      ...accepted.map((text) => ({ id: 1, text, origin: 'draft' as const })),
      { id: 2, text: own, origin: 'target' as const },
    ],
    draftMs: drafts.length > 0 ? 2 : 0,
    verifyMs: 8,
    rows: drafts.length + 1,
    mode: drafts.length > 0 ? 'kangaroo' : 'plain',
    discarded: 0,
    paused: false,
    expectedSpeedup: null,
  };
}

/** A round whose drafts were copied from the conversation, but for the first `drafted` of them, which the adapter drafted. */
export function makeCopyRound(accepted: string[], own: string, rejected: string[] = [], drafted = 0): Round {
  const round = makeRound(accepted, own, rejected);
  const drafts = round.drafts.map((draft, place) => ({ ...draft, source: place < drafted ? draft.source : ('lookup' as const) }));
  return { ...round, drafts, ...(drafted === 0 ? { mode: 'lookup', draftMs: 0 } : {}) };
}

/** The round of the prompt's own token. */
export function makePromptRound(text: string): Round {
  return { ...makeRound([], text), rows: 0, verifyMs: 0 };
}

export function makeAnswer(rounds: Round[], rest: Partial<Message> = {}): Message {
  return {
    id: 'answer',
    role: 'assistant',
    parentId: null,
    siblingIds: ['answer'],
    text: rounds.flatMap((round) => round.pieces.map((piece) => piece.text)).join(''),
    attachments: [],
    status: 'streaming',
    createdAtMs: 0,
    rounds,
    roundCount: rounds.length,
    stats: null,
    continuations: 0,
    timeToFirstTokenMs: null,
    stopReason: null,
    error: null,
    speedup: null,
    modelName: 'Model',
    answeredWith: null,
    ...rest,
  };
}

export function makeChat(messages: Message[] = [], rest: Partial<Chat> = {}): Chat {
  return {
    id: 'chat',
    title: 'Chat',
    createdAtMs: 0,
    folderId: null,
    pinned: false,
    settings: { systemPrompt: null, overrides: {} },
    context: null,
    draft: '',
    messages,
    earlier: 0,
    ...rest,
  };
}
