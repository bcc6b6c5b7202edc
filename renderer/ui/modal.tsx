// A dialog in the middle of the page, open for as long as it is drawn. Escape, its cross and a click beside it close it.
import { useEffect, useId, useRef, type ReactNode } from 'react';
import { DialogCross } from './dialog-cross.tsx';
import { openDialog } from './open-dialog.ts';

interface ModalProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Below the content, to the right. */
  actions?: ReactNode;
  testId: string;
  /** In CSS pixels, where there is room. */
  width?: number;
}

export function Modal({ title, onClose, children, actions, testId, width = 480 }: ModalProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opened = dialog.current;
    if (opened) openDialog(opened);
    return () => opened?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      data-testid={testId}
      closedby="any"
      className="rise m-auto max-h-[min(44rem,92dvh)] max-w-[94vw] flex-col overflow-hidden rounded-2xl border border-line bg-raised p-0 text-start text-ink shadow-float open:flex"
      style={{ width }}
      // React lets the event rise from a dialog that was open over this one.
      onClose={(event) => event.target === event.currentTarget && onClose()}
    >
      <h2 id={id} className="pt-4 pr-14 pb-1.5 pl-5 text-[17px] font-semibold wrap-anywhere">
        {title}
      </h2>
      <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-1 pb-5">{children}</div>
      {actions && <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">{actions}</footer>}
      <DialogCross onClose={() => dialog.current?.close()} />
    </dialog>
  );
}
