// A proof as text that people can read and share. Pure.
import type { ProofReport, ProofRun } from '../../electron/contract/proofs.ts';
import { visualizerText } from './strings.ts';

const text = visualizerText.proof;
const shown = visualizerText.number;

/** English, one fact a line; the JSON has every token. */
export function proofAsText(report: ProofReport): string {
  const { model, adapter, options, drafting, plain, difference } = report;
  return [
    `Kangaroo Chat: proof of ${new Date(report.createdAtMs).toISOString()}`,
    `Verdict: ${difference === null ? text.identical : text.differs}. ${verdict(report)}`,
    ...(difference ? differenceLines(report) : []),
    '',
    `Model: ${model.name}, ${model.fileType}, fingerprint ${model.fingerprint}`,
    `Adapter: ${adapter ? `${adapter.name}, exit layer ${adapter.exitLayer}` : 'none, drafts were copied from the conversation'}`,
    `Engine: ${report.engine}`,
    `Devices: ${report.devices.join(', ')}; ${report.threads} threads`,
    `Settings: greedy, repetition penalty ${options.repetitionPenalty} over ${options.repetitionWindow} tokens, at most ${options.maxTokens} tokens, η ${options.threshold}, γ ${options.maxDraft}`,
    `Prompt: ${report.promptTokens} tokens`,
    runLine('With drafts', drafting),
    runLine('Plainly', plain),
    `Answer in the chat: ${recordedText(report)}`,
    '',
    '--- With drafts ---',
    drafting.text,
    '',
    '--- Plain decoding ---',
    plain.text,
    '',
  ].join('\n');
}

function runLine(name: string, { mode, tokens, rounds, drafted, accepted, ms, reason }: ProofRun): string {
  const drafts = mode === 'plain' ? '' : `, ${accepted} of ${drafted} drafts accepted`;
  return `${name} (${mode}): ${tokens.length} tokens in ${rounds} rounds${drafts}, ${shown(ms)} ms, ended by ${reason}`;
}

function verdict({ difference, comparedTokens, drafting }: ProofReport): string {
  if (difference) return text.differsText(difference.position);
  const { accepted, drafted } = drafting;
  return drafted > 0 ? text.identicalText(comparedTokens, accepted, drafted) : text.nothingDrafted(comparedTokens);
}

function differenceLines({ difference }: ProofReport): string[] {
  if (!difference) return [];
  const { drafting, plain, logits, logitGap } = difference;
  const named = (token: typeof plain) => (token ? `${token.id} ${JSON.stringify(token.text)}` : text.ended);
  const lines = [`  with drafts: ${named(drafting)}`, `  plainly:     ${named(plain)}`, `  ${gapText(logitGap)}`];
  const [first, second] = logits?.top ?? [];
  if (first && second) lines.push(`  ${text.top(named(first), named(second), first.logit - second.logit)}`);
  return lines;
}

/** Two logits as near as this are as good as equal: weights that are not quantised round so far otherwise by width. */
const tie = 0.05;

export function gapText(logitGap: number | null): string {
  if (logitGap === null) return text.noGap;
  return `${text.gap(logitGap)} ${Math.abs(logitGap) < tie ? text.gapTie : text.gapLarge}`;
}

export function recordedText({ recorded, difference }: ProofReport): string {
  if (!recorded) return text.recordedUnknown;
  const { comparedTokens, identicalTokens } = recorded;
  if (identicalTokens === comparedTokens) return text.recordedSame(comparedTokens);
  return identicalTokens === difference?.position
    ? text.recordedParts(identicalTokens)
    : text.recordedOther(identicalTokens, comparedTokens);
}
