// What the actions of `kangaroo models` and `kangaroo adapters` work on: the app's own library, hub and downloads, opened for one command.
import { toErrorShape } from '../../contract/errors.ts';
import type { LibraryModel } from '../../contract/library.ts';
import type { GpuMemory } from '../../contract/memory.ts';
import { loadAddon } from '../../core/engine/addon.ts';
import { listModels } from '../../core/models/given.ts';
import { machineOf } from '../../core/models/memory.ts';
import { openModelServices, type ModelServices } from '../../core/models/services.ts';
import { defaultDataDir, lockDataDir, type DataDirLock } from '../../core/paths.ts';
import { usageError } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { parseEndpoint } from '../../core/models/hub/hub.ts';
import type { ModelsValues } from './options.ts';

export interface ModelsSession extends Pick<CommandContext, 'output' | 'signal'> {
  services: ModelServices;
  dataDir: string;
  /** By id or, where only one has it, by name. */
  find(idOrName: string): LibraryModel;
  close(): Promise<void>;
}

export interface Action {
  /** Arguments behind the action's name, at least and at most. */
  arguments: [least: number, most: number];
  /** What is changed needs the data folder for itself; `false`: beside a running app it looks things up without it. */
  needsData: boolean;
  run(given: string[], values: ModelsValues, session: ModelsSession): Promise<boolean>;
}

/** Throws `busy` where the app runs on the same folder and `needsData`. */
export function openSession(
  values: Pick<ModelsValues, 'dataDir' | 'endpoint'>,
  needsData: boolean,
  context: CommandContext,
): ModelsSession {
  const dataDir = values.dataDir ?? defaultDataDir();
  if (values.endpoint !== undefined && parseEndpoint(values.endpoint) === null) {
    throw usageError(`--endpoint must be an address such as https://hf-mirror.example; it is "${values.endpoint}".`);
  }
  let lock: DataDirLock | null = null;
  try {
    lock = lockDataDir(dataDir);
  } catch (error) {
    if (needsData || toErrorShape(error).code !== 'busy') throw error;
  }
  const services = openModelServices({
    dataDir,
    builtIn: listModels(context.root, null),
    machine: () => machineOf({ status: 'unloaded' }, { parts: [], gpus: gpusOf(context.root) }),
    isLoaded: () => false,
    temporary: lock === null,
    ...(values.endpoint === undefined ? {} : { endpoint: values.endpoint }),
  });
  return {
    services,
    dataDir,
    output: context.output,
    signal: context.signal,
    find(idOrName) {
      const { models } = services.library;
      const byName = models.filter(({ name }) => name === idOrName);
      const found = models.find(({ id }) => id === idOrName) ?? (byName.length === 1 ? byName[0] : undefined);
      if (found) return found;
      if (byName.length > 1)
        throw usageError(
          `There are ${byName.length} models named "${idOrName}"; give one's id: ${byName.map(({ id }) => id).join(', ')}.`,
        );
      throw usageError(`There is no model "${idOrName}" in the library; see kangaroo models list.`);
    },
    async close() {
      await services.close();
      lock?.release();
    },
  };
}

/** Where the engine was not built yet, estimates are for the machine's memory alone. */
function gpusOf(root: string): GpuMemory[] {
  try {
    return loadAddon(root).gpus();
  } catch {
    return [];
  }
}
