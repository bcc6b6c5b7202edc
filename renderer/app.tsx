// The page: header, what is wrong with the connection if anything, the chat between its list and its panel or the model pages,
// and the dialogs over them.
import { Suspense, useRef } from 'react';
import { ChatView } from './chat/chat-view.tsx';
import { ChatList } from './chat/list/chat-list.tsx';
import { CommandHost } from './commands/command-host.tsx';
import { useConnection } from './connection-store.ts';
import { Header } from './header.tsx';
import { SideRegion } from './layout/side-region.tsx';
import { Visualizer } from './layout/visualizer.ts';
import { useView } from './layout/view-store.ts';
import { LinkDialog } from './markdown/link-dialog.tsx';
import { ModelsView } from './models/models-view.tsx';
import { Toasts } from './models/toasts.tsx';
import { useRoute } from './route.ts';
import { SettingsSheet } from './settings/settings-sheet.tsx';
import { strings } from './strings.ts';
import { MenuHost } from './ui/menu.tsx';
import { openDialog } from './ui/open-dialog.ts';

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
      <Header inChat={route.view === 'chat'} onSettings={() => settings.current && openDialog(settings.current)} />
      <ConnectionBanner />
      {route.view === 'chat' ? <ChatPage /> : <ModelsView route={route} />}
      <SettingsSheet ref={settings} />
      <LinkDialog />
      <Toasts />
      <CommandHost />
      <MenuHost />
    </div>
  );
}

function ChatPage() {
  const close = useView((state) => state.close);
  return (
    <div className="flex min-h-0">
      <SideRegion region="sidebar">
        <ChatList />
      </SideRegion>
      <ChatView />
      <SideRegion region="panel">
        <Suspense fallback={null}>
          <Visualizer onClose={() => close('panel')} />
        </Suspense>
      </SideRegion>
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
