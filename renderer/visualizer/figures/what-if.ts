// What other settings of η and γ would have given, predicted from the drafts that were recorded. Pure.
//
// A recorded round tells only a part: whether drafts were right up to the first rejected one, and confidences as far as it
// drafted. Settings that would have stopped earlier, or whose further drafts would have stood behind a rejected one, are
// counted as they were. Where every recorded draft was accepted and the settings would draft on, what follows is
// extrapolated: each further draft is taken to be like the mean of all that were judged. `extrapolated` is the share of rounds
// where that matters. Rounds are taken as they began; other settings would have cut the same text into other rounds.
import type { Costs, Round } from '../../../electron/contract/engine.ts';
import type { AnswerTrace } from './trace.ts';

export interface WhatIfSettings {
  /** η, 0…1. */
  threshold: number;
  /** γ, 1…16. */
  maxDraft: number;
}

/** The engine's own limit of γ. */
const mostDrafts = 16;

export interface Prediction {
  tokensPerRound: number;
  draftsPerRound: number;
  /** Tokens · V(1) over the time that drafting and verifying would take, scaled; null without costs of an adapter. */
  speedup: number | null;
  /** Share of rounds whose gain had to be extrapolated. */
  extrapolated: number;
}

/** What is known of drafts in general, for those that were never made. */
export interface DraftMeans {
  /** Recorded rounds that tell something: their first draft came from the adapter. */
  rounds: RecordedRound[];
  /** Of the judged drafts. */
  accepted: number;
  judged: readonly JudgedConfidence[];
  /** Rounds of all kinds, drafted or not. */
  of: number;
}

interface JudgedConfidence {
  confidence: number;
  accepted: boolean;
}

interface RecordedRound {
  confidences: number[];
  accepted: number;
}

/** Only the adapter's drafts: η and γ say nothing of copies. */
export function recordedDrafts(rounds: readonly Round[]): DraftMeans {
  const recorded: RecordedRound[] = [];
  const judged: JudgedConfidence[] = [];
  for (const { drafts, accepted } of rounds) {
    const copies = drafts.findIndex(({ source }) => source === 'lookup');
    const own = copies < 0 ? drafts : drafts.slice(0, copies);
    if (own.length === 0) continue;
    const ownAccepted = Math.min(accepted, own.length);
    recorded.push({ confidences: own.map(({ confidence }) => confidence), accepted: ownAccepted });
    for (let at = 0; at <= ownAccepted && at < own.length; at += 1) {
      judged.push({ confidence: own[at]?.confidence ?? 0, accepted: at < ownAccepted });
    }
  }
  return { rounds: recorded, judged, accepted: judged.filter((draft) => draft.accepted).length, of: rounds.length };
}

/** Null without a round that drafted. `scale`: see `CostCheck`. */
export function predict(known: DraftMeans, settings: WhatIfSettings, costs: Costs | null, scale = 1): Prediction | null {
  return known.rounds.length === 0 ? null : predictFrom(basisOf(known, settings.threshold), settings.maxDraft, costs, scale);
}

/** What a threshold makes of the record, for every γ. */
interface Basis {
  /** Rounds that are alike, and how many there are. */
  alike: { round: Judged; count: number }[];
  rounds: number;
  further: Further;
}

/** A recorded round, as far as a threshold looks at it. */
interface Judged {
  drafted: number;
  accepted: number;
  /** Drafts from the first on whose confidence is at least the threshold. */
  sure: number;
}

function basisOf(known: DraftMeans, threshold: number): Basis {
  const alike = new Map<number, { round: Judged; count: number }>();
  for (const { confidences, accepted } of known.rounds) {
    const drafted = confidences.length;
    let sure = 0;
    while (sure < drafted && (confidences[sure] ?? 0) >= threshold) sure += 1;
    const key = (drafted * (mostDrafts + 1) + accepted) * (mostDrafts + 1) + sure;
    const same = alike.get(key);
    if (same) same.count += 1;
    else alike.set(key, { round: { drafted, accepted, sure }, count: 1 });
  }
  return { alike: [...alike.values()], rounds: known.rounds.length, further: furtherDrafts(known, threshold) };
}

