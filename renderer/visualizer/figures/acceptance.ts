// How drafts fared: by their place in the round, by their confidence, and how many tokens a round gave. Pure.
import type { DraftSource, Round } from '../../../electron/contract/engine.ts';

export interface PositionFigure {
  /** Place in the round, from 1. */
  position: number;
  /** Rounds that drafted a token at this place. */
  drafted: number;
  /** Of these, rounds whose draft at this place was accepted. */
  accepted: number;
  /** Of these, rounds in which all drafts before it were accepted, so that the model judged it for its own sake. */
  judged: number;
}

/** Places that were drafted at, in order; `source`: only drafts that come from there. */
export function acceptanceByPosition(rounds: readonly Round[], source: DraftSource | null = null): PositionFigure[] {
  const figures: PositionFigure[] = [];
  for (const { drafts, accepted } of rounds) {
    for (const [at, draft] of drafts.entries()) {
      if (source !== null && draft.source !== source) continue;
      const figure = (figures[at] ??= { position: at + 1, drafted: 0, accepted: 0, judged: 0 });
      figure.drafted += 1;
      if (at < accepted) figure.accepted += 1;
      if (at <= accepted) figure.judged += 1;
    }
  }
  return figures.filter((figure) => figure !== undefined);
}

/** Share with its 95% Wilson interval. */
export interface Share {
  share: number;
  low: number;
  high: number;
}

/** Null where there is nothing to have a share of. Source: Wilson, 1927. */
export function wilson(hits: number, of: number): Share | null {
  if (of === 0) return null;
  const z = 1.96;
  const share = hits / of;
  const middle = (share + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z / (1 + (z * z) / of)) * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

export interface TokensFigure {
  /** Tokens of a round: accepted drafts and the model's own. */
  tokens: number;
  rounds: number;
}

/** How many rounds gave how many tokens, from 1 to the most; `drafting`: only rounds that drafted. */
export function tokensPerRound(rounds: readonly Round[], drafting: boolean): TokensFigure[] {
  const counts: number[] = [];
  for (const { drafts, accepted } of rounds) {
    if (drafting && drafts.length === 0) continue;
    counts[accepted + 1] = (counts[accepted + 1] ?? 0) + 1;
  }
  return Array.from({ length: Math.max(0, counts.length - 1) }, (_, at) => ({ tokens: at + 1, rounds: counts[at + 1] ?? 0 }));
}

export interface JudgedDraft {
  confidence: number;
  accepted: boolean;
}

/**
 * Drafts that the model judged for their own sake: the accepted ones and the first rejected one of each round. What stands
 * behind a rejected draft was computed on a text that is not the answer's, and says nothing.
 */
export function judgedDrafts(rounds: readonly Round[], source: DraftSource): JudgedDraft[] {
  const judged: JudgedDraft[] = [];
  for (const { drafts, accepted } of rounds) {
    for (let at = 0; at <= accepted && at < drafts.length; at += 1) {
      const draft = drafts[at];
      if (draft?.source === source) judged.push({ confidence: draft.confidence, accepted: at < accepted });
    }
  }
  return judged;
}

export interface CalibrationBin {
  /** Confidences in `[from, to)`; the last bin holds 1 too. */
  from: number;
  to: number;
  /** Judged drafts in the bin, and those of them that were accepted. */
  judged: number;
  accepted: number;
  /** Mean confidence of the drafts in the bin; its middle where it is empty. */
  confidence: number;
}

const binCount = 10;

export function calibrationBins(judged: readonly JudgedDraft[]): CalibrationBin[] {
  const bins = Array.from({ length: binCount }, (_, at) => ({ judged: 0, accepted: 0, sum: 0, at }));
  for (const { confidence, accepted } of judged) {
    const bin = bins[Math.max(0, Math.min(binCount - 1, Math.floor(confidence * binCount)))];
    if (!bin) continue;
    bin.judged += 1;
    bin.sum += confidence;
    if (accepted) bin.accepted += 1;
  }
  return bins.map(({ at, sum, ...counts }) => ({
    from: at / binCount,
    to: (at + 1) / binCount,
    ...counts,
    confidence: counts.judged > 0 ? sum / counts.judged : (at + 0.5) / binCount,
  }));
}

/**
 * Expected calibration error: the mean distance of confidence and acceptance over the bins, weighted by their drafts
 * (Guo et al., 2017). Null without drafts.
 */
export function calibrationError(bins: readonly CalibrationBin[]): number | null {
  const judged = bins.reduce((sum, bin) => sum + bin.judged, 0);
  if (judged === 0) return null;
  return bins.reduce((sum, bin) => sum + Math.abs(bin.judged * bin.confidence - bin.accepted), 0) / judged;
}
