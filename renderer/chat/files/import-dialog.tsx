// Takes in chats from a file: of this app, of Open WebUI or of ChatGPT. Says what came in and what did not, and why.
import { Upload } from 'lucide-react';
import { useRef, useState } from 'react';
import { toErrorShape, type ErrorShape } from '../../../electron/contract/errors.ts';
import type { ImportReport } from '../../../electron/contract/exchange.ts';
import { requireClient } from '../../connection-store.ts';
import { Modal } from '../../ui/modal.tsx';
import { Notice } from '../../ui/notice.tsx';
import { useChat } from '../chat-store.ts';
import { chatText } from '../strings.ts';
import { sendImport } from './send-import.ts';

const text = chatText.import;

type State =
  | { step: 'choosing'; error: ErrorShape | null }
  | { step: 'reading'; share: number }
  | { step: 'done'; report: ImportReport };

export function ImportDialog({ onClose }: { onClose: () => void }) {
  const [state, setState] = useState<State>({ step: 'choosing', error: null });
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);

  async function read(file: File | undefined): Promise<void> {
    if (!file) return;
    setState({ step: 'reading', share: 0 });
    try {
      const report = await sendImport(requireClient().chats, file, (share) => setState({ step: 'reading', share }));
      setState({ step: 'done', report });
    } catch (error) {
      setState({ step: 'choosing', error: toErrorShape(error) });
    }
  }

  return (
    <Modal title={text.title} onClose={onClose} testId="import-dialog" width={540}>
      {state.step === 'choosing' && (
        <div className="space-y-4">
          <p className="text-[14px] text-ink-soft">{text.text}</p>
          {state.error && (
            <Notice tone="danger" title={text.notDone} testId="import-error">
              {state.error.message}
            </Notice>
          )}
          <div
            className={`flex flex-col items-center gap-2 rounded-xl border-2 border-dashed px-5 py-9 transition-colors ${over ? 'border-accent bg-accent-soft' : 'border-line'}`}
            onDragOver={(event) => {
              event.preventDefault();
              setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={(event) => {
              event.preventDefault();
              setOver(false);
              void read(event.dataTransfer.files[0]);
            }}
          >
            <input
              ref={input}
              type="file"
              accept=".json,application/json"
              hidden
              data-testid="import-input"
              aria-label={text.choose}
              onChange={(event) => void read(event.target.files?.[0])}
            />
            <button type="button" className="button-accent" onClick={() => input.current?.click()}>
              <Upload size={15} aria-hidden />
              {text.choose}
            </button>
            <p className="text-[13.5px] text-ink-soft">{text.drop}</p>
          </div>
        </div>
      )}
      {state.step === 'reading' && (
        <div className="space-y-3 py-6">
          <p role="status" className="text-center">
            {state.share < 1 ? text.reading(state.share) : text.storing}
          </p>
          <progress className="progress" value={state.share} max={1} aria-label={text.title} />
        </div>
      )}
      {state.step === 'done' && (
        <Report report={state.report} onClose={onClose} onAnother={() => setState({ step: 'choosing', error: null })} />
      )}
    </Modal>
  );
}

interface ReportProps {
  report: ImportReport;
  onClose: () => void;
  onAnother: () => void;
}

function Report({ report: { format, imported, failed }, onClose, onAnother }: ReportProps) {
  const open = useChat((state) => state.open);
  const first = imported[0];
  return (
    <div className="space-y-4" data-testid="import-report">
      <div role="status">
        <p className="text-[16px] font-medium">{text.done(imported.length)}</p>
        <p className="text-[13.5px] text-ink-soft">{text.from(text.formats[format])}</p>
      </div>
      {failed.length > 0 && (
        <Notice tone="info" title={text.failed(failed.length)}>
          <ul className="max-h-40 space-y-1 overflow-y-auto">
            {failed.map(({ place, title, reason }) => (
              <li key={place} className="wrap-anywhere">
                {text.failedItem(title, place, reason)}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <div className="flex flex-wrap justify-end gap-2">
        <button type="button" className="button" onClick={onAnother}>
          {text.another}
        </button>
        {first && (
          <button
            type="button"
            className="button-accent"
            data-testid="import-open"
            onClick={() => {
              onClose();
              void open(first.chatId);
            }}
          >
            {text.show}
          </button>
        )}
      </div>
    </div>
  );
}
