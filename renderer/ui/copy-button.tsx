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

async function writeClipboard(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch (error) {
    // The desktop window denies every permission, this one too; copying what is selected needs none.
    if (!copySelected(text)) throw error;
  }
}

function copySelected(text: string): boolean {
  const focused = document.activeElement;
  const box = document.createElement('textarea');
  box.value = text;
  box.className = 'sr-only';
  // Inside an open dialog nothing else can be selected.
  (document.querySelector('dialog[open]') ?? document.body).append(box);
  box.select();
  const copied = document.execCommand('copy');
  box.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}
