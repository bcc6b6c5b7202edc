// Keys and what they do. `Mod` is the Command key on a Mac and Control elsewhere.
import { commandText } from './strings.ts';

const mac = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? '');

export type KeyPress = Pick<KeyboardEvent, 'key' | 'code' | 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey'>;

/** Whether a key press is the shortcut: `Mod+K`, `Alt+N`, `?`. Letters with Alt go by the key's place: some layouts type others. */
export function isPressed(shortcut: string, event: KeyPress, onMac = mac): boolean {
  const parts = partsOf(shortcut);
  const key = parts.at(-1) ?? '';
  const wants = (modifier: string) => parts.slice(0, -1).includes(modifier);
  const mod = onMac ? event.metaKey : event.ctrlKey;
  const other = onMac ? event.ctrlKey : event.metaKey;
  if (other || mod !== wants('Mod') || event.altKey !== wants('Alt')) return false;
  const letter = /^[A-Z]$/.test(key);
  // A sign may need Shift on one layout and not on another.
  if ((letter || key.length > 1) && event.shiftKey !== wants('Shift')) return false;
  return letter ? event.code === `Key${key}` : event.key === key;
}

/** `Mod++` is Mod and the plus key. */
function partsOf(shortcut: string): string[] {
  return shortcut.split(/\+(?=.)/);
}

/** `Ctrl K`, `⌘ K`: as it is written on the page. */
export function keyNames(shortcut: string, onMac = mac): string[] {
  return partsOf(shortcut).map((key) => (onMac ? commandText.macKeys[key] : undefined) ?? commandText.keys[key] ?? key);
}

/** True while keys without Control or Alt are text. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target instanceof HTMLTextAreaElement ||
      target instanceof HTMLSelectElement ||
      isTextInput(target))
  );
}

function isTextInput(target: HTMLElement): boolean {
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'range', 'button'].includes(target.type);
}
