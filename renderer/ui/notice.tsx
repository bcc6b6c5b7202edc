// A boxed message: what happened, and what can be done about it.
import { CircleAlert, Info, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { strings } from '../strings.ts';

interface NoticeProps {
  tone: 'danger' | 'info';
  title?: string;
  children?: ReactNode;
  /** Buttons. */
  actions?: ReactNode;
  onDismiss?: () => void;
  testId?: string;
}

export function Notice({ tone, title, children, actions, onDismiss, testId }: NoticeProps) {
  const Icon = tone === 'danger' ? CircleAlert : Info;
  const look = tone === 'danger' ? 'bg-danger-soft border-danger/25' : 'bg-sunken border-line';
  return (
    <div
      role={tone === 'danger' ? 'alert' : 'status'}
      data-testid={testId}
      className={`rise flex gap-3 rounded-xl border px-4 py-3 text-[14px] leading-normal ${look}`}
    >
      <Icon size={18} aria-hidden className={`mt-0.5 shrink-0 ${tone === 'danger' ? 'text-danger' : 'text-ink-soft'}`} />
      <div className="min-w-0 flex-1">
        {title && <p className="font-semibold">{title}</p>}
        {children && <div className="wrap-anywhere whitespace-pre-line">{children}</div>}
        {actions && <div className="mt-2.5 flex flex-wrap gap-2">{actions}</div>}
      </div>
      {onDismiss && (
        <button type="button" className="button-ghost -m-1 self-start" aria-label={strings.dismiss} onClick={onDismiss}>
          <X size={16} aria-hidden />
        </button>
      )}
    </div>
  );
}
