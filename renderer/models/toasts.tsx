// What has happened while the user looks elsewhere: a download has ended, a model went to the trash. Stays until dismissed,
// but for the offer to undo, which goes by itself.
import { CircleAlert, CircleCheck, Undo2 } from 'lucide-react';
import { useEffect } from 'react';
import { useAdapters } from '../adapters/adapters-store.ts';
import type { Download } from '../../electron/contract/downloads.ts';
import { goTo } from '../route.ts';
import { Happenings } from '../layout/happenings.tsx';
import { Toast } from '../ui/toast.tsx';
import { useDownloads } from './downloads/downloads-store.ts';
import { modelAtPath, useLibrary } from './library/library-store.ts';
import { ChatButton } from './library/model-row.tsx';
import { modelsText } from './strings.ts';

/** Long enough to read it, find the button and press it. */
const undoOfferedMs = 12_000;

export function Toasts() {
  const ended = useDownloads((state) => state.ended);
  return (
    <div
      role="status"
      aria-live="polite"
      data-testid="toasts"
      className="pointer-events-none fixed top-16 right-3 left-3 z-30 flex flex-col items-end gap-2 sm:left-auto"
    >
      {ended.map((download) => (
        <Ended key={download.id} download={download} />
      ))}
      <Trashed />
      <TrashedAdapter />
      <Happenings />
    </div>
  );
}

function Ended({ download }: { download: Download }) {
  const dismiss = useDownloads((state) => state.dismissEnded);
  const library = useLibrary((state) => state.state);
  const { id, request, status, error } = download;
  const done = status === 'completed';
  const model = done ? modelAtPath(library, request.folder, request.files[0]?.path ?? '') : null;
  return (
    <Toast
      testId="download-ended"
      icon={
        done ? (
          <CircleCheck size={18} aria-hidden className="text-accent" />
        ) : (
          <CircleAlert size={18} aria-hidden className="text-danger" />
        )
      }
      title={done ? modelsText.downloads.doneTitle(request.name) : modelsText.downloads.failedTitle(request.name)}
      onDismiss={() => dismiss(id)}
      actions={
        <>
          {model && <ChatButton model={model} onUse={() => dismiss(id)} />}
          <button
            type="button"
            className="button"
            onClick={() => {
              dismiss(id);
              goTo({ view: 'downloads' });
            }}
          >
            {modelsText.downloads.show}
          </button>
        </>
      }
    >
      {error?.message}
    </Toast>
  );
}

function Trashed() {
  const trashed = useLibrary((state) => state.trashed);
  const undo = useLibrary((state) => state.undoTrash);
  const dismiss = useLibrary((state) => state.dismissTrashed);
  useEffect(() => {
    if (!trashed) return;
    const timer = setTimeout(dismiss, undoOfferedMs);
    return () => clearTimeout(timer);
  }, [trashed, dismiss]);
  if (!trashed) return null;
  return <TrashedToast name={trashed.name} onUndo={undo} onDismiss={dismiss} />;
}

function TrashedAdapter() {
  const trashed = useAdapters((state) => state.trashed);
  const undo = useAdapters((state) => state.undoTrash);
  const dismiss = useAdapters((state) => state.dismissTrashed);
  useEffect(() => {
    if (!trashed) return;
    const timer = setTimeout(dismiss, undoOfferedMs);
    return () => clearTimeout(timer);
  }, [trashed, dismiss]);
  if (!trashed) return null;
  return <TrashedToast name={trashed.name} onUndo={undo} onDismiss={dismiss} />;
}

function TrashedToast({ name, onUndo, onDismiss }: { name: string; onUndo: () => Promise<void>; onDismiss: () => void }) {
  return (
    <Toast
      testId="trashed-toast"
      icon={<CircleCheck size={18} aria-hidden className="text-accent" />}
      title={modelsText.library.trashed(name)}
      onDismiss={onDismiss}
      actions={
        <button type="button" className="button" data-testid="undo" onClick={() => void onUndo()}>
          <Undo2 size={15} aria-hidden />
          {modelsText.undo}
        </button>
      }
    />
  );
}
