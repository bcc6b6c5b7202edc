// What the model pages have in common: titles, badges, sections, and what stands where nothing is yet.
import type { ReactNode } from 'react';
import type { ErrorShape } from '../../electron/contract/errors.ts';
import { strings } from '../strings.ts';
import { Mark } from '../ui/mark.tsx';
import { Notice } from '../ui/notice.tsx';

interface ViewTitleProps {
  title: string;
  note?: ReactNode;
  actions?: ReactNode;
}

export function ViewTitle({ title, note, actions }: ViewTitleProps) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
      <div className="min-w-0">
        <h2 className="text-[24px] leading-tight font-semibold tracking-tight">{title}</h2>
        {note !== undefined && <p className="mt-0.5 min-h-6 text-[14px] text-ink-soft tabular-nums">{note}</p>}
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </div>
  );
}

interface SectionProps {
  title: string;
  note?: string;
  aside?: ReactNode;
  children: ReactNode;
  testId?: string;
}

export function Section({ title, note, aside, children, testId }: SectionProps) {
  return (
    <section aria-label={title} data-testid={testId}>
      <div className="mb-2.5 flex items-end justify-between gap-3">
        <div>
          <h3 className="text-[16px] font-semibold">{title}</h3>
          {note && <p className="text-[13.5px] text-ink-soft">{note}</p>}
        </div>
        {aside}
      </div>
      {children}
    </section>
  );
}

const tones = {
  plain: 'bg-sunken text-ink-soft',
  accent: 'bg-accent-soft text-accent',
  slow: 'bg-slow-soft text-slow',
  danger: 'bg-danger-soft text-danger',
};

export function Badge({ tone = 'plain', title, children }: { tone?: keyof typeof tones; title?: string; children: ReactNode }) {
  return (
    <span
      title={title}
      className={`inline-flex shrink-0 items-center gap-1 rounded-full px-2 py-px text-[12px] font-medium whitespace-nowrap ${tones[tone]}`}
    >
      {children}
    </span>
  );
}

/** An empty view: what belongs here, and how it comes here. */
export function Placeholder({ title, text, action }: { title: string; text: string; action?: ReactNode }) {
  return (
    <div className="rise flex flex-col items-center rounded-2xl border border-dashed border-line px-6 py-14 text-center">
      <Mark size={44} className="text-accent" />
      <p className="mt-4 text-[18px] font-semibold">{title}</p>
      <p className="mt-1 max-w-[44ch] text-pretty text-ink-soft">{text}</p>
      {action && <div className="mt-5">{action}</div>}
    </div>
  );
}

/** Stands where rows will be. */
export function Skeletons({ label, rows }: { label: string; rows: number }) {
  return (
    <div role="status" className="space-y-3">
      <span className="sr-only">{label}</span>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} aria-hidden className="skeleton h-16" />
      ))}
    </div>
  );
}

interface FailedAnswerProps {
  title: string;
  error: ErrorShape;
  askAgain: () => void;
  testId?: string;
}

/** Why a question to the core has no answer, and the button that asks again. */
export function FailedAnswer({ title, error, askAgain, testId }: FailedAnswerProps) {
  return (
    <Notice
      tone="danger"
      title={title}
      {...(testId === undefined ? {} : { testId })}
      actions={
        <button type="button" className="button" onClick={askAgain}>
          {strings.tryAgain}
        </button>
      }
    >
      {error.message}
    </Notice>
  );
}
