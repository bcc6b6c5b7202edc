// What happened in one round: its drafts with their confidences, what the model said instead, and what it took.
import { Check, Minus, Quote, X } from 'lucide-react';
import type { Draft, Round } from '../../electron/contract/engine.ts';
import { strings } from '../strings.ts';
import { visibleToken } from './visible-token.ts';

const text = strings.rounds;

type Fate = 'accepted' | 'rejected' | 'notReached';

const fates = {
  accepted: { Icon: Check, look: 'text-accent' },
  rejected: { Icon: X, look: 'text-slow' },
  notReached: { Icon: Minus, look: 'text-ink-soft' },
};

export function RoundDetails({ round, number, total }: { round: Round; number: number; total: number }) {
  return (
    <div className="grid gap-2">
      <p className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span>
          <strong className="font-semibold">{text.title(number, total)}</strong>
          {round.rows > 0 && <span className="text-ink-soft"> · {roundSummary(round)}</span>}
        </span>
        {round.rows > 0 && <span className="text-ink-soft tabular-nums">{roundTimes(round)}</span>}
      </p>
      {round.rows === 0 && <p className="text-ink-soft">{text.prompt}</p>}
      <ul className="flex flex-wrap gap-1.5">
        {round.drafts.map((draft, index) => (
          <DraftItem
            key={index}
            draft={draft}
            fate={index < round.accepted ? 'accepted' : index === round.accepted ? 'rejected' : 'notReached'}
          />
        ))}
        <li className="inline-flex items-center gap-2 rounded-md border border-line px-2 py-0.5">
          <span className="text-ink-soft">{round.accepted < round.drafts.length ? text.targetInstead : text.target}</span>
          <code className="font-mono">{visibleToken(round.token.text)}</code>
        </li>
      </ul>
      {round.expectedSpeedup !== null && <p className="text-ink-soft">{text.expectedSpeedup(round.expectedSpeedup)}</p>}
    </div>
  );
}

function roundTimes({ mode, draftMs, verifyMs, rows }: Round): string {
  if (mode === 'plain') return text.plainTime(verifyMs);
  // A copy costs no time that could be measured.
  return mode === 'lookup' ? text.lookupTimes(verifyMs, rows) : text.times(draftMs, verifyMs, rows);
}

function roundSummary({ mode, drafts, accepted, discarded, paused, expectedSpeedup }: Round): string {
  if (mode === 'plain') return paused ? text.pausedRound : expectedSpeedup === null ? text.plainRound : text.baselineRound;
  const copied = drafts.filter(({ source }) => source === 'lookup').length;
  const parts = [
    drafts.length > 0 || discarded === 0 ? text.summary(drafts.length, accepted) : '',
    copied > 0 ? text.copied(copied, drafts.length) : '',
    discarded > 0 ? text.discarded(discarded) : '',
  ].filter((part) => part !== '');
  return `${paused ? `${text.probe}: ` : ''}${parts.join(', ')}`;
}

function CopiedMark() {
  return (
    <span title={text.copiedDraft}>
      <Quote size={11} aria-hidden className="text-ink-soft" />
      <span className="sr-only">{text.copiedDraft}</span>
    </span>
  );
}

function DraftItem({ draft, fate }: { draft: Draft; fate: Fate }) {
  const { Icon, look } = fates[fate];
  return (
    <li className="inline-flex items-center gap-1.5 rounded-md bg-sunken px-2 py-0.5" title={text[fate]}>
      <Icon size={13} aria-hidden className={look} />
      <span className="sr-only">{text[fate]}</span>
      {draft.source === 'lookup' && <CopiedMark />}
      <code className={`font-mono ${fate === 'accepted' ? '' : 'text-ink-soft line-through'}`}>{visibleToken(draft.text)}</code>
      <span className="text-ink-soft tabular-nums">{text.confidence(draft.confidence)}</span>
    </li>
  );
}
