// The preload's gifts to the page: `window.kangaroo.connect()`, which fetches a MessagePort, `pathOf(file)`, the path of a file
// that the user dropped on it or chose, and the window's zoom. Nothing else of Electron gets through.
import type * as Electron from 'electron';

/** Asks main for a port. */
export const connectChannel = 'kangaroo:connect';
/** Brings the port to the preload, and from there, as the message's text, to the page. */
export const portChannel = 'kangaroo:port';

/** What the preload needs of Electron and of its window. */
export interface BridgeParts {
  contextBridge: Pick<Electron.ContextBridge, 'exposeInMainWorld'>;
  ipcRenderer: Pick<Electron.IpcRenderer, 'send' | 'on'>;
  webUtils: Pick<Electron.WebUtils, 'getPathForFile'>;
  webFrame: Pick<Electron.WebFrame, 'getZoomFactor' | 'setZoomFactor'>;
  window: { location: { origin: string }; postMessage(message: unknown, targetOrigin: string, transfer: MessagePort[]): void };
}

/** Exposes `connect`; each call is answered by one `kangaroo:port` message with one port, from the page's own origin. */
export function exposeBridge({ contextBridge, ipcRenderer, webUtils, webFrame, window }: BridgeParts): void {
  ipcRenderer.on(portChannel, (event) => window.postMessage(portChannel, window.location.origin, event.ports));
  contextBridge.exposeInMainWorld('kangaroo', {
    connect: () => ipcRenderer.send(connectChannel),
    /** '' for a file that the page itself made. */
    pathOf: (file: File) => webUtils.getPathForFile(file),
    zoomFactor: () => webFrame.getZoomFactor(),
    setZoomFactor: (factor: number) => webFrame.setZoomFactor(factor),
  });
}
