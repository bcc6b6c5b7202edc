// What an action of the user has done, told for a while, with a button that takes it back where that is possible.
import { CircleAlert, CircleCheck, Undo2 } from 'lucide-react';
import { useEffect } from 'react';
import { create } from 'zustand';
import { toErrorShape } from '../../electron/contract/errors.ts';
import { strings } from '../strings.ts';
import { Toast } from '../ui/toast.tsx';

interface Happening {
  title: string;
  text?: string;
  failed?: boolean;
  undo?: () => Promise<void>;
}

/** Newest last; each new one takes the place of the one before. */
const useHappening = create<{ now: Happening | null }>()(() => ({ now: null }));

/** Long enough to read it, find the button and press it. */
const shownMs = 12_000;

export function tell(happening: Happening): void {
  useHappening.setState({ now: happening });
}

/** Runs an action of the user; tells why where it fails. Resolves to whether it did not. */
export async function attempt(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    tell({ title: strings.chat.notDone, text: toErrorShape(error).message, failed: true });
    return false;
  }
}

const dismiss = () => useHappening.setState({ now: null });

export function Happenings() {
  const now = useHappening((state) => state.now);
  useEffect(() => {
    if (!now || now.failed) return;
    const timer = setTimeout(dismiss, shownMs);
    return () => clearTimeout(timer);
  }, [now]);
  if (!now) return null;
  const { undo } = now;
  return (
    <Toast
      testId="happening"
      icon={
        now.failed ? (
          <CircleAlert size={18} aria-hidden className="text-danger" />
        ) : (
          <CircleCheck size={18} aria-hidden className="text-accent" />
        )
      }
      title={now.title}
      onDismiss={dismiss}
      actions={
        undo && (
          <button
            type="button"
            className="button"
            data-testid="undo"
            onClick={() => {
              dismiss();
              void attempt(undo);
            }}
          >
            <Undo2 size={15} aria-hidden />
            {strings.undo}
          </button>
        )
      }
    >
      {now.text}
    </Toast>
  );
}
