// The page: header, what is wrong with the connection if anything, the chat or the model pages, and the dialogs over them.
import { useRef } from 'react';
import { ChatView } from './chat/chat-view.tsx';
import { useConnection } from './connection-store.ts';
import { Header } from './header.tsx';
import { LinkDialog } from './markdown/link-dialog.tsx';
import { ModelsView } from './models/models-view.tsx';
import { Toasts } from './models/toasts.tsx';
import { useRoute } from './route.ts';
import { SettingsSheet } from './settings/settings-sheet.tsx';
import { strings } from './strings.ts';
import { VisualizerPanel } from './visualizer/visualizer-panel.tsx';
import { useVisualizer } from './visualizer/visualizer-store.ts';

export function App() {
  const settings = useRef<HTMLDialogElement>(null);
  const route = useRoute();
  return (
    <div className="grid h-full grid-cols-[minmax(0,1fr)] grid-rows-[auto_auto_minmax(0,1fr)]">
      {/* The model pages take the focus themselves when they open. */}
      {route.view === 'chat' && (
        <a
          href="#composer"
          className="absolute top-2 left-2 z-40 -translate-y-20 rounded-lg bg-raised px-3 py-2 shadow-float focus:translate-y-0"
        >
          {strings.skipToComposer}
        </a>
      )}
      <Header onSettings={() => settings.current?.showModal()} />
      <ConnectionBanner />
      {route.view === 'chat' ? <ChatPage /> : <ModelsView route={route} />}
      <SettingsSheet ref={settings} />
      <LinkDialog />
      <Toasts />
    </div>
  );
}

/** The visualizer stands beside the chat, and over it where there is no room for both. */
function ChatPage() {
  const open = useVisualizer((state) => state.open);
  const close = useVisualizer((state) => state.close);
  return (
    <div
      className={`relative grid min-h-0 grid-rows-[minmax(0,1fr)] ${open ? 'lg:grid-cols-[minmax(0,1fr)_minmax(26rem,38%)]' : ''}`}
    >
      <ChatView />
      {open && (
        <aside className="min-h-0 border-l border-line max-lg:absolute max-lg:inset-0 max-lg:z-10">
          <VisualizerPanel onClose={close} />
        </aside>
      )}
    </div>
  );
}

function ConnectionBanner() {
  const status = useConnection((state) => state.status);
  const text = status === 'lost' ? strings.connection.lost : status === 'refused' ? strings.connection.refused : null;
  return (
    <div role="status" data-testid="connection">
      {text && (
        <p className="flex items-center justify-center gap-2.5 bg-slow-soft px-4 py-1.5 text-center text-[13.5px] text-slow">
          {status === 'lost' && <span aria-hidden className="breathe size-2 shrink-0 rounded-full bg-slow" />}
          {text}
        </p>
      )}
    </div>
  );
}
