// The bar on top: whose app this is, which model answers, whether it drafts, and what can be done everywhere.
import { Activity, Boxes, Monitor, Moon, Settings as SettingsIcon, SquarePen, Sun } from 'lucide-react';
import type { Settings } from '../electron/contract/settings.ts';
import { useChat } from './chat/chat-store.ts';
import { DraftingStatus } from './model/drafting-status.tsx';
import { LoadingBar } from './model/loading-bar.tsx';
import { ModelPicker } from './model/model-picker.tsx';
import { underWay, useDownloads } from './models/downloads/downloads-store.ts';
import { modelsText } from './models/strings.ts';
import { hrefOf, useRoute } from './route.ts';
import { useSettings } from './settings/settings-store.ts';
import { strings } from './strings.ts';
import { Mark } from './ui/mark.tsx';
import { visualizerText } from './visualizer/strings.ts';
import { useVisualizer } from './visualizer/visualizer-store.ts';

export function Header({ onSettings }: { onSettings: () => void }) {
  const newChat = useChat((state) => state.newChat);
  const unreadable = useChat((state) => state.unreadable !== null);
  return (
    <header className="relative z-20 flex items-center gap-1.5 border-b border-line px-3 py-2 sm:gap-3 sm:px-4">
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
        <VisualizerButton />
        <ModelsLink />
        <button
          type="button"
          className="button-icon"
          data-testid="new-chat"
          aria-label={strings.header.newChat}
          title={strings.header.newChat}
          disabled={unreadable}
          onClick={() => void newChat()}
        >
          <SquarePen size={18} aria-hidden />
        </button>
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

function VisualizerButton() {
  const open = useVisualizer((state) => state.open);
  const toggle = useVisualizer((state) => state.toggle);
  const { view } = useRoute();
  if (view !== 'chat') return null;
  const label = open ? visualizerText.close : visualizerText.open;
  return (
    <button
      type="button"
      className={`button-icon ${open ? 'bg-sunken text-ink' : ''}`}
      data-testid="visualizer-toggle"
      aria-label={label}
      title={label}
      aria-expanded={open}
      onClick={toggle}
    >
      <Activity size={18} aria-hidden />
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
      className="button-icon"
      data-testid="theme"
      aria-label={label}
      title={label}
      onClick={() => void change('theme', nextTheme[theme])}
    >
      <Icon size={18} aria-hidden />
    </button>
  );
}
