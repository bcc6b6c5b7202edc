// Everything that can be done from anywhere, by name and by key.
import type { LucideIcon } from 'lucide-react';
import {
  Boxes,
  ChartNoAxesCombined,
  Copy,
  Download,
  GitBranch,
  Keyboard,
  Monitor,
  Moon,
  PanelLeft,
  Pencil,
  RotateCcw,
  Search,
  Settings,
  SlidersHorizontal,
  Square,
  SquarePen,
  Sun,
  Trash2,
  Upload,
  ZoomIn,
  ZoomOut,
} from 'lucide-react';
import { newChat, openNeighbour } from '../chat/list/actions.ts';
import { useChatList } from '../chat/list/list-store.ts';
import { streamingMessage, useChat } from '../chat/chat-store.ts';
import { useDialogs } from '../chat/dialogs-store.ts';
import { useView } from '../layout/view-store.ts';
import { hasRoomFor } from '../layout/use-media.ts';
import { canZoom, zoom } from '../layout/zoom.ts';
import { goTo } from '../route.ts';
import { useSettings } from '../settings/settings-store.ts';
import { writeClipboard } from '../ui/copy-button.tsx';
import { useCommands } from './commands-store.ts';
import { commandText as text } from './strings.ts';

export interface Command {
  id: string;
  title: string;
  Icon?: LucideIcon;
  /** See `isPressed`. */
  keys?: string;
  /** Keys that the desktop's menu has taken before the page hears of them. */
  menuKeys?: string;
  run: () => void;
  /** Not now: it would do nothing. */
  off?: () => boolean;
  /** For the sheet of shortcuts. */
  group?: keyof typeof text.helpGroups;
}

const chat = () => useChat.getState().chat;
const lastAnswer = () => chat()?.messages.findLast(({ role }) => role === 'assistant');
const answering = () => streamingMessage(chat()) !== null;
const cannotZoom = () => !canZoom();
const noAnswer = () => lastAnswer() === undefined || answering();

/** Focuses it at once, for the next key may belong to it; or after this, where a view only then shows it. */
function focus(selector: string): void {
  const find = () => document.querySelector<HTMLElement>(selector);
  const here = find();
  if (here) here.focus();
  else requestAnimationFrame(() => requestAnimationFrame(() => find()?.focus()));
}

function searchChats(): void {
  goTo({ view: 'chat' });
  const view = useView.getState();
  const shown = hasRoomFor('sidebar') ? view.open.sidebar : view.drawer === 'sidebar';
  if (!shown) view.toggle('sidebar');
  focus('#chat-search');
}

function goToComposer(): void {
  goTo({ view: 'chat' });
  focus('#composer');
}

function renameChat(): void {
  const id = chat()?.id;
  if (id === undefined) return;
  searchChats();
  useChatList.getState().search('');
  useChatList.getState().rename(id);
}

function exportChat(): void {
  const now = chat();
  if (now) inChat({ kind: 'export', chatId: now.id, title: now.title });
}

function inChat(dialog: Parameters<ReturnType<typeof useDialogs.getState>['open']>[0]): void {
  goTo({ view: 'chat' });
  useDialogs.getState().open(dialog);
}

function regenerate(): void {
  const last = chat()?.messages.at(-1);
  if (last) void useChat.getState().regenerate(last.id);
}

function pressLast(testId: string): void {
  [...document.querySelectorAll<HTMLElement>(`[data-testid="${testId}"]`)].at(-1)?.click();
}

