// The application behind every shell: settings, models, chats and the engine's process on one data folder.
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { Download } from '../contract/downloads.ts';
import type { ErrorShape } from '../contract/errors.ts';
import type { AppApi, AppInfo } from '../contract/index.ts';
import type { LibraryApi } from '../contract/library.ts';
import { Chats } from './chats/chats.ts';
import type { SpawnEngine } from './engine/engine-process.ts';
import { EngineHost } from './engine/host.ts';
import { Info } from './info.ts';
import { openModelsDatabase, temporaryModelsDatabase } from './models/database.ts';
import { givenByEnvironment, listModels, type GivenModel } from './models/given.ts';
import { Downloads } from './models/downloads/downloads.ts';
import { DownloadStore } from './models/downloads/store.ts';
import { Credentials, type SecretBox } from './models/hub/credentials.ts';
import { Hub } from './models/hub/hub.ts';
import { HttpClient } from './net/http.ts';
import { placesOfOtherApps } from './models/library/layouts.ts';
import { Library } from './models/library/library.ts';
import { LibraryStore } from './models/library/store.ts';
import { machineOf } from './models/memory.ts';
import { Models } from './models/models.ts';
import { lockDataDir } from './paths.ts';
import { SettingsStore } from './settings.ts';
import { shownError } from './shown-error.ts';

export interface AppOptions {
  /** Folder of the checkout or of the installed app: the starter model and the native addon lie in it. */
  root: string;
  dataDir: string;
  shell: AppInfo['shell'];
  spawnEngine: SpawnEngine;
  /** The model to open instead of the starter; by default what `KANGAROO_MODEL` and `KANGAROO_ADAPTER` name. */
  model?: GivenModel;
  /** The keychain, where the shell has one. */
  secretBox?: SecretBox;
  /** The hub that access tokens belong to; another one than huggingface.co only in tests. */
  hubOrigin?: string;
  /** The system's dialog for files and folders, where the shell has one. */
  choosePath?: (what: Parameters<LibraryApi['choose']>[0]) => Promise<string | null>;
}

export interface App {
  /** What a page may call; every method checks its arguments. */
  services: AppApi;
  /** Stops the answer under way and keeps it, ends the engine's process, frees the data folder. Safe twice. */
  close(): Promise<void>;
}

/** What was downloaded is in the library, with where it came from. */
async function publish(library: Library, { status, request }: Download): Promise<void> {
  const [first] = request.files;
  if (status !== 'completed' || !first) return;
  const origin = { repository: request.repo, revision: request.revision, file: first.path };
  await library.published(join(request.folder, ...first.path.split('/')), origin, first.sha256);
}

/** The app starts whatever state the list of models is in; what is wrong with it is shown in the library. */
function openDatabase(dataDir: string): { database: Database; problem: ErrorShape | null } {
  try {
    const { database, setAsidePath } = openModelsDatabase(dataDir);
    if (setAsidePath === null) return { database, problem: null };
    const message = `The list of models was damaged. It was kept as ${setAsidePath} and begun anew; add your folders again.`;
    return { database, problem: { code: 'store-damaged', message } };
  } catch (error) {
    return { database: temporaryModelsDatabase(), problem: shownError(error) };
  }
}

/**
 * Opens the data folder and begins to load the model. Throws `busy` where another instance has the folder, and
 * `file-not-readable` where it cannot be used; everything else that goes wrong is told by the service that it concerns.
 */
export function createApp(options: AppOptions): App {
  const { root, dataDir, choosePath } = options;
  const lock = lockDataDir(dataDir);
  const engine = new EngineHost(options.spawnEngine);
  const settings = new SettingsStore(dataDir);
  const { database, problem } = openDatabase(dataDir);
  const store = new LibraryStore(database);
  const library = new Library({
    store,
    problem,
    defaultFolder: join(dataDir, 'models'),
    builtIn: listModels(root, options.model ?? givenByEnvironment(process.env)),
    otherApps: placesOfOtherApps(),
    machine: () => machineOf(models.state),
    isLoaded: (modelId) => models.loadedId === modelId,
    ...(choosePath ? { choosePath } : {}),
  });
  const models = new Models({ engine, library, memory: store, stateFolder: join(dataDir, 'engine') });
  const credentials = new Credentials({
    dataDir,
    env: process.env,
    ...(options.secretBox ? { secretBox: options.secretBox } : {}),
  });
  const hub = new Hub({
    http: new HttpClient(),
    credentials,
    memory: store,
    library,
    machine: () => machineOf(models.state),
    enqueue: (request) => downloads.add(request),
    endpoint: process.env['HF_ENDPOINT'],
    ...(options.hubOrigin === undefined ? {} : { hubOrigin: options.hubOrigin }),
  });
  const downloads = new Downloads({
    store: new DownloadStore(database),
    hub: hub.client,
    onEnd: (download) => void publish(library, download).catch(shownError),
  });
  const chats = new Chats({ dataDir, engine, models, settings });
  models.start();
  void library.rescan().catch(() => {});

  async function close(): Promise<void> {
    await chats.close();
    models.close();
    await downloads.close();
    hub.close();
    library.close();
    settings.close();
    await engine.close();
    await library.idle();
    database.close();
    lock.release();
  }

  let closing: Promise<void> | null = null;
  return {
    services: { info: new Info(options.shell, engine), chats, models, library, hub, downloads, settings },
    close: () => (closing ??= close()),
  };
}
