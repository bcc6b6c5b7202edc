// Where messages are written. Enter sends, Shift+Enter breaks the line; an input method's Enter does neither. What is written
// is kept with its chat.
import { ArrowUp, Paperclip, Square } from 'lucide-react';
import { useEffect, useImperativeHandle, useRef, useState, type ClipboardEvent, type KeyboardEvent, type Ref } from 'react';
import type { Attachment, SendOptions } from '../../electron/contract/chats.ts';
import type { DraftingMode } from '../../electron/contract/engine.ts';
import { OriginsLegend } from '../origins/origins-legend.tsx';
import { strings } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import { Attachments } from './attachments.tsx';
import { ContextMeter } from './context-meter.tsx';
import { ModeSwitch } from './mode-switch.tsx';
import { readFiles } from './read-files.ts';
import { chatText } from './strings.ts';
import { useDraftSaver } from './use-draft-saver.ts';

const text = chatText.composer;

/** A longer text that is pasted becomes a file: in the box it would only be in the way. */
const longPaste = 8000;

export interface ComposerHandle {
  /** Puts a text into the box, for the user to send. */
  fill(text: string): void;
  attach(files: readonly File[]): void;
}

interface ComposerProps {
  chatId: string;
  /** What was in the box when this chat was left. */
  draft: string;
  streaming: boolean;
  /** Why nothing can be sent now; null when it can. */
  blocked: string | null;
  onSend: (text: string, options: SendOptions) => Promise<boolean>;
  onStop: () => void;
  ref?: Ref<ComposerHandle>;
}

export function Composer({ chatId, draft, streaming, blocked, onSend, onStop, ref }: ComposerProps) {
  const [written, setWritten] = useState(draft);
  const [attachments, setAttachments] = useState<Attachment[]>([]);
  const [problems, setProblems] = useState<string[]>([]);
  const [mode, setMode] = useState<DraftingMode | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const saver = useDraftSaver(chatId, draft);

  useImperativeHandle(ref, () => ({
    fill(value) {
      change(value);
      box.current?.focus();
    },
    attach: (files) => void attach(files),
  }));

  // Another page of this app may have sent what is in the box here.
  useEffect(() => {
    if (draft === '' && document.activeElement !== box.current && !saver.pending()) setWritten('');
  }, [draft, saver]);

  function change(value: string): void {
    setWritten(value);
    saver.save(value);
  }

  async function attach(files: readonly File[]): Promise<void> {
    const read = await readFiles(files, attachments);
    setAttachments((now) => [...now, ...read.attachments]);
    setProblems(read.problems);
    box.current?.focus();
  }

  const sendable = !streaming && blocked === null && (written.trim() !== '' || attachments.length > 0);

  async function send(): Promise<void> {
    if (!sendable) return;
    const sent = { written, attachments, mode };
    setWritten('');
    setAttachments([]);
    setMode(null);
    setProblems([]);
    saver.forget();
    const options: SendOptions = {
      ...(attachments.length > 0 ? { attachments } : {}),
      ...(mode === null ? {} : { decodingMode: mode }),
    };
    if (await onSend(written.trim(), options)) return;
    // Refused: everything comes back, unless the user has begun another message.
    setWritten((now) => (now === '' ? sent.written : now));
    setAttachments((now) => [...sent.attachments, ...now]);
    setMode((now) => now ?? sent.mode);
    saver.save(sent.written);
  }

  function onKeyDown(event: KeyboardEvent): void {
    // 229: an input method is at work, on systems that do not say so otherwise.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      void send();
    }
  }

  function onPaste(event: ClipboardEvent): void {
    const files = [...event.clipboardData.files];
    const pasted = event.clipboardData.getData('text/plain');
    if (files.length === 0 && pasted.length <= longPaste) return;
    event.preventDefault();
    const number = attachments.filter(({ name }) => name.startsWith('Pasted')).length + 1;
    void attach(files.length > 0 ? files : [new File([pasted], text.pasted(number))]);
  }

  return (
    <form
      className="mx-auto w-full max-w-[48rem] px-4 pb-3"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {problems.length > 0 && (
        <div className="pb-2">
          <Notice tone="danger" title={text.attached} onDismiss={() => setProblems([])} testId="attach-problem">
            {problems.join(' ')}
          </Notice>
        </div>
      )}
      <div className="rounded-2xl border border-line-strong/60 bg-raised shadow-float transition-colors focus-within:border-accent">
        <Attachments
          attachments={attachments}
          onRemove={(place) => setAttachments((now) => now.filter((_, index) => index !== place))}
        />
        <textarea
          ref={box}
          id="composer"
          data-testid="composer"
          aria-label={strings.composer.label}
          aria-describedby="composer-hint"
          placeholder={strings.composer.placeholder}
          // Grows with its text; a browser that cannot do that by itself counts the lines.
          rows={Math.min(10, written.split('\n').length)}
          value={written}
          className="field-sizing-content block max-h-64 min-h-11 w-full resize-none bg-transparent px-4 pt-3 pb-1 text-[16px] leading-6 outline-none placeholder:text-ink-soft"
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        <div className="flex items-center gap-1 p-2 pt-0.5">
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            aria-label={text.attach}
            data-testid="attach-input"
            onChange={(event) => {
              void attach([...(event.target.files ?? [])]);
              event.target.value = '';
            }}
          />
          <button
            type="button"
            className="button-icon size-8"
            data-testid="attach"
            aria-label={text.attach}
            title={text.attach}
            onClick={() => picker.current?.click()}
          >
            <Paperclip size={17} aria-hidden />
          </button>
          <ModeSwitch chosen={mode} onChoose={setMode} />
          <span className="flex-1" />
          <ContextMeter text={written} attachments={attachments} />
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
