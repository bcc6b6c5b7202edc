// What Kangaroo can do with an architecture, in words.
import { CircleCheck, CircleHelp, CircleX, Minus } from 'lucide-react';
import type { ArchitectureSupport } from '../../electron/contract/fit.ts';
import { modelsText } from './strings.ts';

const text = modelsText.support;

const icons = {
  drafts: { Icon: CircleCheck, look: 'text-accent' },
  'plain-only': { Icon: Minus, look: 'text-ink-soft' },
  untested: { Icon: CircleHelp, look: 'text-slow' },
  'not-supported': { Icon: CircleX, look: 'text-danger' },
};

export function SupportText({ support }: { support: ArchitectureSupport }) {
  const { Icon, look } = icons[support.support];
  const reason = 'reason' in support ? support.reason : support.support === 'untested' ? text.untestedText : null;
  return (
    <span className="flex items-start gap-1.5 text-[13.5px] leading-normal" data-testid="support" data-support={support.support}>
      <Icon size={15} aria-hidden className={`mt-[3px] shrink-0 ${look}`} />
      <span>
        {text[support.support]}
        {reason !== null && <span className="text-ink-soft">: {reason}</span>}
      </span>
    </span>
  );
}
