// The whole chat's place when there is no chat to be had: what is wrong with the stored chats, and the ways out.
import { Archive, CircleAlert, RotateCw } from 'lucide-react';
import { useRef, useState, type Ref, type RefObject } from 'react';
import type { ErrorShape } from '../../electron/contract/errors.ts';
import { strings } from '../strings.ts';
import { useChat } from './chat-store.ts';

const text = strings.storeProblem;

function kindOf({ code }: ErrorShape): 'damaged' | 'tooNew' | 'other' {
  return code === 'store-damaged' ? 'damaged' : code === 'store-too-new' ? 'tooNew' : 'other';
}

export function StoreProblem({ error }: { error: ErrorShape }) {
  const reload = useChat((state) => state.reload);
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const kind = kindOf(error);
  return (
    <section
      role="alert"
      aria-labelledby="store-problem-title"
      data-testid="store-problem"
      data-code={error.code}
      className="rise m-auto flex max-w-[36rem] flex-col items-center py-6 text-center"
    >
      <span className="flex size-14 items-center justify-center rounded-full bg-danger-soft text-danger">
        <CircleAlert size={28} aria-hidden />
      </span>
      <h2 id="store-problem-title" className="mt-5 text-[24px] leading-tight font-semibold tracking-tight text-balance">
        {text.titles[kind]}
      </h2>
      <p className="mt-3 text-pretty wrap-anywhere">{error.message}</p>
      <p className="mt-3 text-[14.5px] text-pretty text-ink-soft">{text.waysOut[kind]}</p>
      <div className="mt-7 flex flex-wrap justify-center gap-2.5">
        <button
          type="button"
          className={kind === 'other' ? 'button-accent' : 'button'}
          data-testid="store-reload"
          disabled={busy}
          onClick={() => {
            setBusy(true);
            void reload().finally(() => setBusy(false));
          }}
        >
          <RotateCw size={15} aria-hidden />
          {text.reload}
        </button>
        {kind !== 'other' && (
          <button
            type="button"
            className="button"
            data-testid="set-aside"
            aria-haspopup="dialog"
            onClick={() => dialog.current?.showModal()}
          >
            <Archive size={15} aria-hidden />
            {text.setAside}
          </button>
        )}
      </div>
      <ConfirmSetAside ref={dialog} />
    </section>
  );
}

function ConfirmSetAside({ ref }: { ref: RefObject<HTMLDialogElement | null> & Ref<HTMLDialogElement> }) {
  const setAside = useChat((state) => state.setAside);
  return (
    <dialog
      ref={ref}
      aria-labelledby="set-aside-title"
      className="m-auto w-[min(30rem,92vw)] rounded-2xl border border-line bg-raised p-5 text-start text-ink shadow-float"
    >
      <h3 id="set-aside-title" className="text-[17px] font-semibold">
        {text.askTitle}
      </h3>
      <p className="mt-1 text-ink-soft">{text.askText}</p>
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <button type="button" className="button" onClick={() => ref.current?.close()}>
          {text.cancel}
        </button>
        <button
          type="button"
          className="button-accent"
          data-testid="set-aside-confirm"
          onClick={() => {
            ref.current?.close();
            void setAside();
          }}
        >
          {text.confirm}
        </button>
      </div>
    </dialog>
  );
}
