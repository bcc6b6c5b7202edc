// The preload's one gift to the page: `window.kangaroo.connect()`, which fetches a MessagePort. Nothing of Electron gets through.
import type * as Electron from 'electron';

/** Asks main for a port. */
export const connectChannel = 'kangaroo:connect';
/** Brings the port to the preload, and from there, as the message's text, to the page. */
export const portChannel = 'kangaroo:port';

/** What the preload needs of Electron and of its window. */
export interface BridgeParts {
  contextBridge: Pick<Electron.ContextBridge, 'exposeInMainWorld'>;
  ipcRenderer: Pick<Electron.IpcRenderer, 'send' | 'on'>;
  window: { location: { origin: string }; postMessage(message: unknown, targetOrigin: string, transfer: MessagePort[]): void };
}

/** Exposes `connect`; each call is answered by one `kangaroo:port` message with one port, from the page's own origin. */
export function exposeBridge({ contextBridge, ipcRenderer, window }: BridgeParts): void {
  ipcRenderer.on(portChannel, (event) => window.postMessage(portChannel, window.location.origin, event.ports));
  contextBridge.exposeInMainWorld('kangaroo', { connect: () => ipcRenderer.send(connectChannel) });
}
