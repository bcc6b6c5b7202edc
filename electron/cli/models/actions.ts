// The actions of `kangaroo models`: each asks the services that the page asks, and says the same.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Download } from '../../contract/downloads.ts';
import { KangarooError } from '../../contract/errors.ts';
import type { HubRepository, HubVariant } from '../../contract/hub.ts';
import { usageError } from '../arguments.ts';
import { fitText, modelCount, modelText, modelsTable, repositoryText, resultsTable } from './print.ts';
import type { ModelsValues } from './options.ts';
import type { Action, ModelsSession } from './session.ts';

const repositoryPattern = /^[\w.-]+\/[\w.-]+$/;

/** What a load would be asked for. */
function choicesOf({ context, cacheType }: ModelsValues) {
  return { contextSize: context, cacheType };
}

/** Where nobody says which: four bits, as most people take; else the largest that is smaller than that. */
function variantOf(page: HubRepository, wanted: string | undefined): HubVariant {
  const { variants, repository } = page;
  const list = variants.map(({ file, quantisation }) => `${file} (${quantisation})`).join(', ');
  if (variants.length === 0) throw new KangarooError('hub-not-found', `${repository} has no GGUF model.`);
  const found =
    wanted === undefined
      ? (variants.find(({ quantisation }) => quantisation === 'Q4_K_M') ??
        variants.findLast(({ quality }) => quality === 'good') ??
        variants[0])
      : variants.find(({ file, quantisation }) => file === wanted || quantisation.toLowerCase() === wanted.toLowerCase());
  if (!found) throw usageError(`${repository} has no ${wanted}. There are ${list}.`);
  return found;
}

async function search([words = '']: string[], values: ModelsValues, { services, output }: ModelsSession): Promise<boolean> {
  const results = [];
  let cursor: string | null = null;
  do {
    const page = await services.hub.search({ text: words, sort: values.sort, ...(cursor === null ? {} : { cursor }) });
    results.push(...page.results);
    cursor = page.next;
  } while (cursor !== null && results.length < values.limit);
  const shown = results.slice(0, values.limit);
  for (const result of shown) output.object({ type: 'result', ...result });
  output.text(shown.length === 0 ? 'Nothing was found.\n' : `${resultsTable(shown)}\n`);
  return true;
}

async function info([name = '', file]: string[], values: ModelsValues, session: ModelsSession): Promise<boolean> {
  const { services, output } = session;
  await services.library.rescan();
  const isHere = services.library.models.some((model) => model.id === name || model.name === name);
  if (isHere || !repositoryPattern.test(name)) {
    const model = session.find(name);
    const details = await services.library.details(model.id);
    const fit = model.problem === null ? await services.library.fit(model.id, choicesOf(values)) : null;
    output.object({ type: 'model', ...details, ...details.model, fit });
    output.text(`${modelText(details)}\n${fit ? `\n${fitText(fit)}\n` : ''}`);
    return true;
  }
  const page = await services.hub.repository(name);
  output.object({ type: 'repository', ...page });
  output.text(`${repositoryText(page)}\n`);
  if (file === undefined) return true;
  const variant = variantOf(page, file);
  const found = await services.hub.fit(name, variant.file, choicesOf(values));
  output.object({ type: 'fit', file: variant.file, ...found });
  output.text(`\n${variant.file}\n${fitText(found.fit)}\n`);
  return true;
}

async function download([name = '', file]: string[], _values: ModelsValues, session: ModelsSession): Promise<boolean> {
  const { services, output, signal } = session;
  if (!repositoryPattern.test(name)) throw usageError(`"${name}" is no repository; it is written OWNER/NAME.`);
  await services.library.rescan();
  const page = await services.hub.repository(name);
  if (!page.access.granted) throw new KangarooError(page.access.error.code, page.access.error.message);
  const variant = variantOf(page, file);
  if (variant.modelId !== null) {
    output.object({ type: 'downloaded', modelId: variant.modelId, path: session.find(variant.modelId).path });
    output.text(`${variant.file} is in the library already: ${session.find(variant.modelId).path}\n`);
    return true;
  }
  const id = await services.hub.download(name, variant.file);
  const downloads = services.downloads();
  await downloads.resume(id);
  const item = await followDownload(downloads.watch(), id, session);
  if (signal.aborted) {
    await downloads.pause(id);
    output.note('What has arrived is kept; the same command goes on.');
    return false;
  }
  if (item.error) throw new KangarooError(item.error.code, item.error.message, item.error.detail);
  await services.library.rescan();
  const path = resolve(item.request.folder, item.request.files[0]?.path ?? '');
  const model = services.library.models.find((each) => each.path === path);
  output.object({ type: 'downloaded', modelId: model?.id ?? null, path });
  output.text(`${path}\n`);
  return true;
}

