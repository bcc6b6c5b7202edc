// What was deleted and still lies on the disk: put back, or deleted for good after a question.
import { useState } from 'react';
import type { TrashedModel } from '../../../electron/contract/library.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Section } from '../page-parts.tsx';
import { modelsText } from '../strings.ts';
import { useLibrary } from './library-store.ts';

const text = modelsText.trash;

export function Trash({ trash }: { trash: TrashedModel[] }) {
  const act = useLibrary((state) => state.act);
  const [asked, setAsked] = useState<TrashedModel | null>(null);
  return (
    <Section title={text.title} note={text.text} testId="trash">
      <ul className="divide-y divide-line rounded-2xl border border-line bg-raised">
        {trash.map((item) => (
          <li key={item.id} data-testid="trashed" className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2.5">
            <div className="min-w-0 flex-1">
              <p className="wrap-anywhere">{item.name}</p>
              <p className="text-[13px] text-ink-soft tabular-nums">{text.item(item.sizeBytes, item.trashedAt)}</p>
            </div>
            <div className="flex gap-2">
              <button
                type="button"
                className="button"
                aria-label={text.restoreLabel(item.name)}
                onClick={() => void act((library) => library.restore(item.id))}
              >
                {text.restore}
              </button>
              <button type="button" className="button" aria-label={text.purgeLabel(item.name)} onClick={() => setAsked(item)}>
                {text.purge}
              </button>
            </div>
          </li>
        ))}
      </ul>
      <ConfirmDialog
        open={asked !== null}
        title={text.askTitle(asked?.name ?? '')}
        text={text.askText(asked?.sizeBytes ?? 0)}
        confirm={text.purge}
        cancel={modelsText.cancel}
        onConfirm={() => asked && void act((library) => library.purge(asked.id))}
        onClose={() => setAsked(null)}
      />
    </Section>
  );
}