function predictFrom({ alike, rounds, further }: Basis, maxDraft: number, costs: Costs | null, scale: number): Prediction {
  let [tokens, drafts, guessed, ms] = [0, 0, 0, 0];
  const timeOf = costs && roundTime(costs);
  for (const { round, count } of alike) {
    const outcome = replay(round, maxDraft, further);
    tokens += count * (outcome.accepted + 1);
    drafts += count * outcome.drafted;
    guessed += outcome.guessed ? count : 0;
    ms += count * (timeOf?.(outcome.drafted) ?? 0);
  }
  const plainMs = costs?.verifyMs[0];
  return {
    tokensPerRound: tokens / rounds,
    draftsPerRound: drafts / rounds,
    speedup: timeOf && plainMs !== undefined && ms > 0 ? (scale * tokens * plainMs) / ms : null,
    extrapolated: guessed / rounds,
  };
}

interface Outcome {
  /** Expected numbers, where they had to be extrapolated. */
  drafted: number;
  accepted: number;
  /** The gain, not only the cost, is extrapolated. */
  guessed: boolean;
}

/** Drafting goes on while the confidence is at least η, up to γ; the draft that fell below is kept: paper, section 3. */
function replay({ drafted, accepted, sure }: Judged, maxDraft: number, further: Further): Outcome {
  const length = Math.min(maxDraft, sure + 1);
  if (length <= drafted) return { drafted: length, accepted: Math.min(accepted, length), guessed: false };
  const left = maxDraft - drafted;
  const expected = drafted + (further.drafted[left] ?? 0);
  // Behind a rejected draft nothing is gained: only what the further drafts would have cost is unknown.
  if (accepted < drafted) return { drafted: expected, accepted, guessed: false };
  return { drafted: expected, accepted: accepted + (further.accepted[left] ?? 0), guessed: true };
}

/** By how many further drafts there may be: how many are expected, and how many of them to be accepted in a row. */
interface Further {
  drafted: number[];
  accepted: number[];
}

function furtherDrafts({ judged }: DraftMeans, threshold: number): Further {
  const share = (fits: (draft: JudgedConfidence) => boolean) =>
    judged.length === 0 ? 0 : judged.filter(fits).length / judged.length;
  const right = share(({ accepted }) => accepted);
  const sure = share(({ confidence }) => confidence >= threshold);
  const both = share(({ accepted, confidence }) => accepted && confidence >= threshold);
  const further: Further = { drafted: [0], accepted: [0] };
  for (let left = 1; left <= mostDrafts; left += 1) {
    further.drafted.push(1 + sure * (further.drafted[left - 1] ?? 0));
    further.accepted.push(right + both * (further.accepted[left - 1] ?? 0));
  }
  return further;
}

/**
 * Time of a round by its (perhaps expected) number of drafts: draft steps, the last draft's pass, and the late layers over
 * drafts + 1 rows. Null without an adapter's costs.
 */
export function roundTime({ draftStepMs, stateStepMs, verifyLateMs }: Costs): ((drafted: number) => number) | null {
  if (draftStepMs === null || stateStepMs === null || verifyLateMs.length < 2) return null;
  return (drafted) => drafted * draftStepMs + stateStepMs + along(verifyLateMs, drafted + 1);
}

/** How far the costs at load are from what drafting rounds took when they were recorded. */
export interface CostCheck {
  /** Speed over plain decoding of the rounds that drafted, as they were: by the costs, and as measured. */
  predicted: number;
  measured: number;
  /** Measured over predicted: predictions are multiplied by it. */
  scale: number;
  /** Further apart than `farOff`: values deserve a warning. */
  far: boolean;
}

/** Costs are a median of a quiet moment; what differs by less is the machine's noise. */
const farOff = 0.1;

