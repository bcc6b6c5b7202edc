// Where messages are written. Enter sends, Shift+Enter breaks the line; an input method's Enter does neither.
import { ArrowUp, Square } from 'lucide-react';
import { useImperativeHandle, useRef, useState, type KeyboardEvent, type Ref } from 'react';
import { OriginsLegend } from '../origins/origins-legend.tsx';
import { strings } from '../strings.ts';
import { loadDraftText, saveDraftText } from './draft-text.ts';

export interface ComposerHandle {
  /** Puts a text into the box, for the user to send. */
  fill(text: string): void;
}

interface ComposerProps {
  chatId: string;
  streaming: boolean;
  /** Why nothing can be sent now; null when it can. */
  blocked: string | null;
  onSend: (text: string) => Promise<boolean>;
  onStop: () => void;
  ref?: Ref<ComposerHandle>;
}

export function Composer({ chatId, streaming, blocked, onSend, onStop, ref }: ComposerProps) {
  const [text, setText] = useState(() => loadDraftText(chatId));
  const box = useRef<HTMLTextAreaElement>(null);

  useImperativeHandle(ref, () => ({
    fill(value) {
      change(value);
      box.current?.focus();
    },
  }));

  function change(value: string): void {
    setText(value);
    saveDraftText(chatId, value);
  }

  const sendable = !streaming && blocked === null && text.trim() !== '';

  async function send(): Promise<void> {
    if (!sendable) return;
    const sent = text;
    change('');
    const taken = await onSend(sent.trim());
    // Refused: the text comes back, unless the user has begun another.
    if (!taken) {
      setText((now) => (now === '' ? sent : now));
      saveDraftText(chatId, sent);
    }
  }

  function onKeyDown(event: KeyboardEvent): void {
    // 229: an input method is at work, on systems that do not say so otherwise.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      void send();
    }
  }

  return (
    <form
      className="mx-auto w-full max-w-[48rem] px-4 pb-3"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <div className="flex items-end gap-2 rounded-2xl border border-line-strong/60 bg-raised p-2 pl-4 shadow-float transition-colors focus-within:border-accent">
        <textarea
          ref={box}
          id="composer"
          data-testid="composer"
          aria-label={strings.composer.label}
          aria-describedby="composer-hint"
          placeholder={strings.composer.placeholder}
          // Grows with its text; a browser that cannot do that by itself counts the lines.
          rows={Math.min(10, text.split('\n').length)}
          value={text}
          className="field-sizing-content max-h-64 min-h-9 flex-1 resize-none bg-transparent py-1.5 text-[16px] leading-6 outline-none placeholder:text-ink-soft"
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {streaming ? (
          <button
            type="button"
            data-testid="stop"
            aria-label={strings.composer.stop}
            title={strings.composer.hintStreaming}
            className="inline-flex size-9 shrink-0 items-center justify-center rounded-xl bg-ink text-paper transition-opacity hover:opacity-85"
            onClick={onStop}
          >
            <Square size={14} fill="currentColor" aria-hidden />
          </button>
        ) : (
          <button
            type="submit"
            data-testid="send"
            aria-label={strings.composer.send}
            title={blocked ?? strings.composer.send}
            aria-disabled={!sendable}
            className="button-accent size-9 shrink-0 rounded-xl px-0 aria-disabled:cursor-default aria-disabled:bg-sunken aria-disabled:text-ink-soft"
          >
            <ArrowUp size={18} aria-hidden />
          </button>
        )}
      </div>
      <div className="mt-2 flex min-h-6 flex-wrap items-center justify-between gap-x-4 gap-y-1 px-1 text-[12.5px] text-ink-soft">
        <OriginsLegend />
        <p id="composer-hint" aria-live="polite" className={blocked === null ? 'hidden sm:block' : ''}>
          {blocked ?? (streaming ? strings.composer.hintStreaming : strings.composer.hint)}
        </p>
      </div>
    </form>
  );
}
