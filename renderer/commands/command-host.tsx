// Listens for shortcuts, and shows the command palette and the sheet of shortcuts. Stands once in the page.
import { useEffect } from 'react';
import { commands } from './commands.ts';
import { useCommands } from './commands-store.ts';
import { HelpSheet } from './help-sheet.tsx';
import { Palette } from './palette.tsx';
import { isPressed, isTyping } from './shortcuts.ts';

/** Those that also work over an open dialog: they close it again. */
const overDialogs = new Set(['palette', 'help', 'help-too']);

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const command = commands.find(({ keys }) => keys !== undefined && isPressed(keys, event));
  if (!command) return;
  // A key alone is a letter to whoever is writing.
  if (!event.ctrlKey && !event.metaKey && !event.altKey && isTyping(event.target)) return;
  const { open } = useCommands.getState();
  if (document.querySelector('dialog[open]') && !(open !== null && overDialogs.has(command.id))) return;
  event.preventDefault();
  if (!command.off?.()) command.run();
}

export function CommandHost() {
  const open = useCommands((state) => state.open);
  useEffect(() => {
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
  if (open === 'palette') return <Palette />;
  return open === 'help' ? <HelpSheet /> : null;
}
