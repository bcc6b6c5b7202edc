// The folders of the library: the user's own, those of other apps, and those that could be added.
import { Folder, FolderX, X } from 'lucide-react';
import type { LibraryFolder, LibraryState } from '../../../electron/contract/library.ts';
import { Badge, Section } from '../page-parts.tsx';
import { modelsText } from '../strings.ts';
import { useLibrary } from './library-store.ts';

const text = modelsText.folders;

export function Folders({ state }: { state: LibraryState }) {
  return (
    <Section title={text.title} testId="folders">
      <ul className="divide-y divide-line rounded-2xl border border-line bg-raised">
        {state.folders.map((folder) => (
          <FolderRow key={folder.id} folder={folder} />
        ))}
        {state.suggestions.map((suggestion) => (
          <Suggestion key={suggestion.path} suggestion={suggestion} />
        ))}
      </ul>
    </Section>
  );
}

function FolderRow({ folder }: { folder: LibraryFolder }) {
  const act = useLibrary((state) => state.act);
  const away = folder.status === 'away';
  const Icon = away ? FolderX : Folder;
  return (
    <li data-testid="folder" data-status={folder.status} className="flex items-center gap-3 px-4 py-2.5">
      <Icon size={18} aria-hidden className={`shrink-0 ${away ? 'text-slow' : 'text-ink-soft'}`} />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-mono text-[13px] wrap-anywhere">{folder.path}</span>
          {folder.isDefault && <Badge tone="accent">{text.isDefault}</Badge>}
          {folder.source !== 'kangaroo' && <Badge title={text.readOnly}>{modelsText.sources[folder.source]}</Badge>}
        </div>
        <p className={`text-[13px] tabular-nums ${away ? 'text-slow' : 'text-ink-soft'}`}>
          {away
            ? text.away
            : modelsText.library.meta([
                text.models(folder.models, folder.sizeBytes),
                folder.freeBytes === null ? null : text.free(folder.freeBytes),
                folder.readOnly ? (folder.source === 'kangaroo' ? text.notWritable : text.readOnly) : null,
              ])}
        </p>
      </div>
      {!folder.isDefault && (
        <div className="flex shrink-0 items-center gap-1">
          {!folder.readOnly && !away && (
            <button
              type="button"
              className="button-ghost max-sm:hidden"
              onClick={() => void act((library) => library.setDefaultFolder(folder.id))}
            >
              {text.makeDefault}
            </button>
          )}
          <button
            type="button"
            className="button-icon"
            aria-label={text.removeLabel(folder.path)}
            title={text.removeLabel(folder.path)}
            onClick={() => void act((library) => library.removeFolder(folder.id))}
          >
            <X size={17} aria-hidden />
          </button>
        </div>
      )}
    </li>
  );
}

function Suggestion({ suggestion }: { suggestion: LibraryState['suggestions'][number] }) {
  const act = useLibrary((state) => state.act);
  return (
    <li data-testid="suggestion" className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2.5">
      <Folder size={18} aria-hidden className="shrink-0 text-accent" />
      <div className="min-w-0 flex-1">
        <p className="text-[14px]">
          {text.found}{' '}
          <span className="text-ink-soft">
            {text.foundText(modelsText.sources[suggestion.source], suggestion.models, suggestion.sizeBytes)}
          </span>
        </p>
        <p className="font-mono text-[13px] wrap-anywhere text-ink-soft">{suggestion.path}</p>
      </div>
      <button type="button" className="button" onClick={() => void act((library) => library.addFolder(suggestion.path))}>
        {text.addReadOnly}
      </button>
    </li>
  );
}
