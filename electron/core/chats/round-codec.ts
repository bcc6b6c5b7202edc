// Rounds as they are stored: columns of many rounds together, every token's text once, deflated. Lossless.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Draft, Piece, Round, RoundMode, Token } from '../../contract/engine.ts';

/** The first byte; a later form gets another. */
const formatVersion = 1;
/** No stored chunk is longer when it is inflated: what is, was not written here. */
const longestChunkBytes = 256 << 20;

const modes: readonly RoundMode[] = ['plain', 'kangaroo', 'lookup'];
const origins = ['draft', 'target'] as const;
const sources = ['adapter', 'lookup'] as const;

interface Columns {
  /** `[id, text]` of every token; all else refers to a place here. */
  tokens: [number, string][];
  accepted: number[];
  token: number[];
  draftMs: number[];
  verifyMs: number[];
  rows: number[];
  mode: number[];
  discarded: number[];
  paused: number[];
  expectedSpeedup: (number | null)[];
  /** Drafts of each round; the next three have one entry for each draft. */
  drafts: number[];
  draft: number[];
  confidence: number[];
  source: number[];
  /** Pieces that are not the accepted drafts and the token, by the round's place: `[token, origin]`. */
  pieces: Record<number, [number, number][]>;
}

/** Whole microseconds, and four digits of what is no time: more is noise, and costs bytes in every round. */
export function compactRound(round: Round): Round {
  return {
    ...round,
    drafts: round.drafts.map((draft) => ({ ...draft, confidence: digits(draft.confidence, 4) })),
    draftMs: digits(round.draftMs, 3),
    verifyMs: digits(round.verifyMs, 3),
    expectedSpeedup: round.expectedSpeedup === null ? null : digits(round.expectedSpeedup, 4),
  };
}

const digits = (value: number, count: number) => Math.round(value * 10 ** count) / 10 ** count;

/** What the pieces of most rounds are: the accepted drafts, and the target's token. */
function usualPieces({ drafts, accepted, token }: Pick<Round, 'drafts' | 'accepted' | 'token'>): Piece[] {
  const kept = drafts.slice(0, accepted).map(({ id, text }): Piece => ({ id, text, origin: 'draft' }));
  return [...kept, { id: token.id, text: token.text, origin: 'target' }];
}

const same = (one: Piece, other: Piece | undefined) =>
  one.id === other?.id && one.text === other.text && one.origin === other.origin;

export function encodeRounds(rounds: readonly Round[]): Buffer {
  const places = new Map<string, number>();
  const columns: Columns = {
    tokens: [],
    accepted: rounds.map((round) => round.accepted),
    token: [],
    draftMs: rounds.map((round) => round.draftMs),
    verifyMs: rounds.map((round) => round.verifyMs),
    rows: rounds.map((round) => round.rows),
    mode: rounds.map((round) => modes.indexOf(round.mode)),
    discarded: rounds.map((round) => round.discarded),
    paused: rounds.map((round) => Number(round.paused)),
    expectedSpeedup: rounds.map((round) => round.expectedSpeedup),
    drafts: rounds.map((round) => round.drafts.length),
    draft: [],
    confidence: [],
    source: [],
    pieces: {},
  };
  const place = ({ id, text }: Token): number => {
    const key = `${id} ${text}`;
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, columns.tokens.length);
    return columns.tokens.push([id, text]) - 1;
  };
  for (const [index, round] of rounds.entries()) {
    columns.token.push(place(round.token));
    for (const draft of round.drafts) {
      columns.draft.push(place(draft));
      columns.confidence.push(draft.confidence);
      columns.source.push(sources.indexOf(draft.source));
    }
    const usual = usualPieces(round);
    const { pieces } = round;
    if (pieces.length === usual.length && pieces.every((piece, at) => same(piece, usual[at]))) continue;
    columns.pieces[index] = pieces.map((piece) => [place(piece), origins.indexOf(piece.origin)]);
  }
  return Buffer.concat([Buffer.of(formatVersion), deflateRawSync(JSON.stringify(columns))]);
}

/** Throws an `Error` where the bytes are none of `encodeRounds`. */
export function decodeRounds(bytes: Uint8Array): Round[] {
  if (bytes[0] !== formatVersion) throw new Error(`rounds of format ${bytes[0]} are not known`);
  const inflated = inflateRawSync(bytes.subarray(1), { maxOutputLength: longestChunkBytes });
  const columns = JSON.parse(inflated.toString('utf8')) as Columns;
  const token = (place: number | undefined): Token => {
    const found = columns.tokens[place ?? -1];
    if (!found) throw new Error('rounds refer to a token that is not there');
    return { id: found[0], text: found[1] };
  };
  let at = 0;
  return columns.accepted.map((accepted, index) => {
    const drafts: Draft[] = [];
    for (const end = at + (columns.drafts[index] ?? 0); at < end; at++) {
      const source = sources[columns.source[at] ?? 0] ?? 'adapter';
      drafts.push({ ...token(columns.draft[at]), confidence: columns.confidence[at] ?? 0, source });
    }
    const own = { drafts, accepted, token: token(columns.token[index]) };
    const unusual = columns.pieces[index];
    return {
      ...own,
      pieces: unusual?.map(([piece, origin]) => ({ ...token(piece), origin: origins[origin] ?? 'target' })) ?? usualPieces(own),
      draftMs: columns.draftMs[index] ?? 0,
      verifyMs: columns.verifyMs[index] ?? 0,
      rows: columns.rows[index] ?? 0,
      mode: modes[columns.mode[index] ?? 0] ?? 'plain',
      discarded: columns.discarded[index] ?? 0,
      paused: columns.paused[index] === 1,
      expectedSpeedup: columns.expectedSpeedup[index] ?? null,
    };
  });
}

/** The text that rounds add to an answer. */
export function textOfRounds(rounds: readonly Round[]): string {
  return rounds.map((round) => round.pieces.map((piece) => piece.text).join('')).join('');
}
