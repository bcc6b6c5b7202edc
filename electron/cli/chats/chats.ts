// `kangaroo chats`: the app's chats from the command line, on the same data folder, while the app is closed.
import { readFileSync, writeFileSync } from 'node:fs';
import type { ImportReport } from '../../contract/exchange.ts';
import { KangarooError } from '../../contract/errors.ts';
import { exportChats } from '../../core/chats/exchange/export.ts';
import { importChats } from '../../core/chats/exchange/import.ts';
import { openStore, type ChatStore } from '../../core/chats/store.ts';
import { defaultDataDir, lockDataDir } from '../../core/paths.ts';
import { requireAction } from '../actions.ts';
import { choice, flag, text, usageError, type OptionValues, type ParsedArguments } from '../arguments.ts';
import type { Command, CommandContext } from '../command.ts';
import { commonOptions, dataDirOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { formatTable, type Column } from '../table.ts';

const options = {
  ...dataDirOptions,
  format: choice({
    choices: ['json', 'markdown'],
    help: 'export: json has everything and can be imported; markdown is to be read',
    fallback: 'json',
  }),
  output: text({ valueName: 'FILE', help: 'export: write there', defaultText: 'stdout' }),
  rounds: flag('export: with what was drafted and accepted for every token (json only)'),
  ...commonOptions,
};

type Values = OptionValues<typeof options>;

interface Action {
  /** Arguments behind the action's name, at least and at most. */
  arguments: [least: number, most: number];
  run(given: string[], values: Values, store: ChatStore, output: Output): Promise<boolean>;
}

const actions = {
  list: { arguments: [0, 0], run: list },
  export: { arguments: [0, Infinity], run: exportTo },
  import: { arguments: [1, 1], run: importFrom },
} satisfies Record<string, Action>;

export const chatsCommand: Command<typeof options> = {
  name: 'chats',
  summary: 'List, export and import chats',
  usage: 'ACTION [ARGUMENTS] [options]',
  description:
    'list           all chats that are not in the trash, used last first\n' +
    'export [ID…]   these chats, or all, to stdout or --output\n' +
    'import FILE    an export of this app or of Open WebUI, or the conversations.json of a ChatGPT export\n\n' +
    'The app must not run on the same data folder. import ends with 1 where a conversation could not be read; the others are in.\n\n' +
    'With --json: {"type":"chat"|"imported"|"failed",…}; an export of JSON is always the file itself.',
  options,
  positionals: { name: 'ACTION', minimum: 1, maximum: 1000 },
  run,
};

async function run({ values, positionals }: ParsedArguments<typeof options>, context: CommandContext): Promise<boolean> {
  const [wanted = '', ...given] = positionals;
  const name = requireAction('chats', Object.keys(actions) as (keyof typeof actions)[], wanted);
  const action = actions[name];
  const [least, most] = action.arguments;
  if (given.length < least) throw usageError(`chats ${name} needs a FILE; see kangaroo chats --help.`);
  if (given.length > most) throw usageError(`Unexpected argument "${given[most]}".`);
  const dataDir = values.dataDir ?? defaultDataDir();
  const lock = lockDataDir(dataDir);
  try {
    const store = openStore(dataDir);
    try {
      return await action.run(given, values, store, context.output);
    } finally {
      store.close();
    }
  } finally {
    lock.release();
  }
}

const column = (title: string, align: Column['align'] = 'left'): Column => ({ title, align });

async function list(_given: string[], _values: Values, store: ChatStore, output: Output): Promise<boolean> {
  const chats = store.chats.list();
  const folders = new Map(store.chats.folders().map(({ id, name }) => [id, name]));
  for (const { id, title, folderId, pinned, createdAtMs, usedAtMs, firstWords } of chats) {
    const folder = folderId === null ? null : (folders.get(folderId) ?? null);
    output.object({ type: 'chat', id, title, folder, pinned, createdAtMs, usedAtMs, firstWords });
  }
  const rows = chats.map(({ id, title, folderId, pinned, usedAtMs }) => [
    id,
    new Date(usedAtMs).toISOString().slice(0, 10),
    `${pinned ? '📌 ' : ''}${title}`,
    folderId === null ? '' : (folders.get(folderId) ?? ''),
  ]);
  const columns = [column('id'), column('used'), column('title'), column('folder')];
  output.text(chats.length === 0 ? 'There are no chats.\n' : `${formatTable(columns, rows, 'aligned')}\n`);
  return true;
}

async function exportTo(ids: string[], values: Values, store: ChatStore, output: Output): Promise<boolean> {
  for (const id of ids) {
    if (!store.chats.find(id)) throw usageError(`There is no chat ${JSON.stringify(id)}; see kangaroo chats list.`);
  }
  const chatIds = ids.length === 0 ? null : ids;
  const pieces = exportChats(store, { chatIds, format: values.format, rounds: values.rounds }, Date.now());
  if (values.output === undefined) {
    for (const piece of pieces) output.raw(piece);
    return true;
  }
  const { output: path } = values;
  try {
    writeFileSync(path, '', { flag: 'wx' });
    for (const piece of pieces) writeFileSync(path, piece, { flag: 'a' });
  } catch (error) {
    if (error instanceof KangarooError) throw error;
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    const reason = exists ? 'it is there already: choose another name' : String(error);
    throw new KangarooError('invalid-argument', `${path} was not written: ${reason}.`);
  }
  output.note(`Exported to ${path}.`);
  return true;
}

async function importFrom([path = '']: string[], _values: Values, store: ChatStore, output: Output): Promise<boolean> {
  let contents: string;
  try {
    contents = readFileSync(path, 'utf8');
  } catch (error) {
    throw new KangarooError('file-not-readable', `${path} cannot be read. Check the path.`, String(error));
  }
  const { imported, failed }: ImportReport = await importChats(store, contents);
  for (const chat of imported) output.object({ type: 'imported', ...chat });
  for (const chat of failed) output.object({ type: 'failed', ...chat });
  output.text(`Imported ${imported.length} ${imported.length === 1 ? 'chat' : 'chats'}.\n`);
  for (const { place, title, reason } of failed)
    output.note(`Left out number ${place + 1}, ${JSON.stringify(title)}: ${reason}.`);
  return failed.length === 0;
}
