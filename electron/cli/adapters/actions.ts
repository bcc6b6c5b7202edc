// The actions of `kangaroo adapters`: each does what a button of the page does, and says the same.
import { join } from 'node:path';
import type { Adapter } from '../../contract/adapters.ts';
import { KeptAdapters } from '../../core/adapters/kept.ts';
import { AdapterShelf } from '../../core/adapters/shelf.ts';
import { usageError } from '../arguments.ts';
import { left, right, sizeText } from '../models/print.ts';
import type { ModelsSession } from '../models/session.ts';
import { formatTable } from '../table.ts';
import type { AdaptersValues } from './adapters.ts';

interface Action {
  /** Arguments behind the action's name, at least and at most. */
  arguments: [least: number, most: number];
  run(given: string[], values: AdaptersValues, session: ModelsSession): Promise<boolean>;
}

async function open({ services, dataDir }: ModelsSession): Promise<KeptAdapters> {
  await services.library.rescan();
  return new KeptAdapters(new AdapterShelf(join(dataDir, 'adapters')), services.library);
}

/** By path or, where only one has it, by name. */
async function find(kept: KeptAdapters, wanted: string): Promise<Adapter> {
  const all = await kept.list();
  const byName = all.filter(({ name }) => name === wanted);
  const found = all.find(({ path }) => path === wanted) ?? (byName.length === 1 ? byName[0] : undefined);
  if (found) return found;
  if (byName.length > 1) {
    const paths = byName.map(({ path }) => path).join(', ');
    throw usageError(`There are ${byName.length} adapters named "${wanted}"; give one's path: ${paths}.`);
  }
  throw usageError(`There is no adapter "${wanted}"; see kangaroo adapters list.`);
}

async function list(_given: string[], _values: AdaptersValues, session: ModelsSession): Promise<boolean> {
  const { output } = session;
  const kept = await open(session);
  const [adapters, trash] = [await kept.list(), kept.trashed()];
  for (const adapter of adapters) output.object({ type: 'adapter', ...adapter });
  for (const trashed of trash) output.object({ type: 'trashed', ...trashed });
  const columns = [left('name'), left('for'), right('exit'), right('size'), right('measured'), left('used by'), left('path')];
  const rows = adapters.map(({ name, baseName, exitLayer, sizeBytes, result, modelIds, path }) => [
    name,
    baseName,
    String(exitLayer),
    sizeText(sizeBytes),
    result?.speeds ? `${result.speeds.autoSpeedup.toFixed(2)}×` : '–',
    modelIds.length > 0 ? modelIds.map((id) => session.find(id).name).join(', ') : '–',
    path,
  ]);
  const lines = trash.map(({ id, name }) => `in the trash: ${name} (kangaroo adapters restore ${id})`);
  const table = adapters.length > 0 ? formatTable(columns, rows, 'aligned') : 'There is no adapter yet; see kangaroo train.';
  output.text(`${[table, ...lines].join('\n')}\n`);
  return true;
}

async function importFile([path = '', model]: string[], _values: AdaptersValues, session: ModelsSession): Promise<boolean> {
  const kept = await open(session);
  const adapter = await kept.import(path, model === undefined ? null : session.find(model));
  session.output.object({ type: 'imported', ...adapter });
  const users = adapter.modelIds.map((id) => session.find(id).name);
  session.output.text(
    users.length > 0
      ? `${adapter.name} drafts for ${users.join(', ')}\n`
      : `${adapter.name} is kept. No model of the library that it was made for (${adapter.baseName || 'not named'}) is without one.\n`,
  );
  return true;
}

async function exportFile([wanted = '', target = '']: string[], _values: AdaptersValues, session: ModelsSession) {
  const kept = await open(session);
  const adapter = await find(kept, wanted);
  await kept.export(adapter, target);
  session.output.object({ type: 'exported', name: adapter.name, path: target });
  session.output.text(`${target}\n`);
  return true;
}

async function use([name = '', wanted = '']: string[], _values: AdaptersValues, session: ModelsSession): Promise<boolean> {
  const kept = await open(session);
  const model = session.find(name);
  const adapter = wanted === 'none' ? null : await find(kept, wanted);
  await session.services.library.setAdapter(model.id, adapter?.path ?? null);
  session.output.object({ type: 'used', modelId: model.id, adapterId: adapter?.id ?? null });
  session.output.text(`${model.name} drafts ${adapter ? `with ${adapter.name}` : 'without an adapter'}\n`);
  return true;
}

async function remove([wanted = '']: string[], values: AdaptersValues, session: ModelsSession): Promise<boolean> {
  const kept = await open(session);
  const trashed = await kept.trash(await find(kept, wanted));
  if (values.purge) await kept.purge(trashed.id);
  session.output.object({ type: 'trashed', ...trashed, purged: values.purge });
  session.output.text(
    values.purge
      ? `${trashed.name} was deleted.\n`
      : `${trashed.name} is in the trash. Undo: kangaroo adapters restore ${trashed.id}\n`,
  );
  return true;
}

async function restore([id = '']: string[], _values: AdaptersValues, session: ModelsSession): Promise<boolean> {
  const adapter = await (await open(session)).restore(id);
  session.output.object({ type: 'restored', ...adapter });
  session.output.text(`${adapter.name} is back: ${adapter.path}\n`);
  return true;
}

export const actions = {
  list: { arguments: [0, 0], run: list },
  import: { arguments: [1, 2], run: importFile },
  export: { arguments: [2, 2], run: exportFile },
  use: { arguments: [2, 2], run: use },
  remove: { arguments: [1, 1], run: remove },
  restore: { arguments: [1, 1], run: restore },
} satisfies Record<string, Action>;
