// The app's own JSON, checked: everything that export.ts writes, and nothing that the database could not hold.
import { z } from 'zod';
import { errorCodes } from '../../../contract/errors.ts';
import { flag, integer, oneOf, text } from '../../arguments.ts';
import { overridesSchema, systemPromptSchema } from '../../settings.ts';
import { textOfRounds } from '../round-codec.ts';
import type { PortableChat } from './portable.ts';

const id = text(1, 200);
const count = integer(0, Number.MAX_SAFE_INTEGER);
const amount = z.number();
const longText = z.string().transform((value) => value.toWellFormed());

const token = { id: z.int(), text: longText };
const round = z.object({
  drafts: z.array(z.object({ ...token, confidence: amount, source: oneOf('adapter', 'lookup') })),
  accepted: count,
  token: z.object(token),
  pieces: z.array(z.object({ ...token, origin: oneOf('draft', 'target') })),
  draftMs: amount,
  verifyMs: amount,
  rows: count,
  mode: oneOf('plain', 'kangaroo', 'lookup'),
  discarded: count,
  paused: flag(),
  expectedSpeedup: amount.nullable(),
});

const figures = {
  promptTokens: count,
  cachedTokens: count,
  promptMs: amount,
  tokens: count,
  ms: amount,
  tokensPerSecond: amount,
  rounds: count,
  tokensPerRound: amount,
  drafted: count,
  accepted: count,
  acceptanceRate: amount,
  lookedUp: count,
  lookedUpAccepted: count,
  discarded: count,
  pausedRounds: count,
  plainStepMs: amount.nullable(),
  graphsReused: count,
  graphsBuilt: count,
  recomputedRounds: count,
  contextShifts: count,
  leftOutTurns: count.optional(),
  roundsMs: amount,
  computeMs: amount.nullable(),
};

const answeredWith = z.object({
  settings: z.object(overridesSchema.required().shape),
  seed: count,
  systemPrompt: systemPromptSchema,
  modelFingerprint: text(0, 200),
  adapterName: text(0, 1000).nullable(),
});

const message = z.object({
  id,
  parentId: id.nullable(),
  role: oneOf('user', 'assistant'),
  text: longText,
  status: oneOf('streaming', 'complete', 'stopped', 'failed'),
  createdAtMs: count,
  attachments: z.array(z.object({ name: text(1, 255), text: longText })).default([]),
  stats: z.object(figures).nullable().default(null),
  continuations: count.default(0),
  timeToFirstTokenMs: amount.nullable().default(null),
  stopReason: oneOf('end-of-turn', 'stop-text', 'max-tokens', 'context-full', 'cancelled').nullable().default(null),
  error: z
    .object({ code: oneOf(...errorCodes), message: longText })
    .nullable()
    .default(null),
  speedup: amount.nullable().default(null),
  modelName: text(0, 1000).nullable().default(null),
  answeredWith: answeredWith.nullable().default(null),
  rounds: z.array(round).default([]),
});

const chat = z.object({
  title: text(0, 1000),
  titleSource: oneOf('none', 'text', 'model', 'user').default('user'),
  folder: text(1, 100).nullable().default(null),
  pinned: flag().default(false),
  createdAtMs: count,
  usedAtMs: count,
  settings: z.object({ systemPrompt: systemPromptSchema.nullable(), overrides: overridesSchema }),
  draft: longText.default(''),
  activeId: id.nullable().default(null),
  messages: z.array(message).max(100_000),
});

/** Throws what zod throws, or an `Error`, where a message does not follow one before it. Rounds that do not say what the answer says are left out: they would be shown in its place. */
export function parseOwnChat(value: unknown): PortableChat & { folder: string | null } {
  const parsed = chat.parse(value);
  const before = new Set<string>();
  const messages = parsed.messages.map(({ rounds, ...rest }, place) => {
    if (rest.parentId !== null && !before.has(rest.parentId)) {
      throw new Error(`messages.${place}.parentId: no message before it has the id ${JSON.stringify(rest.parentId)}`);
    }
    if (before.has(rest.id)) throw new Error(`messages.${place}.id: another message has it too`);
    before.add(rest.id);
    const fits = rest.role === 'assistant' && textOfRounds(rounds) === rest.text;
    return { ...rest, rounds: fits ? rounds : [] };
  });
  return { ...parsed, messages } as PortableChat & { folder: string | null };
}