/** Until it has ended, or Ctrl-C. */
async function followDownload(
  states: AsyncIterable<Download[]>,
  id: string,
  { output, signal }: ModelsSession,
): Promise<Download> {
  const iterator = states[Symbol.asyncIterator]();
  const leave = () => void iterator.return?.();
  signal.addEventListener('abort', leave, { once: true });
  let last: Download | undefined;
  let waiting = '';
  for (;;) {
    const { value, done } = await iterator.next();
    const item: Download | undefined = done ? last : value.find((each: Download) => each.id === id);
    if (!item) throw new KangarooError('cancelled', 'The download was removed from the list.');
    last = item;
    if (done || item.status === 'completed' || item.status === 'failed') {
      signal.removeEventListener('abort', leave);
      leave();
      return item;
    }
    const reason = item.wait?.message ?? '';
    if (reason !== '' && reason !== waiting) output.note(reason);
    waiting = reason;
    const { status, receivedBytes, totalBytes, bytesPerSecond } = item;
    output.object({ type: 'progress', status, receivedBytes, totalBytes, bytesPerSecond });
    const label = status === 'verifying' ? 'Verifying' : `Downloading, ${(bytesPerSecond / 1e6).toFixed(1)} MB/s,`;
    if (totalBytes > 0) output.progress(label, receivedBytes / totalBytes, 'nothing');
  }
}

async function list(_given: string[], _values: ModelsValues, { services, output }: ModelsSession): Promise<boolean> {
  const { library } = services;
  await library.rescan();
  for await (const state of library.watch()) {
    for (const model of state.models) output.object({ type: 'model', ...model });
    for (const folder of state.folders) output.object({ type: 'folder', ...folder });
    for (const trashed of state.trash) output.object({ type: 'trashed', ...trashed });
    output.text(`${modelsTable(state)}\n`);
    if (state.problem) output.note(state.problem.message);
    break;
  }
  return true;
}

async function importPath([path = '']: string[], _values: ModelsValues, { services, output }: ModelsSession): Promise<boolean> {
  const place = resolve(path);
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory()) {
    const folder = await services.library.addFolder(place);
    output.object({ type: 'folder', ...folder });
    const whose = folder.readOnly ? ', which is only read' : '';
    output.text(`${modelCount(folder.models)} in ${folder.path}${whose}\n`);
    return true;
  }
  await services.library.rescan();
  const model = await services.library.open(place);
  output.object({ type: 'model', ...model });
  output.text(`${model.name}  ${model.id}\n`);
  return true;
}

async function remove([name = '']: string[], values: ModelsValues, session: ModelsSession): Promise<boolean> {
  const { services, output } = session;
  await services.library.rescan();
  const trashed = await services.library.trash(session.find(name).id);
  if (values.purge) await services.library.purge(trashed.id);
  output.object({ type: 'trashed', ...trashed, purged: values.purge });
  output.text(
    values.purge
      ? `${trashed.name} was deleted.\n`
      : `${trashed.name} is in the trash. Undo: kangaroo models restore ${trashed.id}\n`,
  );
  return true;
}

async function restore([id = '']: string[], _values: ModelsValues, { services, output }: ModelsSession): Promise<boolean> {
  const model = await services.library.restore(id);
  output.object({ type: 'restored', ...model });
  output.text(`${model.name} is back: ${model.path}\n`);
  return true;
}

export const actions = {
  search: { arguments: [0, 1], needsData: false, run: search },
  info: { arguments: [1, 2], needsData: false, run: info },
  download: { arguments: [1, 2], needsData: true, run: download },
  list: { arguments: [0, 0], needsData: true, run: list },
  import: { arguments: [1, 1], needsData: true, run: importPath },
  remove: { arguments: [1, 1], needsData: true, run: remove },
  restore: { arguments: [1, 1], needsData: true, run: restore },
} satisfies Record<string, Action>;
