// Whether the page reaches the core, and the client to call it with.
import { create } from 'zustand';
import { KangarooError } from '../electron/contract/errors.ts';
import type { AppApi, AppInfo } from '../electron/contract/index.ts';
import type { ConnectionStatus } from './connect.ts';
import { strings } from './strings.ts';

interface ConnectionState {
  status: ConnectionStatus;
  client: AppApi | null;
  /** What the app says about itself; null before the first connection. */
  info: AppInfo | null;
  setStatus(status: ConnectionStatus): void;
  attach(client: AppApi, signal: AbortSignal): void;
}

export const useConnection = create<ConnectionState>()((set) => ({
  status: 'connecting',
  client: null,
  info: null,
  setStatus: (status) => set({ status }),
  attach(client, signal) {
    set({ client });
    signal.addEventListener('abort', () => set((state) => (state.client === client ? { client: null } : {})));
    // Only About reads it: without it nothing is missing.
    client.info.get().then(
      (info) => set({ info }),
      () => {},
    );
  },
}));

/** The client, or an error that says that the connection is away. */
export function requireClient(): AppApi {
  const { client } = useConnection.getState();
  if (!client) throw new KangarooError('closed', strings.connection.notNow);
  return client;
}
