// One download: what it is, how far it is, what its state means, and what can be done.
import { ArrowDown, ArrowUp, CircleAlert, CircleCheck, CirclePause, Clock, Info, LoaderCircle } from 'lucide-react';
import { useState } from 'react';
import type { Download } from '../../../electron/contract/downloads.ts';
import { openLink } from '../../markdown/link-prompt.ts';
import { bytesText, percentText } from '../../number-text.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { useTokenDialog } from '../find/token-dialog.ts';
import { modelAtPath, useLibrary } from '../library/library-store.ts';
import { ChatButton } from '../library/model-row.tsx';
import { modelsText } from '../strings.ts';
import { downloadStateOf, fractionOf, isEnded, labelOf, movedIndex, pageOf, type DownloadAction } from './download-state.ts';
import { useDownloads } from './downloads-store.ts';
import { NextTry } from './next-try.tsx';

const text = modelsText.downloads;

const icons = {
  plain: { Icon: CirclePause, look: 'text-ink-soft' },
  working: { Icon: LoaderCircle, look: 'text-accent' },
  waiting: { Icon: Clock, look: 'text-slow' },
  danger: { Icon: CircleAlert, look: 'text-danger' },
  done: { Icon: CircleCheck, look: 'text-accent' },
};

interface DownloadItemProps {
  download: Download;
  /** The whole list: where it can move to. */
  all: Download[];
  /** Told just before the item moves, with the key of the button that moves it. */
  onMove: (key: string) => void;
}

export function DownloadItem({ download, all, onMove }: DownloadItemProps) {
  const { request, status } = download;
  const state = downloadStateOf(download);
  const { Icon, look } = icons[state.tone];
  const fraction = fractionOf(download);
  const done = status === 'completed';
  return (
    <li data-testid="download" data-status={status} className="px-4 py-3.5">
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <p className="font-medium wrap-anywhere">{request.name}</p>
          <p className="text-[13px] text-ink-soft wrap-anywhere">{request.repo}</p>
        </div>
        {!done && <MoveButtons download={download} all={all} onMove={onMove} />}
      </div>
      {!done && (
        <div className="mt-2.5">
          <progress
            className="progress w-full"
            aria-label={text.progress(request.name)}
            value={fraction}
            data-quiet={state.tone === 'working' ? undefined : ''}
          />
          <p className="mt-1 flex flex-wrap justify-between gap-x-4 text-[13px] text-ink-soft tabular-nums">
            <span data-testid="download-bytes">
              {percentText(fraction)} · {text.bytes(download.receivedBytes, download.totalBytes)}
            </span>
            {/* Always there, so that nothing moves when there is something to say. */}
            <span className="min-h-[1.6em]">
              {download.bytesPerSecond > 0 && text.speed(download.bytesPerSecond)}
              {download.remainingMs !== null && ` · ${text.remaining(download.remainingMs)}`}
            </span>
          </p>
        </div>
      )}
      <div className="mt-1.5 flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-56 flex-1">
          <div className="flex items-start gap-2 text-[14px] leading-normal" data-testid="download-state">
            <Icon size={16} aria-hidden className={`mt-[3px] shrink-0 ${look}`} />
            <div className="min-w-0 wrap-anywhere">
              <span>{state.title}</span>
              {done && <span className="text-ink-soft"> · {bytesText(download.totalBytes)}</span>}
              {state.explanation !== null && <p className="text-ink-soft">{state.explanation}</p>}
              {download.wait && <NextTry atMs={download.wait.nextTryAtMs} />}
            </div>
          </div>
          {download.notices.map((notice) => (
            <p
              key={notice}
              className="mt-1 flex items-start gap-2 text-[13.5px] leading-normal text-ink-soft"
              data-notice={notice}
            >
              <Info size={15} aria-hidden className="mt-[3px] ml-px shrink-0" />
              {text.notices[notice]}
            </p>
          ))}
        </div>
        <Actions download={download} actions={state.actions} />
      </div>
    </li>
  );
}

function MoveButtons({ download, all, onMove }: DownloadItemProps) {
  const act = useDownloads((state) => state.act);
  const directions = [
    { by: -1, key: `${download.id} up`, label: text.moveUp, Icon: ArrowUp },
    { by: 1, key: `${download.id} down`, label: text.moveDown, Icon: ArrowDown },
  ] as const;
  return (
    <div className="-mr-1.5 flex shrink-0">
      {directions.map(({ by, key, label, Icon }) => {
        const index = movedIndex(all, download.id, by);
        return (
          <button
            key={key}
            type="button"
            className="button-icon"
            data-move={key}
            aria-label={text.of(label, download.request.name)}
            title={label}
            disabled={index === null}
            onClick={() => {
              if (index === null) return;
              onMove(key);
              void act((api) => api.move(download.id, index));
            }}
          >
            <Icon size={16} aria-hidden />
          </button>
        );
      })}
    </div>
  );
}

function Actions({ download, actions }: { download: Download; actions: DownloadAction[] }) {
  const act = useDownloads((state) => state.act);
  const library = useLibrary((state) => state.state);
  const enterToken = useTokenDialog((state) => state.open);
  const [asking, setAsking] = useState(false);
  const { id, request } = download;
  const model = download.status === 'completed' ? modelAtPath(library, request.folder, request.files[0]?.path ?? '') : null;

  const does: Record<DownloadAction, () => void> = {
    pause: () => void act((api) => api.pause(id)),
    resume: () => void act((api) => api.resume(id)),
    remove: () => void act((api) => api.cancel(id)),
    // Nothing is asked where nothing would be lost.
    cancel: () => (download.receivedBytes > 0 ? setAsking(true) : void act((api) => api.cancel(id))),
    'open-page': () => openLink(pageOf(download)),
    'enter-token': () => enterToken(isEnded(download) ? () => void act((api) => api.resume(id)) : undefined),
  };
  return (
    <div className="flex min-h-9 flex-wrap gap-2">
      {model && <ChatButton model={model} accent />}
      {actions.map((action) => {
        const label = labelOf(action, download);
        return (
          <button
            key={action}
            type="button"
            className="button"
            data-testid={`download-${action}`}
            aria-label={text.of(label, request.name)}
            onClick={does[action]}
          >
            {label}
          </button>
        );
      })}
      <ConfirmDialog
        open={asking}
        title={text.askTitle(request.name)}
        text={text.askText(download.receivedBytes)}
        confirm={text.confirm}
        cancel={text.keep}
        onConfirm={does.remove}
        onClose={() => setAsking(false)}
      />
    </div>
  );
}
