// The dialog that takes an access token, checks it with the hub and never shows it again.
import { ExternalLink } from 'lucide-react';
import { useEffect, useId, useRef, useState, type FormEvent } from 'react';
import { toErrorShape } from '../../../electron/contract/errors.ts';
import { requireClient } from '../../connection-store.ts';
import { openLink } from '../../markdown/link-prompt.ts';
import { modelsText } from '../strings.ts';
import { useHub } from './hub-store.ts';
import { useTokenDialog } from './token-dialog.ts';

const text = modelsText.hub;

export function TokenDialog() {
  const { isOpen, onTaken, close } = useTokenDialog();
  const reason = useHub(({ status }) => (status && !status.token.canKeep ? status.token.reason : null));
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  useEffect(() => {
    setToken('');
    setError(null);
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      useHub.setState({ status: await requireClient().hub.setToken(token.trim()) });
      onTaken?.();
      close();
    } catch (problem) {
      setError(toErrorShape(problem).message);
    } finally {
      setBusy(false);
    }
  }

  return (
    <dialog
      ref={dialog}
      aria-labelledby={`${id}-title`}
      data-testid="token-dialog"
      className="m-auto w-[min(32rem,92vw)] rounded-2xl border border-line bg-raised p-5 text-start text-ink shadow-float"
      onClose={close}
    >
      <form onSubmit={(event) => void submit(event)}>
        <h2 id={`${id}-title`} className="text-[17px] font-semibold">
          {text.token}
        </h2>
        <p className="mt-1 text-[14.5px] text-ink-soft">{text.tokenHelp}</p>
        {reason !== null && <p className="mt-2 rounded-lg bg-slow-soft px-3 py-2 text-[13.5px] text-slow">{reason}</p>}
        <label htmlFor={id} className="sr-only">
          {text.token}
        </label>
        <input
          id={id}
          type="password"
          className="field mt-4 font-mono"
          data-testid="token"
          placeholder="hf_…"
          value={token}
          autoComplete="off"
          spellCheck={false}
          aria-invalid={error !== null}
          aria-describedby={`${id}-error`}
          onChange={(event) => setToken(event.target.value)}
        />
        <p id={`${id}-error`} role="alert" className="mt-1.5 min-h-5 text-[13.5px] text-danger wrap-anywhere">
          {error}
        </p>
        <div className="mt-3 flex flex-wrap justify-end gap-2">
          <button type="button" className="button mr-auto" onClick={() => openLink(text.tokenPage)}>
            <ExternalLink size={14} aria-hidden />
            {text.makeToken}
          </button>
          <button type="button" className="button" onClick={close}>
            {modelsText.cancel}
          </button>
          <button type="submit" className="button-accent" disabled={busy || token.trim() === ''}>
            {text.saveToken}
          </button>
        </div>
      </form>
    </dialog>
  );
}
