// A recording double of the few Electron calls that the shell makes, for tests. Ports are real ones, of worker_threads.
import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { EmitterPort } from '../rpc/message-port.ts';
import type { ElectronMain } from './shell.ts';

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Like `MessagePortMain`: messages arrive as `{ data }`. */
class PortDouble extends EventEmitter implements EmitterPort {
  readonly port: MessagePort;
  constructor(port: MessagePort) {
    super();
    this.port = port;
    port.on('message', (data) => this.emit('message', { data }));
    port.on('close', () => this.emit('close'));
  }
  postMessage(message: unknown): void {
    this.port.postMessage(message);
  }
  start(): void {
    this.port.start();
  }
  close(): void {
    this.port.close();
  }
}

class MessageChannelMainDouble {
  readonly port1: PortDouble;
  readonly port2: PortDouble;
  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = new PortDouble(port1);
    this.port2 = new PortDouble(port2);
  }
}

export class WebContentsDouble extends EventEmitter {
  windowOpenHandler: ((details: { url: string }) => unknown) | undefined;
  reloads = 0;
  setWindowOpenHandler(handler: (details: { url: string }) => unknown): void {
    this.windowOpenHandler = handler;
  }
  reload(): void {
    this.reloads += 1;
  }
}

export class WindowDouble extends EventEmitter {
  readonly webContents = new WebContentsDouble();
  readonly options: Record<string, unknown>;
  readonly calls: string[] = [];
  bounds: Rectangle = { x: 10, y: 20, width: 900, height: 700 };
  maximized = false;
  minimized = false;
  focused = false;
  constructor(options: Record<string, unknown>) {
    super();
    this.options = options;
  }
  loadURL(url: string): Promise<void> {
    this.calls.push(`load ${url}`);
    return Promise.resolve();
  }
  show(): void {
    this.calls.push('show');
  }
  focus(): void {
    this.calls.push('focus');
  }
  restore(): void {
    this.calls.push('restore');
  }
  maximize(): void {
    this.calls.push('maximize');
  }
  isFocused(): boolean {
    return this.focused;
  }
  isMinimized(): boolean {
    return this.minimized;
  }
  isMaximized(): boolean {
    return this.maximized;
  }
  getNormalBounds(): Rectangle {
    return this.bounds;
  }
}

export class NotificationDouble extends EventEmitter {
  readonly options: { title?: string; body?: string };
  shown = false;
  constructor(options: { title?: string; body?: string }) {
    super();
    this.options = options;
  }
  show(): void {
    this.shown = true;
  }
}

export interface SchemeDouble {
  scheme: string;
  privileges: Record<string, boolean>;
}

/** What was asked of Electron, and levers to make it act. */
export class ElectronDouble {
  readonly calls: string[] = [];
  readonly windows: WindowDouble[] = [];
  readonly schemes: SchemeDouble[] = [];
  readonly handlers = new Map<string, (request: Request) => Promise<Response>>();
  readonly permissions: Record<string, (...args: unknown[]) => unknown> = {};
  readonly dialogs: Record<string, unknown>[] = [];
  readonly ipcMain = new EventEmitter();
  readonly app = new EventEmitter();
  menu: { label?: string; submenu?: { label?: string; click?: () => void }[] }[] = [];
  displays: Rectangle[] = [{ x: 0, y: 0, width: 1920, height: 1080 }];
  readonly powerMonitor = new EventEmitter();
  readonly notifications: NotificationDouble[] = [];
  canNotify = true;
  isFirstInstance = true;
  /** The button that dialogs are answered with. */
  dialogAnswer = 0;
  readonly opened: string[] = [];

  /** The module, as the shell takes it. */
  readonly module: ElectronMain;

  constructor() {
    const { calls, windows, notifications, permissions, schemes, handlers, dialogs } = this;
    const record = (name: string) => () => void calls.push(name);
    const keep = (name: string) => (handler: (...args: unknown[]) => unknown) => void (permissions[name] = handler);
    class BrowserWindow extends WindowDouble {
      constructor(options: Record<string, unknown>) {
        super(options);
        windows.push(this);
      }
    }
    const canNotify = () => this.canNotify;
    class Notification extends NotificationDouble {
      static isSupported(): boolean {
        return canNotify();
      }
      constructor(options: { title?: string; body?: string }) {
        super(options);
        notifications.push(this);
      }
    }
    const app = Object.assign(this.app, {
      name: 'Kangaroo Chat',
      requestSingleInstanceLock: () => this.isFirstInstance,
      enableSandbox: record('enableSandbox'),
      quit: record('quit'),
      whenReady: () => {
        calls.push('whenReady');
        return Promise.resolve();
      },
    });
    const double = {
      app,
      BrowserWindow,
      Notification,
      powerMonitor: this.powerMonitor,
      MessageChannelMain: MessageChannelMainDouble,
      ipcMain: this.ipcMain,
      screen: { getAllDisplays: () => this.displays.map((workArea) => ({ workArea })) },
      session: {
        defaultSession: {
          setPermissionRequestHandler: keep('request'),
          setPermissionCheckHandler: keep('check'),
          setDevicePermissionHandler: keep('device'),
        },
      },
      protocol: {
        registerSchemesAsPrivileged: (registered: SchemeDouble[]) => {
          calls.push('registerSchemesAsPrivileged');
          schemes.push(...registered);
        },
        handle: (scheme: string, handler: (request: Request) => Promise<Response>) => void handlers.set(scheme, handler),
      },
      dialog: {
        showMessageBox: (options: Record<string, unknown>) => {
          dialogs.push(options);
          return Promise.resolve({ response: this.dialogAnswer });
        },
        showErrorBox: (title: string, content: string) => void dialogs.push({ title, content }),
      },
      shell: {
        openExternal: (url: string) => {
          this.opened.push(url);
          return Promise.resolve();
        },
      },
      Menu: {
        buildFromTemplate: (template: ElectronDouble['menu']) => template,
        setApplicationMenu: (menu: ElectronDouble['menu']) => void (this.menu = menu),
      },
    };
    // The one cast: the double has only what the shell calls, and a call of anything else fails the test.
    this.module = double as unknown as ElectronMain;
  }

  /** Clicks a menu item by its label. */
  click(label: string): void {
    const item = this.menu.flatMap((menu) => menu.submenu ?? []).find((entry) => entry.label === label);
    if (!item?.click) throw new Error(`no menu item ${label}`);
    item.click();
  }
}
