// The model pages, in the chat's place: library, search and downloads, each with its own link.
import { ArrowLeft } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useAdapters } from '../adapters/adapters-store.ts';
import { AdaptersView } from '../adapters/adapters-view.tsx';
import { hrefOf, type Route } from '../route.ts';
import { underWay, useDownloads } from './downloads/downloads-store.ts';
import { DownloadsView } from './downloads/downloads-view.tsx';
import { FindView } from './find/find-view.tsx';
import { RepositoryView } from './find/repository-view.tsx';
import { TokenDialog } from './find/token-form.tsx';
import { DropZone } from './library/drop-zone.tsx';
import { LibraryView } from './library/library-view.tsx';
import { ModelDetailsView } from './library/model-details.tsx';
import { PathDialog } from './library/path-dialog.tsx';
import { modelsText } from './strings.ts';
import './models.css';

type ModelsRoute = Exclude<Route, { view: 'chat' }>;

const tabs: { view: ModelsRoute['view']; route: ModelsRoute }[] = [
  { view: 'library', route: { view: 'library', modelId: null } },
  { view: 'find', route: { view: 'find', repository: null } },
  { view: 'downloads', route: { view: 'downloads' } },
  { view: 'adapters', route: { view: 'adapters' } },
];

export function ModelsView({ route }: { route: ModelsRoute }) {
  const scroller = useRef<HTMLDivElement>(null);
  const shown = useRef<string | null>(null);
  const address = hrefOf(route);

  // Another view is another page: it begins at its top, and whoever reads by ear begins there too.
  useEffect(() => {
    if (shown.current === address) return;
    shown.current = address;
    scroller.current?.scrollTo(0, 0);
    scroller.current?.focus({ preventScroll: true });
  }, [address]);

  return (
    <main className="flex min-h-0 flex-col" aria-label={modelsText.title} data-testid="models-view">
      <nav aria-label={modelsText.sections} className="border-b border-line px-3 sm:px-4">
        <ul className="mx-auto flex w-full max-w-[60rem] items-center gap-1">
          <li>
            <a href={hrefOf({ view: 'chat' })} className="button-ghost" data-testid="back-to-chat">
              <ArrowLeft size={15} aria-hidden />
              {modelsText.backToChat}
            </a>
          </li>
          <li aria-hidden className="mx-1 h-5 w-px bg-line" />
          {tabs.map((tab) => (
            <li key={tab.view}>
              <a
                href={hrefOf(tab.route)}
                aria-current={tab.view === route.view ? 'page' : undefined}
                data-testid={`tab-${tab.view}`}
                className="flex items-center gap-1.5 border-b-2 border-transparent px-2.5 py-2.5 text-[14px] text-ink-soft transition-colors hover:text-ink aria-[current]:border-accent aria-[current]:font-medium aria-[current]:text-ink"
              >
                {modelsText.tabs[tab.view]}
                {tab.view === 'downloads' && <UnderWay />}
                {tab.view === 'adapters' && <TrainingUnderWay />}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div ref={scroller} tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none [scrollbar-gutter:stable]">
        <div className="mx-auto flex w-full max-w-[60rem] flex-col gap-6 px-4 py-6" key={route.view}>
          <View route={route} />
        </div>
      </div>
      <DropZone />
      <PathDialog />
      <TokenDialog />
    </main>
  );
}

function View({ route }: { route: ModelsRoute }) {
  switch (route.view) {
    case 'library':
      return route.modelId === null ? <LibraryView /> : <ModelDetailsView key={route.modelId} modelId={route.modelId} />;
    case 'find':
      return route.repository === null ? <FindView /> : <RepositoryView key={route.repository} repository={route.repository} />;
    case 'downloads':
      return <DownloadsView />;
    case 'adapters':
      return <AdaptersView />;
  }
}

function UnderWay() {
  const count = useDownloads(({ downloads }) => underWay(downloads));
  if (count === 0) return null;
  return (
    <span className="min-w-5 rounded-full bg-accent px-1.5 text-center text-[12px] leading-5 font-medium text-accent-ink tabular-nums">
      <span aria-hidden>{count}</span>
      <span className="sr-only">{modelsText.downloadsBadge(count)}</span>
    </span>
  );
}

/** A quiet dot: something is being trained. */
function TrainingUnderWay() {
  const busy = useAdapters(
    ({ state }) => state?.jobs.some(({ status }) => status === 'running' || status === 'yielding') ?? false,
  );
  if (!busy) return null;
  return (
    <span className="size-2 rounded-full bg-accent">
      <span className="sr-only">{modelsText.trainingBadge}</span>
    </span>
  );
}
