// The models that are there without a folder: the starter that ships with the app, and one that was named at the start.
import { readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import type { LibraryModel } from '../../contract/library.ts';

/** A model named on the command line or in `KANGAROO_MODEL` and `KANGAROO_ADAPTER`. */
export interface GivenModel {
  path: string;
  adapterPath: string | null;
}

const starterSchema = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  /** File names in the starter's folder. */
  model: z.string().min(1),
  adapter: z.string().min(1).nullable(),
});

/** What the environment names, if it does. */
export function givenByEnvironment(env: Readonly<Record<string, string | undefined>>): GivenModel | null {
  const path = env['KANGAROO_MODEL'];
  return path ? { path, adapterPath: env['KANGAROO_ADAPTER'] || null } : null;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

const found = { folderId: null, readOnly: true, status: 'unread', problem: null, files: 1, facts: null } as const;

/** The starter, or null where this copy of the app has none. */
function findStarter(root: string): LibraryModel | null {
  const folder = join(root, 'assets', 'starter');
  let description: z.infer<typeof starterSchema>;
  try {
    description = starterSchema.parse(JSON.parse(readFileSync(join(folder, 'starter.json'), 'utf8')));
  } catch {
    return null;
  }
  const { id, name, model, adapter } = description;
  const path = join(folder, model);
  return {
    ...found,
    id,
    name,
    path,
    sizeBytes: sizeOf(path),
    adapterPath: adapter && join(folder, adapter),
    builtIn: true,
    source: 'starter',
  };
}

/** The first is the one to open at the start. */
export function listModels(root: string, given: GivenModel | null): LibraryModel[] {
  const models: LibraryModel[] = [];
  if (given) {
    const path = resolve(given.path);
    const adapterPath = given.adapterPath === null ? null : resolve(given.adapterPath);
    models.push({
      ...found,
      id: 'given',
      name: basename(path, '.gguf'),
      path,
      sizeBytes: sizeOf(path),
      adapterPath,
      builtIn: false,
      source: 'given',
    });
  }
  const starter = findStarter(root);
  if (starter) models.push(starter);
  return models;
}
