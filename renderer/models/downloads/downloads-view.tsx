// The downloads: the queue in its order, what has finished, and the speed limit.
import { Download as DownloadIcon } from 'lucide-react';
import type { Download } from '../../../electron/contract/downloads.ts';
import { remainingText } from '../../number-text.ts';
import { hrefOf } from '../../route.ts';
import { Notice } from '../../ui/notice.tsx';
import { FailedAnswer, Placeholder, Section, Skeletons, ViewTitle } from '../page-parts.tsx';
import { modelsText } from '../strings.ts';
import { DownloadItem } from './download-item.tsx';
import { useDownloads } from './downloads-store.ts';
import { useKeptFocus } from './keep-focus.ts';
import { SpeedLimit } from './speed-limit.tsx';

const text = modelsText.downloads;

export function DownloadsView() {
  const downloads = useDownloads((state) => state.downloads);
  const unreadable = useDownloads((state) => state.unreadable);
  const tryAgain = useDownloads((state) => state.tryAgain);
  const problem = useDownloads((state) => state.problem);
  const dismissProblem = useDownloads((state) => state.dismissProblem);
  return (
    <>
      <ViewTitle title={text.title} note={downloads ? totalOf(downloads) : ''} actions={<SpeedLimit />} />
      {problem && (
        <Notice tone="danger" title={modelsText.notDone} onDismiss={dismissProblem} testId="downloads-problem">
          {problem.message}
        </Notice>
      )}
      {downloads ? (
        <Lists downloads={downloads} />
      ) : unreadable ? (
        <FailedAnswer title={text.unreadable} error={unreadable} askAgain={tryAgain} testId="downloads-unreadable" />
      ) : (
        <Skeletons label={modelsText.loading} rows={3} />
      )}
    </>
  );
}

/** The speed of all together, and how long all of it takes: '' while nothing is transferred. */
function totalOf(downloads: readonly Download[]): string {
  const bytesPerSecond = downloads.reduce((total, each) => total + each.bytesPerSecond, 0);
  if (bytesPerSecond <= 0) return '';
  const open = downloads.filter(({ status }) => status !== 'completed' && status !== 'failed' && status !== 'paused');
  const left = open.reduce((total, each) => total + Math.max(0, each.totalBytes - each.receivedBytes), 0);
  return `${text.total(bytesPerSecond)} · ${remainingText((left / bytesPerSecond) * 1000)} left`;
}

function Lists({ downloads }: { downloads: Download[] }) {
  const act = useDownloads((state) => state.act);
  const queue = downloads.filter(({ status }) => status !== 'completed');
  const finished = downloads.filter(({ status }) => status === 'completed');
  const { list, onMove } = useKeptFocus(queue.map(({ id }) => id).join(' '));

  if (downloads.length === 0) {
    return (
      <Placeholder
        title={text.emptyTitle}
        text={text.emptyText}
        action={
          <a className="button-accent" href={hrefOf({ view: 'find', repository: null })}>
            <DownloadIcon size={16} aria-hidden />
            {modelsText.library.find}
          </a>
        }
      />
    );
  }
  return (
    <>
      {queue.length > 0 && (
        <Section title={text.queue} testId="queue">
          <ul ref={list} className="divide-y divide-line rounded-2xl border border-line bg-raised">
            {queue.map((download) => (
              <DownloadItem key={download.id} download={download} all={downloads} onMove={onMove} />
            ))}
          </ul>
        </Section>
      )}
      {finished.length > 0 && (
        <Section
          title={text.finished}
          testId="finished"
          aside={
            <button
              type="button"
              className="button-ghost"
              onClick={() => void act((api) => Promise.all(finished.map(({ id }) => api.cancel(id))))}
            >
              {text.clearFinished}
            </button>
          }
        >
          <ul className="divide-y divide-line rounded-2xl border border-line bg-raised">
            {finished.map((download) => (
              <DownloadItem key={download.id} download={download} all={downloads} onMove={() => {}} />
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}
