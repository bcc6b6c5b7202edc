// The page starts here: stores attach to each new connection, then the app is drawn.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { useAdapters } from './adapters/adapters-store.ts';
import { App } from './app.tsx';
import { useChat } from './chat/chat-store.ts';
import { useChatList } from './chat/list/list-store.ts';
import { keepConnected, pageConnection } from './connect.ts';
import { useConnection } from './connection-store.ts';
import { useModel } from './model/model-store.ts';
import { useDownloads } from './models/downloads/downloads-store.ts';
import { useHub } from './models/find/hub-store.ts';
import { useLibrary } from './models/library/library-store.ts';
import { useSettings } from './settings/settings-store.ts';
import { followTheme } from './settings/theme.ts';
import './theme.css';

followTheme();

keepConnected(
  {
    onStatus: (status) => useConnection.getState().setStatus(status),
    onClient(client, signal) {
      useConnection.getState().attach(client, signal);
      useSettings.getState().attach(client, signal);
      useModel.getState().attach(client, signal);
      useLibrary.getState().attach(client, signal);
      useDownloads.getState().attach(client, signal);
      useHub.getState().attach(client, signal);
      useChatList.getState().attach(client, signal);
      useAdapters.getState().attach(client, signal);
      useChat.getState().attach(client, signal);
    },
  },
  pageConnection(),
);

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
