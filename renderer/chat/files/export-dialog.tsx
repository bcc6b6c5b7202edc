// Saves a chat, or all of them, as a file.
import { Download } from 'lucide-react';
import { useState } from 'react';
import { requireClient } from '../../connection-store.ts';
import { attempt, tell } from '../../layout/happenings.tsx';
import { Modal } from '../../ui/modal.tsx';
import { Radios } from '../../ui/radios.tsx';
import { chatText } from '../strings.ts';
import { saveFile } from '../../ui/save-file.ts';

const text = chatText.export;

type Format = 'markdown' | 'json';

interface ExportDialogProps {
  /** Null: nothing but all chats can be exported. */
  chatId: string | null;
  title: string;
  onClose: () => void;
}

export function ExportDialog({ chatId, title, onClose }: ExportDialogProps) {
  const [what, setWhat] = useState<'this' | 'all'>(chatId === null ? 'all' : 'this');
  const [format, setFormat] = useState<Format>('markdown');
  const [rounds, setRounds] = useState(false);
  const [saving, setSaving] = useState(false);

  async function save(): Promise<void> {
    setSaving(true);
    const one = what === 'this' && chatId !== null;
    const name = text.fileName(one ? title : text.allName, format);
    const done = await attempt(async () => {
      const pieces: string[] = [];
      const request = { chatIds: one ? [chatId] : null, format, rounds: format === 'json' && rounds };
      for await (const piece of requireClient().chats.export(request)) pieces.push(piece);
      saveFile(name, new Blob(pieces, { type: format === 'json' ? 'application/json' : 'text/markdown' }));
    });
    setSaving(false);
    if (!done) return;
    tell({ title: text.done(name) });
    onClose();
  }

  return (
    <Modal
      title={text.title}
      onClose={onClose}
      testId="export-dialog"
      actions={
        <button type="button" className="button-accent" data-testid="export-save" disabled={saving} onClick={() => void save()}>
          <Download size={15} aria-hidden />
          {saving ? text.saving : text.save}
        </button>
      }
    >
      <div className="space-y-5">
        {chatId !== null && (
          <Radios
            label={text.what}
            value={what}
            onChange={setWhat}
            options={[
              { value: 'this', label: title || text.this },
              { value: 'all', label: text.all },
            ]}
          />
        )}
        <Radios
          label={text.format}
          value={format}
          onChange={setFormat}
          options={(['markdown', 'json'] as const).map((value) => ({
            value,
            label: text.formats[value][0] ?? '',
            help: text.formats[value][1] ?? '',
          }))}
        />
        {format === 'json' && (
          <label className="flex cursor-pointer items-start gap-2.5 text-[14px]">
            <input
              type="checkbox"
              className="mt-1 size-4 accent-accent"
              checked={rounds}
              onChange={(event) => setRounds(event.target.checked)}
            />
            <span>
              {text.rounds}
              <span className="block text-[13px] text-ink-soft">{text.roundsHelp}</span>
            </span>
          </label>
        )}
      </div>
    </Modal>
  );
}
