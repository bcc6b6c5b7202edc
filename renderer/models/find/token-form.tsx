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
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);

  return (
    <dialog
      ref={dialog}
      aria-label={text.token}
      data-testid="token-dialog"
      className="m-auto w-[min(32rem,92vw)] rounded-2xl border border-line bg-raised p-5 text-start text-ink shadow-float"
      onClose={close}
    >
      {isOpen && (
        <TokenForm
          onCancel={close}
          onTaken={() => {
            onTaken?.();
            close();
          }}
        />
      )}
    </dialog>
  );
}

function TokenForm({ onTaken, onCancel }: { onTaken: () => void; onCancel: () => void }) {
  const reason = useHub(({ status }) => (status && !status.token.canKeep ? status.token.reason : null));
  const id = useId();
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      useHub.setState({ status: await requireClient().hub.setToken(token.trim()) });
      onTaken();
    } catch (problem) {
      setError(toErrorShape(problem).message);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <h2 className="text-[17px] font-semibold">{text.token}</h2>
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
      <p id={`${id}-error`} role="alert" className="mt-1.5 min-h-5 text-[13.5px] wrap-anywhere text-danger">
        {error}
      </p>
      <div className="mt-3 flex flex-wrap justify-end gap-2">
        <button type="button" className="button mr-auto" onClick={() => openLink(text.tokenPage)}>
          <ExternalLink size={14} aria-hidden />
          {text.makeToken}
        </button>
        <button type="button" className="button" onClick={onCancel}>
          {modelsText.cancel}
        </button>
        <button type="submit" className="button-accent" disabled={busy || token.trim() === ''}>
          {text.saveToken}
        </button>
      </div>
    </form>
  );
}
