// The command palette: a few letters find a command, a chat or a model; Enter runs, opens or loads it.
import { MessageSquare, Package, Search } from 'lucide-react';
import { useEffect, useId, useMemo, useRef, useState, type ReactNode } from 'react';
import { openChat, titleOf } from '../chat/list/actions.ts';
import { byUse, useChatList } from '../chat/list/list-store.ts';
import { useModel } from '../model/model-store.ts';
import { commands } from './commands.ts';
import { useCommands } from './commands-store.ts';
import { Keys } from './keys.tsx';
import { matching } from './match.ts';
import { commandText as text } from './strings.ts';

interface Entry {
  id: string;
  title: string;
  group: keyof typeof text.groups;
  icon: ReactNode;
  keys?: string;
  run: () => void;
}

/** Chats that show, at most, before and after something was typed. */
const recentChats = 6;
const foundChats = 20;

export function Palette() {
  const id = useId();
  const close = useCommands((state) => state.close);
  const dialog = useRef<HTMLDialogElement>(null);
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState(0);
  const found = useEntries(query);

  useEffect(() => {
    const opened = dialog.current;
    opened?.showModal();
    return () => opened?.close();
  }, []);

  useEffect(() => {
    document.getElementById(`${id}-${chosen}`)?.scrollIntoView({ block: 'nearest' });
  }, [id, chosen]);

  function run(entry: Entry | undefined): void {
    if (!entry) return;
    // First the dialog gives the focus back, then the command may take it.
    dialog.current?.close();
    close();
    entry.run();
  }

  function onKeyDown(event: React.KeyboardEvent): void {
    const last = found.length - 1;
    const to = {
      ArrowDown: chosen >= last ? 0 : chosen + 1,
      ArrowUp: chosen <= 0 ? last : chosen - 1,
      PageDown: Math.min(last, chosen + 8),
      PageUp: Math.max(0, chosen - 8),
    }[event.key];
    if (to !== undefined) setChosen(Math.max(0, to));
    else if (event.key === 'Enter' && !event.nativeEvent.isComposing) run(found[chosen]);
    else return;
    event.preventDefault();
  }

  return (
    <dialog
      ref={dialog}
      aria-label={text.palette}
      data-testid="palette"
      closedby="any"
      className="rise mx-auto mt-[12dvh] max-h-[70dvh] w-[min(38rem,94vw)] max-w-none flex-col overflow-hidden rounded-2xl border border-line bg-raised p-0 text-ink shadow-float open:flex"
      onClose={close}
    >
      <div className="flex items-center gap-3 border-b border-line px-4">
        <Search size={17} aria-hidden className="shrink-0 text-ink-soft" />
        <input
          role="combobox"
          aria-label={text.palette}
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={found[chosen] ? `${id}-${chosen}` : undefined}
          aria-autocomplete="list"
          data-testid="palette-input"
          placeholder={text.placeholder}
          value={query}
          className="w-full bg-transparent py-3.5 text-[16px] outline-none placeholder:text-ink-soft"
          onChange={(event) => {
            setQuery(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id={`${id}-list`} role="listbox" aria-label={text.palette} className="min-h-0 flex-1 overflow-y-auto p-1.5">
        {found.map((entry, index) => (
          <Row
            key={entry.id}
            id={`${id}-${index}`}
            entry={entry}
            heading={entry.group === found[index - 1]?.group ? null : text.groups[entry.group]}
            chosen={index === chosen}
            onPoint={() => setChosen(index)}
            onRun={() => run(entry)}
          />
        ))}
        {found.length === 0 && <p className="px-3 py-5 text-center text-ink-soft">{text.none}</p>}
      </div>
      <p role="status" className="sr-only">
        {text.count(found.length)}
      </p>
    </dialog>
  );
}

interface RowProps {
  id: string;
  entry: Entry;
  heading: string | null;
  chosen: boolean;
  onPoint: () => void;
  onRun: () => void;
}

function Row({ id, entry, heading, chosen, onPoint, onRun }: RowProps) {
  return (
    <>
      {heading !== null && (
        <p role="presentation" className="px-2.5 pt-2 pb-1 text-[12px] font-semibold tracking-wide text-ink-soft">
          {heading}
        </p>
      )}
      {/* The focus stays in the box: its arrow keys choose, its Enter runs. */}
      {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events */}
      <div
        id={id}
        role="option"
        tabIndex={-1}
        aria-selected={chosen}
        data-testid="palette-entry"
        className={`flex cursor-pointer items-center gap-3 rounded-lg px-2.5 py-2 text-[14.5px] leading-5 ${chosen ? 'bg-accent-soft' : ''}`}
        onPointerMove={onPoint}
        onClick={onRun}
      >
        <span className="flex w-4 shrink-0 justify-center text-ink-soft">{entry.icon}</span>
        <span className="min-w-0 flex-1 truncate">{entry.title}</span>
        {entry.keys && <Keys shortcut={entry.keys} />}
      </div>
    </>
  );
}

function useEntries(query: string): Entry[] {
  const chats = useChatList((state) => state.chats);
  const library = useModel((state) => state.library);
  return useMemo(() => {
    const empty = query.trim() === '';
    const all: Entry[] = commands
      .filter(({ id, off }) => id !== 'palette' && id !== 'help-too' && !off?.())
      .map(({ id, title, Icon, menuKeys, keys = menuKeys, run }) => ({
        id,
        title,
        group: 'commands',
        icon: Icon && <Icon size={16} aria-hidden />,
        ...(keys === undefined ? {} : { keys }),
        run,
      }));
    const talks = byUse(chats).map((chat): Entry => {
      const icon = <MessageSquare size={16} aria-hidden />;
      return { id: chat.id, title: titleOf(chat), group: 'chats', icon, run: () => void openChat(chat.id) };
    });
    const models = library.map((model): Entry => {
      const icon = <Package size={16} aria-hidden />;
      const run = () => void useModel.getState().load(model.id);
      return { id: model.id, title: text.load(model.name), group: 'models', icon, run };
    });
    const found = (entries: Entry[]) => matching(entries, ({ title }) => title, query);
    return [...found(all), ...found(talks).slice(0, empty ? recentChats : foundChats), ...(empty ? [] : found(models))];
  }, [query, chats, library]);
}
