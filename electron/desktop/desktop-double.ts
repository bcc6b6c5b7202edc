// The desktop shell on a recording double of Electron, for its tests: a page, services that answer little, and what was asked of core.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Chat } from '../contract/chats.ts';
import type { Download } from '../contract/downloads.ts';
import { appShape, type AppApi, type AppInfo } from '../contract/index.ts';
import { ElectronDouble, type WindowDouble } from './electron-double.ts';
import { startDesktop } from './shell.ts';

export const info: AppInfo = {
  name: 'Kangaroo Chat',
  version: '0.1.0',
  shell: 'desktop',
  engine: 'llama.cpp',
  notices: ['Built with Llama'],
};

export class DesktopDouble {
  electron = new ElectronDouble();
  /** With the page; the data folder is inside. */
  readonly folder = mkdtempSync(join(tmpdir(), 'kangaroo-desktop-'));
  /** How often core was opened and closed, asked for a new chat, and woken. */
  created = 0;
  closed = 0;
  newChats = 0;
  woken = 0;
  /** Core's word that a download has ended. */
  onDownloadEnd: (download: Download) => void = () => {
    throw new Error('the app was not started');
  };

  constructor() {
    mkdirSync(join(this.folder, 'renderer', 'dist'), { recursive: true });
    writeFileSync(join(this.folder, 'renderer', 'dist', 'index.html'), '<title>page</title>');
    writeFileSync(join(this.folder, 'package.json'), 'secret');
  }

  /** `failure`: what core refuses to open with. */
  start(platform: NodeJS.Platform = 'linux', failure?: Error): Promise<void> {
    return startDesktop({
      electron: this.electron.module,
      platform,
      pageRoot: this.folder,
      dataDir: join(this.folder, 'data'),
      preloadPath: '/app/preload.cjs',
      createApp: (ports) => {
        if (failure) throw failure;
        this.onDownloadEnd = ports.onDownloadEnd;
        this.created += 1;
        return {
          services: this.#services(),
          wake: () => void (this.woken += 1),
          close: () => {
            this.closed += 1;
            return Promise.resolve();
          },
        };
      },
    });
  }

  onlyWindow(): WindowDouble {
    const [window, ...others] = this.electron.windows;
    if (!window || others.length > 0) throw new Error(`${this.electron.windows.length} windows`);
    return window;
  }

  end(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What these tests ask is answered; everything else fails the call. */
  #services(): AppApi {
    const head = { id: 'c', title: '', createdAtMs: 0, folderId: null, pinned: false, context: null, draft: '', earlier: 0 };
    const chat: Chat = { ...head, settings: { systemPrompt: null, overrides: {} }, messages: [] };
    const services = refusing();
    services.info.get = () => Promise.resolve(info);
    services.chats.current = () => Promise.resolve(chat);
    services.chats.create = () => {
      this.newChats += 1;
      return Promise.resolve(chat);
    };
    return services;
  }
}

/** Every method of the contract, none of which does anything. */
function refusing(): AppApi {
  const refuse = () => Promise.reject(new Error('not part of this test'));
  // oxlint-disable-next-line require-yield
  const never = async function* () {
    throw new Error('not part of this test');
  };
  const methods = (shape: object) => Object.entries(shape).map(([name, kind]) => [name, kind === 'stream' ? never : refuse]);
  const services = Object.entries(appShape).map(([name, shape]) => [name, Object.fromEntries(methods(shape))]);
  return Object.fromEntries(services) as AppApi;
}
