// Where a path is typed or pasted: shells without a dialog of the system's, such as the browser, ask this way.
import { useEffect, useId, useRef, useState, type FormEvent } from 'react';
import { toErrorShape } from '../../../electron/contract/errors.ts';
import { requireClient } from '../../connection-store.ts';
import { modelsText } from '../strings.ts';
import { usePathPrompt, type Prompt } from './path-prompt.ts';

const text = modelsText.add;

export function PathDialog() {
  const prompt = usePathPrompt((state) => state.prompt);
  const close = usePathPrompt((state) => state.close);
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    if (prompt) dialog.current?.showModal();
    else dialog.current?.close();
  }, [prompt]);

  return (
    <dialog
      ref={dialog}
      aria-label={prompt ? text.titles[prompt.what] : undefined}
      data-testid="path-dialog"
      className="m-auto w-[min(34rem,92vw)] rounded-2xl border border-line bg-raised p-5 text-start text-ink shadow-float"
      onClose={close}
    >
      {prompt && <PathForm prompt={prompt} onDone={close} />}
    </dialog>
  );
}

function PathForm({ prompt, onDone }: { prompt: Prompt; onDone: () => void }) {
  const { what, note, take } = prompt;
  const id = useId();
  const [path, setPath] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    // Systems and file managers copy paths with quotes around them.
    const plain = path.trim().replace(/^(["'])(.*)\1$/, '$2');
    if (plain === '') return;
    setBusy(true);
    setError(null);
    try {
      await take(requireClient().library, plain);
      onDone();
    } catch (problem) {
      setError(toErrorShape(problem).message);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <h2 className="text-[17px] font-semibold">{text.titles[what]}</h2>
      <p className="mt-1 text-[14.5px] text-ink-soft">{note ?? text.text[what]}</p>
      <label htmlFor={id} className="mt-4 mb-1 block text-[14px] font-medium">
        {text.label[what]}
      </label>
      <input
        id={id}
        className="field font-mono"
        data-testid="path"
        value={path}
        placeholder={text.placeholder[what]}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={error !== null}
        aria-describedby={`${id}-error`}
        onChange={(event) => setPath(event.target.value)}
      />
      <p id={`${id}-error`} role="alert" className="mt-1.5 min-h-5 text-[13.5px] wrap-anywhere text-danger">
        {error}
      </p>
      <div className="mt-3 flex flex-wrap justify-end gap-2">
        <button type="button" className="button" onClick={onDone}>
          {modelsText.cancel}
        </button>
        <button type="submit" className="button-accent" data-testid="path-confirm" disabled={busy || path.trim() === ''}>
          {text.confirm[what]}
        </button>
      </div>
    </form>
  );
}
