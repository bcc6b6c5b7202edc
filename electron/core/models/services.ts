// Library, hub and downloads on one database, as the app and the command line both open them.
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import type { Download, DownloadsApi } from '../../contract/downloads.ts';
import { KangarooError, type ErrorShape } from '../../contract/errors.ts';
import type { LibraryApi, LibraryModel } from '../../contract/library.ts';
import { HttpClient } from '../net/http.ts';
import { shownError } from '../shown-error.ts';
import { openModelsDatabase, temporaryModelsDatabase } from './database.ts';
import { Downloads } from './downloads/downloads.ts';
import { parseRequest } from './downloads/request.ts';
import { DownloadStore } from './downloads/store.ts';
import type { Machine } from './fit.ts';
import { Credentials, type SecretBox } from './hub/credentials.ts';
import { Hub } from './hub/hub.ts';
import { placesOfOtherApps } from './library/layouts.ts';
import { Library } from './library/library.ts';
import { LibraryStore } from './library/store.ts';

export interface ModelServicesOptions {
  dataDir: string;
  /** The starter, and a model that was named at the start. */
  builtIn: readonly LibraryModel[];
  machine: () => Machine;
  isLoaded: (modelId: string) => boolean;
  env?: Readonly<Record<string, string | undefined>>;
  /** The keychain, where the shell has one. */
  secretBox?: SecretBox;
  /** The system's dialog for files and folders, where the shell has one. */
  choosePath?: (what: Parameters<LibraryApi['choose']>[0]) => Promise<string | null>;
  /** A mirror for this run, before the one that is remembered and the one of `HF_ENDPOINT`. */
  endpoint?: string;
  /** The hub that access tokens belong to; another one than huggingface.co only in tests. */
  hubOrigin?: string;
  /** Only for looking things up beside a running app: what is changed is not kept. */
  temporary?: boolean;
  /** Told of each download that was completed, once it is in the library, or failed. */
  onDownloadEnd?: (download: Download) => void;
}

export interface ModelServices {
  store: LibraryStore;
  library: Library;
  hub: Hub;
  /** Goes on with what is in the queue when it is first asked for. */
  downloads(): Downloads;
  /** Keeps what has arrived. Safe twice. */
  close(): Promise<void>;
}

const speedLimitKey = 'download-speed-limit';
const speedLimitSchema = z.number().positive();

/** Never throws: where the list of models cannot be used, the library says why and works for this run. */
export function openModelServices(options: ModelServicesOptions): ModelServices {
  const { dataDir, machine, env = process.env, secretBox, choosePath, hubOrigin } = options;
  const { database, problem } = openDatabase(dataDir, options.temporary ?? false);
  const store = new LibraryStore(database);
  const library = new Library({
    store,
    problem,
    defaultFolder: join(dataDir, 'models'),
    builtIn: options.builtIn,
    otherApps: placesOfOtherApps(env),
    machine,
    isLoaded: options.isLoaded,
    ...(choosePath ? { choosePath } : {}),
  });
  const hub = new Hub({
    http: new HttpClient(env),
    credentials: new Credentials({ dataDir, env, ...(secretBox ? { secretBox } : {}) }),
    memory: store,
    library,
    machine,
    enqueue: (request) => downloads().add(request),
    endpoint: options.endpoint ?? env['HF_ENDPOINT'],
    ...(hubOrigin === undefined ? {} : { hubOrigin }),
  });
  let queue: Downloads | null = null;
  function downloads(): Downloads {
    queue ??= new Downloads({
      store: new DownloadStore(database),
      hub: hub.client,
      speedLimit: speedLimitSchema.safeParse(store.value(speedLimitKey)).data ?? null,
      keepSpeedLimit: (bytesPerSecond) => store.setValue(speedLimitKey, bytesPerSecond),
      awayFolder: (folder) => library.awayFolder(folder),
      onEnd: (download) =>
        void publish(library, download)
          .catch(shownError)
          .then(() => options.onDownloadEnd?.(download)),
    });
    return queue;
  }

  async function close(): Promise<void> {
    await queue?.close();
    hub.close();
    library.close();
    await library.idle();
    database.close();
  }

  let closing: Promise<void> | null = null;
  return { store, library, hub, downloads, close: () => (closing ??= close()) };
}

/** What was downloaded is in the library, with where it came from. */
async function publish(library: Library, { status, request }: Download): Promise<void> {
  const [first] = request.files;
  if (status !== 'completed' || !first) return;
  const origin = { repository: request.repo, revision: request.revision, file: first.path };
  await library.published(join(request.folder, ...first.path.split('/')), origin, first.sha256);
}

function openDatabase(dataDir: string, temporary: boolean): { database: Database; problem: ErrorShape | null } {
  if (temporary) return { database: temporaryModelsDatabase(), problem: null };
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
 * The downloads as a page may ask for them: models only, from the hub that is set, into folders of the library. What the page
 * could otherwise write, and where, would be up to whoever took it over.
 */
export function downloadsForPages(downloads: Downloads, library: Library, hub: Hub): DownloadsApi {
  return {
    list: () => downloads.list(),
    watch: () => downloads.watch(),
    pause: (id) => downloads.pause(id),
    resume: (id) => downloads.resume(id),
    cancel: (id) => downloads.cancel(id),
    move: (id, index) => downloads.move(id, index),
    speedLimit: () => downloads.speedLimit(),
    setSpeedLimit: (bytesPerSecond) => downloads.setSpeedLimit(bytesPerSecond),
    async add(request) {
      const { endpoint, folder, files } = parseRequest(request);
      const refuse = (why: string) => new KangarooError('invalid-argument', why);
      if (endpoint !== hub.endpoint) throw refuse(`Downloads come from ${hub.endpoint}. Set another hub first.`);
      if (!library.isOwnFolder(folder)) throw refuse(`${folder} is no folder of yours in the library. Add it first.`);
      const other = files.find(({ path }) => !path.toLowerCase().endsWith('.gguf'));
      if (other) throw refuse(`${other.path} is no model: only GGUF files are downloaded.`);
      return downloads.add(request);
    },
  };
}
