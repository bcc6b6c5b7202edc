// The contract: every type that crosses a process border. Imports nothing outside this folder.
import type { AdaptersApi } from './adapters.ts';
import type { ChatsApi } from './chats.ts';
import type { DownloadsApi } from './downloads.ts';
import type { EngineApi } from './engine.ts';
import type { HubApi } from './hub.ts';
import type { LibraryApi } from './library.ts';
import type { ModelsApi } from './models.ts';
import type { ProofsApi } from './proofs.ts';
import type { SettingsApi } from './settings.ts';
import type { TrainingApi } from './training.ts';

export interface AppInfo {
  name: string;
  version: string;
  shell: 'desktop' | 'browser';
  /** llama.cpp's version and commit, and the engine's own build id. */
  engine: string;
  /** Shown in About: licences and notices such as "Built with Llama". */
  notices: string[];
}

export interface InfoApi {
  get(): Promise<AppInfo>;
}

/** What the page can call, by service. */
export interface AppApi {
  info: InfoApi;
  chats: ChatsApi;
  proofs: ProofsApi;
  models: ModelsApi;
  library: LibraryApi;
  hub: HubApi;
  downloads: DownloadsApi;
  adapters: AdaptersApi;
  settings: SettingsApi;
}

/** Which methods there are and how each answers; a client is made from this, a server checks against it. */
export type Shape<T> = { [K in keyof T]: T[K] extends (...args: never[]) => AsyncIterable<unknown> ? 'stream' : 'call' };

export const engineShape: Shape<EngineApi> = {
  load: 'stream',
  unload: 'call',
  attach: 'call',
  measure: 'call',
  memory: 'call',
  generate: 'stream',
  logits: 'call',
  stop: 'call',
  forget: 'call',
  countTokens: 'call',
  version: 'call',
};

export const trainingShape: Shape<TrainingApi> = { train: 'stream', probe: 'call', hold: 'call', settle: 'call' };

export const appShape: { [S in keyof AppApi]: Shape<AppApi[S]> } = {
  info: { get: 'call' },
  chats: {
    current: 'call',
    create: 'call',
    open: 'call',
    watch: 'stream',
    earlier: 'call',
    rounds: 'call',
    totals: 'call',
    attachment: 'call',
    send: 'call',
    stop: 'call',
    edit: 'call',
    regenerate: 'call',
    continueAnswer: 'call',
    select: 'call',
    tree: 'call',
    deleteMessage: 'call',
    restoreMessage: 'call',
    watchList: 'stream',
    rename: 'call',
    setPinned: 'call',
    setFolder: 'call',
    duplicate: 'call',
    trash: 'call',
    restore: 'call',
    purge: 'call',
    listTrash: 'call',
    createFolder: 'call',
    renameFolder: 'call',
    deleteFolder: 'call',
    search: 'call',
    setSettings: 'call',
    saveDraft: 'call',
    countTokens: 'call',
    watchPresets: 'stream',
    savePreset: 'call',
    deletePreset: 'call',
    export: 'stream',
    beginImport: 'call',
    appendImport: 'call',
    finishImport: 'call',
    cancelImport: 'call',
    setAside: 'call',
  },
  proofs: { run: 'stream' },
  models: { list: 'call', load: 'call', unload: 'call', watch: 'stream', watchMemory: 'stream' },
  library: {
    watch: 'stream',
    rescan: 'call',
    details: 'call',
    fit: 'call',
    hash: 'stream',
    open: 'call',
    addFolder: 'call',
    removeFolder: 'call',
    setDefaultFolder: 'call',
    rename: 'call',
    setAdapter: 'call',
    trash: 'call',
    restore: 'call',
    purge: 'call',
    forget: 'call',
    checkAgain: 'call',
    choose: 'call',
  },
  hub: {
    curated: 'call',
    search: 'call',
    repository: 'call',
    fit: 'call',
    download: 'call',
    watch: 'stream',
    setEndpoint: 'call',
    setToken: 'call',
    forgetToken: 'call',
  },
  downloads: {
    list: 'call',
    watch: 'stream',
    add: 'call',
    pause: 'call',
    resume: 'call',
    cancel: 'call',
    move: 'call',
    speedLimit: 'call',
    setSpeedLimit: 'call',
  },
  adapters: {
    watch: 'stream',
    estimate: 'call',
    timeTraining: 'call',
    start: 'call',
    pause: 'call',
    resume: 'call',
    cancel: 'call',
    use: 'call',
    trash: 'call',
    restore: 'call',
    purge: 'call',
    import: 'call',
    export: 'call',
  },
  settings: { get: 'call', set: 'call', watch: 'stream' },
};
