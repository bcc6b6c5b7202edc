// How full the context is, with what is being written: amber from 65%, red from 85%, and what happens next in words.
import { useEffect, useState } from 'react';
import type { Attachment } from '../../electron/contract/chats.ts';
import { useConnection } from '../connection-store.ts';
import { useModel } from '../model/model-store.ts';
import { Popover } from '../ui/popover.tsx';
import { useChat } from './chat-store.ts';
import { useDialogs } from './dialogs-store.ts';
import { chatText } from './strings.ts';

const text = chatText.context;

/** Shares from which the meter warns. */
const amberFrom = 0.65;
const redFrom = 0.85;
const pauseMs = 500;

const looks = { plenty: 'var(--accent)', amber: 'var(--slow)', red: 'var(--danger)' };

export function ContextMeter({ text: written, attachments }: { text: string; attachments: readonly Attachment[] }) {
  const context = useChat(({ chat }) => chat?.context ?? null);
  const loadedSize = useModel(({ state }) => (state?.status === 'ready' ? state.loaded.contextSize : null));
  const openDialog = useDialogs((state) => state.open);
  const size = loadedSize ?? context?.size ?? null;
  const coming = useTokenCount(written, attachments);
  if (size === null) return null;
  const used = context?.tokens ?? 0;
  const share = Math.min(1, (used + coming) / size);
  const state = share >= redFrom ? 'red' : share >= amberFrom ? 'amber' : 'plenty';
  return (
    <Popover
      label={text.title}
      testId="context-meter"
      buttonClass={`inline-flex h-8 items-center gap-1.5 rounded-lg px-2 text-[13px] tabular-nums hover:bg-sunken ${state === 'red' ? 'text-danger' : state === 'amber' ? 'text-slow' : 'text-ink-soft'}`}
      button={
        <>
          <Ring share={share} color={looks[state]} />
          <span className="sr-only" data-state={state}>
            {text.label(share)}
          </span>
          <span aria-hidden className="max-[440px]:hidden">
            {Math.floor(share * 100)}%
          </span>
        </>
      }
    >
      {(close) => (
        <div className="space-y-2 text-[13.5px] leading-normal" data-testid="context-next" data-state={state}>
          <p className="text-[14.5px] font-semibold">{text.label(share)}</p>
          <p className="text-ink-soft tabular-nums">
            {text.used(Math.min(used + coming, size), size)}
            {coming > 0 && <>, {text.withDraft(coming)}</>}
          </p>
          <p>{text.next[state]}</p>
          {context?.shifted && <p>{text.shifted}</p>}
          {context !== null && context.leftOutTurns > 0 && <p>{text.leftOut(context.leftOutTurns)}</p>}
          <button
            type="button"
            className="button"
            onClick={() => {
              close();
              openDialog({ kind: 'settings' });
            }}
          >
            {text.longer}
          </button>
        </div>
      )}
    </Popover>
  );
}

function Ring({ share, color }: { share: number; color: string }) {
  const around = 2 * Math.PI * 6.5;
  return (
    <svg width={18} height={18} viewBox="0 0 18 18" aria-hidden className="-rotate-90">
      <circle cx={9} cy={9} r={6.5} fill="none" strokeWidth={2.5} className="stroke-line" />
      <circle
        cx={9}
        cy={9}
        r={6.5}
        fill="none"
        strokeWidth={2.5}
        stroke={color}
        strokeLinecap="round"
        strokeDasharray={`${Math.max(share * around, share > 0 ? 1 : 0)} ${around}`}
      />
    </svg>
  );
}

/** Tokens of what will be sent, as the loaded model counts them, a moment after the last key; 0 while that is not known. */
function useTokenCount(written: string, attachments: readonly Attachment[]): number {
  const client = useConnection((state) => state.client);
  const ready = useModel(({ state }) => state?.status === 'ready');
  const [count, setCount] = useState(0);
  const whole = [...attachments.map((attachment) => attachment.text), written.trim()].join('\n');
  const empty = whole.trim() === '';

  useEffect(() => {
    if (empty || !client || !ready) return;
    let left = false;
    const timer = setTimeout(() => {
      client.chats.countTokens(whole).then(
        (tokens) => {
          if (!left) setCount(tokens);
        },
        () => {}, // The model has gone meanwhile: the meter says what it knew.
      );
    }, pauseMs);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [whole, empty, client, ready]);

  return empty || !ready ? 0 : count;
}
