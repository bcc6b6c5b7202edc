// A small box that tells what has happened, with what can be done about it.
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { strings } from '../strings.ts';

interface ToastProps {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  onDismiss: () => void;
  testId: string;
}

export function Toast({ icon, title, children, actions, onDismiss, testId }: ToastProps) {
  return (
    <div
      data-testid={testId}
      className="rise pointer-events-auto flex w-full gap-3 rounded-xl border border-line bg-raised py-3 pr-2.5 pl-4 text-[14px] leading-normal shadow-float sm:w-96"
    >
      <span className="mt-0.5 shrink-0">{icon}</span>
      <div className="min-w-0 flex-1">
        <p className="font-medium wrap-anywhere">{title}</p>
        {children && <div className="line-clamp-3 text-ink-soft wrap-anywhere">{children}</div>}
        {actions && <div className="mt-2 flex flex-wrap gap-2">{actions}</div>}
      </div>
      <button type="button" className="button-ghost self-start" aria-label={strings.dismiss} onClick={onDismiss}>
        <X size={16} aria-hidden />
      </button>
    </div>
  );
}