/** Null without costs, or without an answer that has both a baseline and rounds that drafted. */
export function checkCosts(answers: readonly AnswerTrace[], costs: Costs | null): CostCheck | null {
  if (!costs) return null;
  const drafted: Round[] = [];
  let [plainMs, ms] = [0, 0];
  for (const { rounds, timesMs, baseline } of answers) {
    if (!baseline) continue;
    for (const [at, round] of rounds.entries()) {
      if (round.mode !== 'kangaroo') continue;
      drafted.push(round);
      plainMs += (round.accepted + 1) * baseline.stepMs;
      ms += timesMs[at] ?? 0;
    }
  }
  const predicted = predictAsRecorded(drafted, costs);
  if (predicted === null || !(ms > 0)) return null;
  const measured = plainMs / ms;
  const scale = measured / predicted;
  return { predicted, measured, scale, far: Math.abs(scale - 1) > farOff };
}

/** The η and γ that all drafting answers were asked with; null where they differ, were chosen by `auto`, or are not known. */
export function recordedSettings(answers: readonly AnswerTrace[]): WhatIfSettings | null {
  const drafting = answers.filter(({ rounds }) => rounds.some(({ mode }) => mode === 'kangaroo'));
  const [first, ...others] = drafting.map(({ settings }) => settings);
  if (first?.decodingMode !== 'kangaroo') return null;
  const { threshold, maxDraft } = first;
  const same = others.every(
    (other) => other?.decodingMode === 'kangaroo' && other.threshold === threshold && other.maxDraft === maxDraft,
  );
  return same ? { threshold, maxDraft } : null;
}

/** What the costs say of rounds exactly as they were, to hold against what was measured; null where they say nothing. */
export function predictAsRecorded(rounds: readonly Round[], costs: Costs): number | null {
  const timeOf = roundTime(costs);
  const plainMs = costs.verifyMs[0];
  if (!timeOf || plainMs === undefined) return null;
  let [tokens, ms] = [0, 0];
  for (const { mode, drafts, discarded, accepted, rows } of rounds) {
    tokens += accepted + 1;
    if (mode === 'kangaroo') {
      // Copies behind the adapter's drafts are no draft steps, but rows.
      const own = drafts.filter(({ source }) => source === 'adapter').length;
      ms += timeOf(own) + along(costs.verifyLateMs, rows) - along(costs.verifyLateMs, own + 1);
    } else {
      ms += along(costs.verifyMs, rows);
    }
    ms += discarded * (costs.draftStepMs ?? 0);
  }
  return ms > 0 ? (tokens * plainMs) / ms : null;
}

/** The value at `n` (from 1) of measured ones: between two of them on a line, behind the last on the line of the last two. */
export function along(values: readonly number[], n: number): number {
  const last = values.length;
  const from = Math.max(1, Math.min(last - 1, Math.floor(n)));
  const [below = 0, above = below] = [values[from - 1], values[from]];
  return below + (above - below) * (n - from);
}

export interface GridCell extends WhatIfSettings, Prediction {}

export const thresholds = [0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
export const draftLengths = [1, 2, 3, 4, 5, 6, 7, 8];

/** Predictions for all of a grid; empty without a round that drafted. */
export function predictGrid(known: DraftMeans, costs: Costs | null, scale = 1): GridCell[] {
  if (known.rounds.length === 0) return [];
  return thresholds.flatMap((threshold) => {
    const basis = basisOf(known, threshold);
    return draftLengths.map((maxDraft) => ({ threshold, maxDraft, ...predictFrom(basis, maxDraft, costs, scale) }));
  });
}

/** The fastest cell, or the one with the most tokens per round where speed cannot be told. */
export function bestCell(grid: readonly GridCell[]): GridCell | null {
  const worth = ({ speedup, tokensPerRound }: GridCell) => speedup ?? tokensPerRound;
  return grid.reduce<GridCell | null>((best, cell) => (best === null || worth(cell) > worth(best) ? cell : best), null);
}
