// How fast drafting would be with other limits: rounds are played over answers of which is known, for each token, whether the adapter
// foresees it, with the times that passes take on this machine. Pure arithmetic; the rounds are those of arXiv 2404.18911.
import type { Round } from '../../contract/engine.ts';

/** A part of a held-out answer: of each token, the adapter's confidence in its own prediction, and whether that is the model's too. */
export interface HeldOutAnswer {
  confidences: ArrayLike<number>;
  /** 1: right. */
  agrees: ArrayLike<number>;
  /** Ids of the right tokens. */
  tokens: ArrayLike<number>;
}

/**
 * What rounds of a greedy answer tell, drafted as far as possible (η = 0): every draft up to the first wrong one was made behind
 * the right text. Behind a round whose drafts were all right stands a token that nobody had to foresee: there a new part begins.
 */
export function answersOf(rounds: readonly Pick<Round, 'drafts' | 'accepted' | 'token'>[]): HeldOutAnswer[] {
  const parts: { confidences: number[]; agrees: number[]; tokens: number[] }[] = [];
  let part = { confidences: [] as number[], agrees: [] as number[], tokens: [] as number[] };
  for (const { drafts, accepted, token } of rounds) {
    for (const [place, { id, confidence }] of drafts.slice(0, accepted + 1).entries()) {
      part.confidences.push(confidence);
      part.agrees.push(place < accepted ? 1 : 0);
      part.tokens.push(place < accepted ? id : token.id);
    }
    if (accepted < drafts.length) continue;
    parts.push(part);
    part = { confidences: [], agrees: [], tokens: [] };
  }
  return [...parts, part].filter(({ agrees }) => agrees.length > 0);
}

/** Milliseconds of the passes of a round. */
export interface RoundCosts {
  /** Plain decoding: the whole network, one row. */
  plainMs: number;
  /** Early layers, adapter and draft head. */
  draftMs: number;
  /** Early layers of the last draft. */
  stateMs: number;
  /** Late layers, by rows; [0] is one row. What was not measured costs as much per row as the last one. */
  verifyMs: readonly number[];
}

/** η and γ: drafting goes on while the confidence is at least `threshold` and there are fewer than `maxDraft` drafts. */
export interface DraftingLimits {
  threshold: number;
  maxDraft: number;
}

export interface Played {
  rounds: number;
  tokens: number;
  ms: number;
  tokensPerRound: number;
  /** Tokens per millisecond over plain decoding's. */
  speedup: number;
  /** Of the drafts at the first, second, … place that were verified, how many were accepted. */
  acceptanceByPosition: number[];
}

export function verifyMsOf({ verifyMs }: RoundCosts, rows: number): number {
  const known = verifyMs.length;
  if (known === 0) return 0;
  return verifyMs[rows - 1] ?? ((verifyMs[known - 1] ?? 0) * rows) / known;
}

/** Plays rounds of fixed η and γ over the answers. */
export function playRounds(answers: readonly HeldOutAnswer[], costs: RoundCosts, limits: DraftingLimits): Played {
  const { threshold, maxDraft } = limits;
  const verified: number[] = [];
  const right: number[] = [];
  let [rounds, tokens, ms] = [0, 0, 0];
  for (const { confidences, agrees } of answers) {
    for (let at = 0; at < agrees.length;) {
      const most = Math.min(maxDraft, agrees.length - at);
      let drafted = 1;
      while (drafted < most && (confidences[at + drafted - 1] ?? 0) >= threshold) drafted++;
      let accepted = 0;
      while (accepted < drafted && agrees[at + accepted]) accepted++;
      for (let place = 0; place < drafted; place++) {
        verified[place] = (verified[place] ?? 0) + 1;
        right[place] = (right[place] ?? 0) + (place < accepted ? 1 : 0);
      }
      rounds++;
      // Behind the answer's last token there is none of the target's own.
      tokens += Math.min(accepted + 1, agrees.length - at);
      ms += drafted * costs.draftMs + costs.stateMs + verifyMsOf(costs, drafted + 1);
      at += accepted + 1;
    }
  }
  const acceptanceByPosition = verified.map((count, place) => (right[place] ?? 0) / count);
  const tokensPerRound = rounds > 0 ? tokens / rounds : 0;
  return { rounds, tokens, ms, tokensPerRound, speedup: ms > 0 ? (tokens / ms) * costs.plainMs : 0, acceptanceByPosition };
}

const thresholds = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const longestDraft = 8;

/** The fixed η and γ that are fastest on these answers; the shorter draft where it makes no difference. */
export function bestLimits(answers: readonly HeldOutAnswer[], costs: RoundCosts): DraftingLimits & Played {
  let best: (DraftingLimits & Played) | null = null;
  for (let maxDraft = 1; maxDraft <= longestDraft; maxDraft++) {
    for (const threshold of maxDraft === 1 ? [0.6] : thresholds) {
      const played = playRounds(answers, costs, { threshold, maxDraft });
      if (!best || played.speedup > best.speedup) best = { threshold, maxDraft, ...played };
    }
  }
  return best ?? { threshold: 0.6, maxDraft: 6, ...playRounds([], costs, { threshold: 0.6, maxDraft: 6 }) };
}

/** How often the adapter's prediction is the model's, 0…1. */
export function agreementOf(answers: readonly HeldOutAnswer[]): number {
  let [right, all] = [0, 0];
  for (const { agrees } of answers) {
    for (let at = 0; at < agrees.length; at++) right += agrees[at] ? 1 : 0;
    all += agrees.length;
  }
  return all > 0 ? right / all : 0;
}
