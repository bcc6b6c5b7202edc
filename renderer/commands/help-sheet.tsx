// All shortcuts, by where they work.
import { Modal } from '../ui/modal.tsx';
import { commands } from './commands.ts';
import { useCommands } from './commands-store.ts';
import { Keys } from './keys.tsx';
import { commandText as text } from './strings.ts';

type Group = keyof typeof text.helpGroups;

/** Those that belong to a place of the page, not to a command. */
const fixed: Record<Group, [title: string, keys: string][]> = {
  everywhere: [],
  chat: [
    [text.send, 'Enter'],
    [text.newLine, 'Shift+Enter'],
    [text.stop, 'Escape'],
  ],
  list: [
    [text.moveInList, 'ArrowDown'],
    [text.renameRow, 'F2'],
    [text.deleteRow, 'Delete'],
    [text.menu, 'Shift+F10'],
  ],
  window: [
    [text.zoomIn, 'Mod++'],
    [text.zoomOut, 'Mod+-'],
    [text.zoomReset, 'Mod+0'],
  ],
};

function rowsOf(group: Group): [title: string, keys: string][] {
  const own = commands.filter((command) => command.group === group && command.keys !== undefined);
  return [...own.map(({ title, keys = '' }): [string, string] => [title, keys]), ...fixed[group]];
}

export function HelpSheet() {
  const close = useCommands((state) => state.close);
  return (
    <Modal title={text.help} onClose={close} testId="help-sheet" width={760}>
      <div className="grid gap-x-10 gap-y-6 sm:grid-cols-2">
        {(Object.keys(fixed) as Group[]).map((group) => (
          <section key={group} aria-label={text.helpGroups[group]}>
            <h3 className="mb-1.5 text-[12.5px] font-semibold tracking-wide text-ink-soft">{text.helpGroups[group]}</h3>
            <dl>
              {rowsOf(group).map(([title, keys]) => (
                <div
                  key={title + keys}
                  className="flex items-center justify-between gap-4 border-b border-line py-1.5 text-[14px] last:border-0"
                >
                  <dt>{title}</dt>
                  <dd>
                    <Keys shortcut={keys} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
