// The cross that closes a dialog, in its upper corner. It is drawn last: the focus goes to the first control of use instead.
import { X } from 'lucide-react';
import { strings } from '../strings.ts';

/** The dialog must be positioned, which those in the top layer are. */
export function DialogCross({ onClose, className = 'top-2.5 right-3' }: { onClose: () => void; className?: string }) {
  return (
    <button type="button" className={`button-icon absolute ${className}`} aria-label={strings.close} onClick={onClose}>
      <X size={18} aria-hidden />
    </button>
  );
}
