// The desktop shell: one instance, one window, the page over app://, and core behind a MessagePort that only that page gets.
import { mkdirSync } from 'node:fs';
import type * as Electron from 'electron';
import { toErrorShape } from '../contract/errors.ts';
import type { Download } from '../contract/downloads.ts';
import { appShape, type AppApi } from '../contract/index.ts';
import { pageFolder } from '../core/page.ts';
import { emitterPortPipe } from '../rpc/message-port.ts';
import { serve } from '../rpc/server.ts';
import { connectChannel, portChannel } from './bridge.ts';
import { aboutText, menuTemplate } from './menu.ts';
import { notifyDownloads } from './notify-download.ts';
import { answerPageRequest } from './page-protocol.ts';
import { confine, createWindow, denyPermissions, pageOrigin, pageScheme } from './windows.ts';

/** The calls of Electron that the shell uses; tests put a recording double in their place. */
export type ElectronMain = Pick<
  typeof Electron,
  | 'app'
  | 'BrowserWindow'
  | 'Menu'
  | 'MessageChannelMain'
  | 'Notification'
  | 'dialog'
  | 'ipcMain'
  | 'powerMonitor'
  | 'protocol'
  | 'screen'
  | 'session'
  | 'shell'
>;

/** A fragment of the page's own address: it turns to that view, and is not loaded anew. */
const downloadsUrl = `${pageOrigin}/#/models/downloads`;

export interface DesktopApp {
  services: AppApi;
  /** The machine has slept. */
  wake(): void;
  close(): Promise<void>;
}

export interface DesktopOptions {
  electron: ElectronMain;
  platform: NodeJS.Platform;
  /** Folder that holds `renderer/dist`. */
  pageRoot: string;
  dataDir: string;
  preloadPath: string;
  createApp: (ports: { onDownloadEnd(download: Download): void }) => DesktopApp;
  /** Called when the window is there. */
  onReady?: () => void;
}

/** Starts the shell. Must be called before Electron is ready: schemes cannot be registered later. */
export async function startDesktop(options: DesktopOptions): Promise<void> {
  const { electron, dataDir } = options;
  const { app } = electron;
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  app.enableSandbox();
  electron.protocol.registerSchemesAsPrivileged([
    { scheme: pageScheme, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
  app.on('web-contents-created', (_event, contents) => confine(contents, (url) => void openLink(electron, url)));

  await app.whenReady();
  denyPermissions(electron.session.defaultSession);
  electron.protocol.handle(pageScheme, (request) => answerPageRequest(pageFolder(options.pageRoot), request));

  let window: Electron.BrowserWindow | null = null;
  const openWindow = (url = `${pageOrigin}/`) => {
    window = createWindow({ electron, dataDir, preloadPath: options.preloadPath, title: app.name, url });
    window.on('closed', () => (window = null));
  };
  const showWindow = () => {
    if (!window) return openWindow();
    if (window.isMinimized()) window.restore();
    window.focus();
  };
  const onDownloadEnd = notifyDownloads({
    Notification: electron.Notification,
    isWatched: () => window?.isFocused() ?? false,
    showDownloads() {
      if (!window) return openWindow(downloadsUrl);
      void window.loadURL(downloadsUrl);
      showWindow();
    },
  });
  let running: DesktopApp;
  try {
    mkdirSync(dataDir, { recursive: true });
    running = options.createApp({ onDownloadEnd });
  } catch (error) {
    electron.dialog.showErrorBox('Kangaroo Chat cannot start', toErrorShape(error).message);
    app.quit();
    return;
  }
  acceptPages(electron, running.services);

  electron.Menu.setApplicationMenu(
    electron.Menu.buildFromTemplate(
      menuTemplate(options.platform, app.name, {
        newChat: () => void startNewChat(electron, running.services, showWindow, () => window),
        about: () => void showAbout(electron, running.services),
      }),
    ),
  );

  electron.powerMonitor.on('resume', () => running.wake());
  app.on('second-instance', showWindow);
  app.on('activate', showWindow);
  app.on('window-all-closed', () => {
    if (options.platform !== 'darwin') app.quit();
  });
  closeBeforeQuit(electron, running);
  openWindow();
  options.onReady?.();
}

/** Hands a port of core to the page that asks, if it is our page in a window's main frame. */
function acceptPages(electron: ElectronMain, services: AppApi): void {
  electron.ipcMain.on(connectChannel, (event) => {
    const frame = event.senderFrame;
    if (!frame || frame.parent !== null || frame.origin !== pageOrigin) return;
    const { port1, port2 } = new electron.MessageChannelMain();
    serve(emitterPortPipe(port1), services, appShape);
    frame.postMessage(portChannel, null, [port2]);
  });
}

/** The page follows core: it shows the current chat when it is loaded. */
async function startNewChat(
  electron: ElectronMain,
  services: AppApi,
  showWindow: () => void,
  window: () => Electron.BrowserWindow | null,
): Promise<void> {
  try {
    await services.chats.create();
  } catch (error) {
    electron.dialog.showErrorBox('No new chat', toErrorShape(error).message);
    return;
  }
  const shown = window();
  showWindow();
  shown?.webContents.reload();
}

/** Links leave the app only if the user says so here, whatever the page says: it shows text that a model wrote. */
async function openLink(electron: ElectronMain, url: string): Promise<void> {
  const { response } = await electron.dialog.showMessageBox({
    type: 'question',
    message: 'Open this link in your browser?',
    detail: url,
    buttons: ['Cancel', 'Open'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  });
  if (response === 1) await electron.shell.openExternal(url);
}

async function showAbout(electron: ElectronMain, services: AppApi): Promise<void> {
  const info = await services.info.get();
  await electron.dialog.showMessageBox({ type: 'info', title: `About ${info.name}`, buttons: ['Close'], ...aboutText(info) });
}

/** Quitting waits until the engine is down and the chat is stored. */
function closeBeforeQuit(electron: ElectronMain, running: DesktopApp): void {
  let closing: 'no' | 'under way' | 'done' = 'no';
  electron.app.on('before-quit', (event) => {
    if (closing === 'done') return;
    event.preventDefault();
    if (closing === 'under way') return;
    closing = 'under way';
    void running.close().finally(() => {
      closing = 'done';
      electron.app.quit();
    });
  });
}
