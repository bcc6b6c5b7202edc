// The chat window: sandboxed and isolated, unable to leave its page, and back where it was left. State is kept in window.json.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as Electron from 'electron';

/** Scheme and origin of the page; nothing else is ever loaded into a window. */
export const pageScheme = 'app';
export const pageOrigin = 'app://kangaroo';

export interface WindowState {
  x?: number;
  y?: number;
  width: number;
  height: number;
  maximized: boolean;
}

const defaultState: WindowState = { width: 1100, height: 800, maximized: false };
const minimum = { width: 420, height: 480 };
const maximumSide = 16_384;
const maxReloadsAfterCrash = 3;

type Screen = Pick<Electron.Screen, 'getAllDisplays'>;

export interface WindowOptions {
  electron: Pick<typeof Electron, 'BrowserWindow' | 'screen'>;
  dataDir: string;
  preloadPath: string;
  title: string;
  /** Of the page. */
  url: string;
}

/** Opens the chat window and loads the page. It is shown once it has something to show. */
export function createWindow({ electron, dataDir, preloadPath, title, url }: WindowOptions): Electron.BrowserWindow {
  const state = readWindowState(dataDir, electron.screen);
  const { maximized, ...bounds } = state;
  const window = new electron.BrowserWindow({
    ...bounds,
    minWidth: minimum.width,
    minHeight: minimum.height,
    title,
    show: false,
    webPreferences: {
      preload: preloadPath,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  });
  if (maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () => {
    writeWindowState(dataDir, { ...window.getNormalBounds(), maximized: window.isMaximized() });
  });

  // A page that dies is loaded again: core holds the chat, so nothing is lost. One that dies again and again is left alone.
  let reloadsLeft = maxReloadsAfterCrash;
  window.webContents.on('render-process-gone', (_event, details) => {
    if (details.reason === 'clean-exit' || reloadsLeft === 0) return;
    reloadsLeft -= 1;
    window.webContents.reload();
  });
  void window.loadURL(url);
  return window;
}

/**
 * Denies going elsewhere, opening windows and embedding pages, for every web contents there is. A link that the page wanted to
 * open in a new window is handed to `onLink`, if it is one for a browser.
 */
export function confine(contents: Electron.WebContents, onLink: (url: string) => void): void {
  contents.setWindowOpenHandler(({ url }) => {
    if (/^https?:\/\//i.test(url)) onLink(url);
    return { action: 'deny' };
  });
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

/** Denies every permission: camera, microphone, location, notifications, devices, and whatever comes to be added. */
export function denyPermissions(session: Electron.Session): void {
  session.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
}

function statePath(dataDir: string): string {
  return join(dataDir, 'window.json');
}

/** The window's state as it was left; the default where nothing usable is stored, or where no display shows it any more. */
function readWindowState(dataDir: string, screen: Screen): WindowState {
  let stored: unknown;
  try {
    stored = JSON.parse(readFileSync(statePath(dataDir), 'utf8'));
  } catch {
    return defaultState;
  }
  if (typeof stored !== 'object' || stored === null) return defaultState;
  const field = (name: string) => {
    const value: unknown = name in stored ? Reflect.get(stored, name) : undefined;
    return typeof value === 'number' && Number.isFinite(value) ? Math.round(value) : undefined;
  };
  const width = Math.min(Math.max(field('width') ?? defaultState.width, minimum.width), maximumSide);
  const height = Math.min(Math.max(field('height') ?? defaultState.height, minimum.height), maximumSide);
  const maximized = 'maximized' in stored && stored.maximized === true;
  const [x, y] = [field('x'), field('y')];
  if (x === undefined || y === undefined || !isVisible({ x, y, width, height }, screen)) return { width, height, maximized };
  return { x, y, width, height, maximized };
}

/** True where enough of the window, its title bar included, lies on a display that is there now. */
function isVisible(bounds: Electron.Rectangle, screen: Screen): boolean {
  return screen.getAllDisplays().some(({ workArea }) => {
    const shownWidth = Math.min(bounds.x + bounds.width, workArea.x + workArea.width) - Math.max(bounds.x, workArea.x);
    const titleBarIsInside = bounds.y >= workArea.y && bounds.y <= workArea.y + workArea.height - 40;
    return shownWidth >= 120 && titleBarIsInside;
  });
}

function writeWindowState(dataDir: string, state: WindowState): void {
  // A lost window position is no reason to keep a window from closing.
  try {
    const temporary = `${statePath(dataDir)}.new`;
    writeFileSync(temporary, JSON.stringify(state));
    renameSync(temporary, statePath(dataDir));
  } catch {
    return;
  }
}