export const commands: readonly Command[] = [
  { id: 'palette', title: text.open, keys: 'Mod+K', group: 'everywhere', run: () => useCommands.getState().toggle('palette') },
  {
    id: 'help',
    title: text.help,
    Icon: Keyboard,
    keys: '?',
    group: 'everywhere',
    run: () => useCommands.getState().toggle('help'),
  },
  { id: 'help-too', title: text.help, keys: 'Mod+/', run: () => useCommands.getState().toggle('help') },
  { id: 'new', title: text.newChat, Icon: SquarePen, keys: 'Alt+N', group: 'everywhere', run: () => void newChat() },
  { id: 'search', title: text.searchChats, Icon: Search, keys: 'Alt+F', group: 'everywhere', run: searchChats },
  {
    id: 'sidebar',
    title: text.toggleSidebar,
    Icon: PanelLeft,
    keys: 'Mod+B',
    group: 'everywhere',
    run: () => useView.getState().toggle('sidebar'),
  },
  {
    id: 'panel',
    title: text.togglePanel,
    Icon: ChartNoAxesCombined,
    keys: 'Alt+V',
    group: 'everywhere',
    run: () => useView.getState().toggle('panel'),
  },
  { id: 'model', title: text.switchModel, Icon: Boxes, keys: 'Alt+M', group: 'everywhere', run: () => pressLast('model-picker') },
  { id: 'settings', title: text.settings, Icon: Settings, keys: 'Mod+,', group: 'everywhere', run: () => pressLast('settings') },
  { id: 'before', title: text.previousChat, keys: 'Alt+ArrowUp', group: 'everywhere', run: () => void openNeighbour(-1) },
  { id: 'behind', title: text.nextChat, keys: 'Alt+ArrowDown', group: 'everywhere', run: () => void openNeighbour(1) },
  { id: 'composer', title: text.composer, keys: 'Alt+C', group: 'chat', run: goToComposer },
  {
    id: 'stop',
    title: text.stop,
    Icon: Square,
    group: 'chat',
    run: () => void useChat.getState().stop(),
    off: () => !answering(),
  },
  { id: 'again', title: text.regenerate, Icon: RotateCcw, keys: 'Alt+R', group: 'chat', run: regenerate, off: noAnswer },
  {
    id: 'edit',
    title: text.editLast,
    Icon: Pencil,
    keys: 'Alt+E',
    group: 'chat',
    run: () => pressLast('edit-message'),
    off: answering,
  },
  {
    id: 'copy',
    title: text.copyAnswer,
    Icon: Copy,
    run: () => void writeClipboard(lastAnswer()?.text ?? ''),
    off: () => lastAnswer() === undefined,
  },
  {
    id: 'chat-settings',
    title: text.chatSettings,
    Icon: SlidersHorizontal,
    keys: 'Alt+S',
    group: 'chat',
    run: () => inChat({ kind: 'settings' }),
  },
  { id: 'tree', title: text.tree, Icon: GitBranch, keys: 'Alt+T', group: 'chat', run: () => inChat({ kind: 'tree' }) },
  { id: 'rename', title: text.rename, Icon: Pencil, run: renameChat },
  { id: 'export', title: text.exportChat, Icon: Download, run: exportChat },
  { id: 'import', title: text.importChats, Icon: Upload, run: () => inChat({ kind: 'import' }) },
  { id: 'trash', title: text.trash, Icon: Trash2, run: () => inChat({ kind: 'trash' }) },
  { id: 'library', title: text.models, Icon: Boxes, run: () => goTo({ view: 'library', modelId: null }) },
  { id: 'find', title: text.find, Icon: Boxes, run: () => goTo({ view: 'find', repository: null }) },
  { id: 'downloads', title: text.downloads, Icon: Boxes, run: () => goTo({ view: 'downloads' }) },
  { id: 'larger', title: text.zoomIn, Icon: ZoomIn, menuKeys: 'Mod++', run: () => zoom(1), off: cannotZoom },
  { id: 'smaller', title: text.zoomOut, Icon: ZoomOut, menuKeys: 'Mod+-', run: () => zoom(-1), off: cannotZoom },
  { id: 'usual', title: text.zoomReset, Icon: Search, menuKeys: 'Mod+0', run: () => zoom(0), off: cannotZoom },
  { id: 'light', title: text.themes.light, Icon: Sun, run: () => void useSettings.getState().change('theme', 'light') },
  { id: 'dark', title: text.themes.dark, Icon: Moon, run: () => void useSettings.getState().change('theme', 'dark') },
  { id: 'system', title: text.themes.system, Icon: Monitor, run: () => void useSettings.getState().change('theme', 'system') },
];
