// The application behind every shell: settings, models, chats and the engine's process on one data folder.
import { join } from 'node:path';
import type { AppApi, AppInfo } from '../contract/index.ts';
import { Adapters, type AdaptersOptions } from './adapters/adapters.ts';
import { Chats } from './chats/chats.ts';
import type { SpawnEngine } from './engine/engine-process.ts';
import { KeptStates, keptStatesFolder } from './engine/kept-states.ts';
import { EngineHost } from './engine/host.ts';
import { Info } from './info.ts';
import type { Library } from './models/library/library.ts';
import { givenByEnvironment, listModels, type GivenModel } from './models/given.ts';
import { Models } from './models/models.ts';
import { downloadsForPages, openModelServices, type ModelServicesOptions } from './models/services.ts';
import { lockDataDir } from './paths.ts';
import { Proofs } from './proofs/proofs.ts';
import { SettingsStore } from './settings.ts';

/** A shell brings its keychain and its dialogs, where it has them. */
export interface AppOptions extends Pick<ModelServicesOptions, 'secretBox' | 'choosePath' | 'hubOrigin' | 'onDownloadEnd'> {
  /** Folder of the checkout or of the installed app: the starter model and the native addon lie in it. */
  root: string;
  dataDir: string;
  shell: AppInfo['shell'];
  spawnEngine: SpawnEngine;
  /** The model to open instead of the starter; by default what `KANGAROO_MODEL` and `KANGAROO_ADAPTER` name. */
  model?: GivenModel;
}

export interface App {
  /** What a page may call; every method checks its arguments. */
  services: AppApi;
  /** The machine has slept, or the network has come back: downloads go on at once. */
  wake(): void;
  /** Stops the answer under way and keeps it, ends the engine's process, frees the data folder. Safe twice. */
  close(): Promise<void>;
}

/**
 * Opens the data folder and begins to load the model. Throws `busy` where another instance has the folder, and
 * `file-not-readable` where it cannot be used; everything else that goes wrong is told by the service that it concerns.
 */
export function createApp(options: AppOptions): App {
  const { root, dataDir, shell, spawnEngine, model, ...brought } = options;
  const lock = lockDataDir(dataDir);
  const stateFolder = join(dataDir, 'engine');
  const engine = new EngineHost(spawnEngine);
  const settings = new SettingsStore(dataDir);
  const found = openModelServices({
    ...brought,
    dataDir,
    builtIn: listModels(root, model ?? givenByEnvironment(process.env)),
    machine: () => models.machine,
    isLoaded: (modelId) => models.loadedId === modelId,
  });
  const { library, hub } = found;
  const models = new Models({ engine, library, memory: found.store, stateFolder });
  const kept = new KeptStates(keptStatesFolder(stateFolder));
  const chats = new Chats({ dataDir, engine, models, settings, kept });
  const proofs = new Proofs({ engine, models, find: (chatId, messageId) => chats.answered(chatId, messageId) });
  const adapters = new Adapters({
    root,
    dataDir,
    spawn: spawnEngine,
    library,
    models,
    userPrompts: () => chats.userPrompts(),
    ...trainingTokensOf(process.env),
  });
  yieldToAnswers(engine, adapters);
  const downloads = downloadsForPages(found.downloads(), library, hub);
  models.start();
  void followAdapters(library, models);
  void library.rescan().catch(() => {});

  async function close(): Promise<void> {
    await chats.close();
    await adapters.close();
    models.close();
    settings.close();
    await engine.close();
    await found.close();
    lock.release();
  }

  let closing: Promise<void> | null = null;
  return {
    services: { info: new Info(shell, engine), chats, proofs, models, library, hub, downloads, adapters, settings },
    wake: () => found.downloads().wake(),
    close: () => (closing ??= close()),
  };
}

/** An adapter that was chosen, found or deleted while its model is loaded is used, or left, without loading the model again. */
async function followAdapters(library: Pick<Library, 'watch'>, models: Models): Promise<void> {
  const states = [library.watch(), models.watch()].map(async (changes) => {
    for await (const _ of changes) void models.followAdapter();
  });
  await Promise.all(states);
}

/** Between the answers of a conversation somebody reads and writes: training goes on a little later. */
const calmMs = 3000;

/** Whoever waits for an answer comes before what trains. */
function yieldToAnswers(engine: EngineHost, adapters: Adapters): void {
  let calm: NodeJS.Timeout | undefined;
  engine.onAnswering((answers) => {
    clearTimeout(calm);
    if (answers > 0) adapters.yieldTo(true);
    else calm = setTimeout(() => adapters.yieldTo(false), calmMs).unref();
  });
}

/** `KANGAROO_TRAINING_TOKENS`: how much a model writes for its adapter, whatever is chosen; for tests, which cannot wait. */
function trainingTokensOf(env: Readonly<Record<string, string | undefined>>): Pick<AdaptersOptions, 'tokens'> {
  const tokens = Number(env['KANGAROO_TRAINING_TOKENS']);
  return tokens > 0 ? { tokens: { quick: tokens, standard: tokens, thorough: tokens } } : {};
}
