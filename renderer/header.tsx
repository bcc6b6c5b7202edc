// The bar on top: whose app this is, which model answers, whether it drafts, and what can be done everywhere.
import {
  Boxes,
  ChartNoAxesCombined,
  Monitor,
  Moon,
  PanelLeft,
  Search,
  Settings as SettingsIcon,
  SlidersHorizontal,
  SquarePen,
  Sun,
} from 'lucide-react';
import type { ReactNode } from 'react';
import type { Settings } from '../electron/contract/settings.ts';
import { newChat } from './chat/list/actions.ts';
import { useChat } from './chat/chat-store.ts';
import { useDialogs } from './chat/dialogs-store.ts';
import { chatText } from './chat/strings.ts';
import { useCommands } from './commands/commands-store.ts';
import { commandText } from './commands/strings.ts';
import { useRoomFor, type Region } from './layout/use-media.ts';
import { isShown, useView } from './layout/view-store.ts';
import { DraftingStatus } from './model/drafting-status.tsx';
import { LoadingBar } from './model/loading-bar.tsx';
import { ModelPicker } from './model/model-picker.tsx';
import { underWay, useDownloads } from './models/downloads/downloads-store.ts';
import { modelsText } from './models/strings.ts';
import { hrefOf } from './route.ts';
import { useSettings } from './settings/settings-store.ts';
import { strings } from './strings.ts';
import { Mark } from './ui/mark.tsx';

interface HeaderProps {
  /** The chat is shown, with its list and its panel. */
  inChat: boolean;
  onSettings: () => void;
}

export function Header({ inChat, onSettings }: HeaderProps) {
  const openPalette = useCommands((state) => state.toggle);
  const openDialog = useDialogs((state) => state.open);
  const room = useRoomFor('sidebar');
  const listShown = useView((state) => inChat && isShown('sidebar', state, room));
  const unreadable = useChat((state) => state.unreadable !== null);
  return (
    <header className="relative z-20 flex items-center gap-1.5 border-b border-line px-3 py-2 sm:gap-3 sm:px-4">
      {inChat && <RegionButton region="sidebar" />}
      <h1 className="flex shrink-0 items-center gap-2 text-[15px] font-semibold tracking-tight">
        <Mark size={26} className="text-accent" />
        <span className="max-md:sr-only">{strings.appName}</span>
      </h1>
      <div aria-hidden className="hidden h-5 w-px bg-line md:block" />
      <div className="min-w-0 flex-1">
        <ModelPicker />
      </div>
      <DraftingStatus />
      <div className="flex items-center">
        {/* The list has a button of its own for it. */}
        {!listShown && (
          <IconButton
            testId="new-chat"
            label={strings.header.newChat}
            keys="Alt+N"
            disabled={unreadable}
            onClick={() => void newChat()}
          >
            <SquarePen size={18} aria-hidden />
          </IconButton>
        )}
        <IconButton testId="open-palette" label={commandText.open} keys="Ctrl+K" wide onClick={() => openPalette('palette')}>
          <Search size={18} aria-hidden />
        </IconButton>
        <ModelsLink />
        {inChat && (
          <IconButton
            testId="chat-settings-open"
            label={chatText.settings.open}
            keys="Alt+S"
            onClick={() => openDialog({ kind: 'settings' })}
          >
            <SlidersHorizontal size={18} aria-hidden />
          </IconButton>
        )}
        {inChat && <RegionButton region="panel" />}
        <ThemeButton />
        <button
          type="button"
          className="button-icon"
          data-testid="settings"
          aria-label={strings.header.settings}
          title={strings.header.settings}
          aria-haspopup="dialog"
          onClick={onSettings}
        >
          <SettingsIcon size={18} aria-hidden />
        </button>
      </div>
      <LoadingBar />
    </header>
  );
}

interface IconButtonProps {
  testId: string;
  label: string;
  keys?: string;
  disabled?: boolean;
  /** Left out where there is little room. */
  wide?: boolean;
  onClick: () => void;
  children: ReactNode;
}

function IconButton({ testId, label, keys, disabled, wide, onClick, children }: IconButtonProps) {
  return (
    <button
      type="button"
      className={`button-icon ${wide ? 'max-sm:hidden' : ''}`}
      data-testid={testId}
      aria-label={label}
      title={keys === undefined ? label : `${label} (${keys})`}
      disabled={disabled}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

/** Opens and closes the list or the panel. */
function RegionButton({ region }: { region: Region }) {
  const room = useRoomFor(region);
  const shown = useView((state) => isShown(region, state, room));
  const toggle = useView((state) => state.toggle);
  const label = strings.layout.toggle[region];
  const Icon = region === 'sidebar' ? PanelLeft : ChartNoAxesCombined;
  return (
    <button
      type="button"
      className="button-icon aria-expanded:text-ink"
      data-testid={`toggle-${region}`}
      aria-label={label}
      aria-expanded={shown}
      title={`${label} (${region === 'sidebar' ? 'Ctrl+B' : 'Alt+V'})`}
      onClick={() => toggle(region)}
    >
      <Icon size={18} aria-hidden />
    </button>
  );
}

/** Leads to the model pages; a dot says that something is being downloaded. */
function ModelsLink() {
  const count = useDownloads(({ downloads }) => underWay(downloads));
  const label = count > 0 ? `${modelsText.open}, ${modelsText.downloadsBadge(count)}` : modelsText.open;
  return (
    <a
      className="button-icon relative"
      data-testid="models"
      href={hrefOf(count > 0 ? { view: 'downloads' } : { view: 'library', modelId: null })}
      aria-label={label}
      title={label}
    >
      <Boxes size={18} aria-hidden />
      {count > 0 && <span aria-hidden className="absolute top-1.5 right-1.5 size-2 rounded-full bg-accent ring-2 ring-paper" />}
    </a>
  );
}

const nextTheme: Record<Settings['theme'], Settings['theme']> = { system: 'light', light: 'dark', dark: 'system' };
const themeIcons = { system: Monitor, light: Sun, dark: Moon };

function ThemeButton() {
  const theme = useSettings((state) => state.settings.theme);
  const change = useSettings((state) => state.change);
  const Icon = themeIcons[theme];
  const label = strings.header.themeNow(strings.header.themes[theme]);
  return (
    <button
      type="button"
      className="button-icon max-sm:hidden"
      data-testid="theme"
      aria-label={label}
      title={label}
      onClick={() => void change('theme', nextTheme[theme])}
    >
      <Icon size={18} aria-hidden />
    </button>
  );
}
