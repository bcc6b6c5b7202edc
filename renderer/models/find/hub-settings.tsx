// Where the search goes and who asks: the hub or a mirror of it, and the access token.
import { useId, useState, type FormEvent } from 'react';
import { toErrorShape } from '../../../electron/contract/errors.ts';
import type { HubStatus } from '../../../electron/contract/hub.ts';
import { requireClient } from '../../connection-store.ts';
import { modelsText } from '../strings.ts';
import { hostOf } from './hub-names.ts';
import { useHub } from './hub-store.ts';
import { useTokenDialog } from './token-dialog.ts';

const text = modelsText.hub;

export function HubSettings() {
  const status = useHub((state) => state.status);
  if (!status) return null;
  const account = status.token.kept === 'none' ? text.noAccount : text.withAccount(status.token.account);
  return (
    <details className="rounded-2xl border border-line px-4 py-2.5" data-testid="hub-settings">
      <summary className="text-[14px]">
        <span className="font-medium">{text.title}</span>{' '}
        <span className="text-ink-soft">{text.summary(hostOf(status.endpoint), account)}</span>
      </summary>
      <div className="mt-3 space-y-5 pb-2">
        <Endpoint key={status.endpoint} status={status} />
        <Token status={status} />
      </div>
    </details>
  );
}

function Endpoint({ status }: { status: HubStatus }) {
  const id = useId();
  const [address, setAddress] = useState(status.isMirror ? status.endpoint : '');
  const [error, setError] = useState<string | null>(null);
  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    setError(null);
    try {
      useHub.setState({ status: await requireClient().hub.setEndpoint(address.trim()) });
    } catch (problem) {
      setError(toErrorShape(problem).message);
    }
  }
  return (
    <form onSubmit={(event) => void save(event)}>
      <label htmlFor={id} className="mb-1 block text-[14px] font-medium">
        {text.endpoint}
      </label>
      <div className="flex flex-wrap gap-2">
        <input
          id={id}
          type="text"
          inputMode="url"
          className="field min-w-48 flex-1"
          placeholder="https://huggingface.co"
          value={address}
          autoComplete="off"
          spellCheck={false}
          aria-invalid={error !== null}
          aria-describedby={`${id}-below`}
          onChange={(event) => setAddress(event.target.value)}
        />
        <button type="submit" className="button">
          {text.saveEndpoint}
        </button>
      </div>
      <div id={`${id}-below`} className="mt-1 text-[13px] text-ink-soft">
        <p>{status.isMirror ? text.mirror : text.endpointHelp}</p>
        {error !== null && (
          <p role="alert" className="text-danger">
            {error}
          </p>
        )}
      </div>
    </form>
  );
}

function Token({ status }: { status: HubStatus }) {
  const openDialog = useTokenDialog((state) => state.open);
  const [error, setError] = useState<string | null>(null);
  const { kept, account } = status.token;
  async function forget(): Promise<void> {
    setError(null);
    try {
      useHub.setState({ status: await requireClient().hub.forgetToken() });
    } catch (problem) {
      setError(toErrorShape(problem).message);
    }
  }
  return (
    <div>
      <p className="text-[14px] font-medium">{text.token}</p>
      <p className="text-[13.5px] text-ink-soft">
        {kept !== 'none' && account !== null && `${text.withAccount(account)}. `}
        {text.kept[kept]}
      </p>
      <div className="mt-2 flex flex-wrap gap-2">
        {kept !== 'environment' && (
          <button type="button" className="button" data-testid="set-token" onClick={() => openDialog()}>
            {modelsText.downloads.enterToken}
          </button>
        )}
        {(kept === 'keychain' || kept === 'memory') && (
          <button type="button" className="button" onClick={() => void forget()}>
            {text.forgetToken}
          </button>
        )}
      </div>
      {error !== null && (
        <p role="alert" className="mt-1 text-[13.5px] text-danger">
          {error}
        </p>
      )}
    </div>
  );
}
