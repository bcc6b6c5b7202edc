// Copies a text and says for a moment whether it worked.
import { Check, Copy, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { strings } from '../strings.ts';

type Outcome = 'idle' | 'copied' | 'failed';

const shownMs = 1600;

interface CopyButtonProps {
  label: string;
  text: () => string;
  className?: string;
}

export function CopyButton({ label, text, className = 'button-ghost' }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<Outcome>('idle');

  useEffect(() => {
    if (outcome === 'idle') return;
    const timer = setTimeout(() => setOutcome('idle'), shownMs);
    return () => clearTimeout(timer);
  }, [outcome]);

  const said = { idle: label, copied: strings.copy.copied, failed: strings.copy.failed }[outcome];
  const Icon = { idle: Copy, copied: Check, failed: X }[outcome];
  return (
    <button
      type="button"
      className={className}
      aria-label={said}
      title={said}
      onClick={() => {
        writeClipboard(text()).then(
          () => setOutcome('copied'),
          () => setOutcome('failed'),
        );
      }}
    >
      <Icon size={15} aria-hidden />
    </button>
  );
}

export async function writeClipboard(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyByCommand(text);
  }
}

/** The desktop window grants no permission, this one included; a copy command that the user gave needs none. */
function copyByCommand(text: string): void {
  const fill = (event: ClipboardEvent) => {
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
  };
  document.addEventListener('copy', fill, { once: true });
  const copied = document.execCommand('copy');
  document.removeEventListener('copy', fill);
  if (!copied) throw new Error('The clipboard is not available here.');
}
