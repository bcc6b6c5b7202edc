// Asks before a link leads out of the app, and shows the whole address.
import { useEffect, useRef } from 'react';
import { strings } from '../strings.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { leaveTo, useLinkPrompt } from './link-prompt.ts';

export function LinkDialog() {
  const url = useLinkPrompt((state) => state.url);
  const close = useLinkPrompt((state) => state.close);
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    if (url !== null) dialog.current?.showModal();
    else dialog.current?.close();
  }, [url]);

  return (
    <dialog
      ref={dialog}
      aria-labelledby="link-dialog-title"
      className="m-auto w-[min(30rem,92vw)] rounded-2xl border border-line bg-raised p-5 text-ink shadow-float"
      onClose={close}
    >
      <h2 id="link-dialog-title" className="text-[17px] font-semibold">
        {strings.link.askTitle}
      </h2>
      <p className="mt-1 text-ink-soft">{strings.link.askText}</p>
      <div className="mt-3 flex items-start gap-1 rounded-lg bg-sunken py-1.5 pr-1.5 pl-3">
        <code className="min-w-0 flex-1 py-1 text-[13px] wrap-anywhere">{url}</code>
        <CopyButton label={strings.link.copy} text={() => url ?? ''} />
      </div>
      <div className="mt-4 flex justify-end gap-2">
        {/* The attribute: React's own property would focus it while the dialog is closed. */}
        <button ref={(button) => button?.setAttribute('autofocus', '')} type="button" className="button" onClick={close}>
          {strings.link.cancel}
        </button>
        <button
          type="button"
          className="button-accent"
          onClick={() => {
            if (url !== null) leaveTo(url);
            close();
          }}
        >
          {strings.link.open}
        </button>
      </div>
    </dialog>
  );
}
