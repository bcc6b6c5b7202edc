// `kangaroo adapters`: what the page's adapters view does with finished adapters, from the command line, on the same data folder.
import { checkArguments, requireAction } from '../actions.ts';
import { flag, type OptionValues, type ParsedArguments } from '../arguments.ts';
import type { Command, CommandContext } from '../command.ts';
import { commonOptions, dataDirOptions } from '../options.ts';

const options = {
  ...dataDirOptions,
  purge: flag('remove: delete at once, without the trash'),
  ...commonOptions,
};

export type AdaptersValues = OptionValues<typeof options>;

const names = ['list', 'import', 'export', 'use', 'remove', 'restore'] as const;

export const adaptersCommand: Command<typeof options> = {
  name: 'adapters',
  summary: 'List, import, export and delete adapters',
  usage: 'ACTION [ARGUMENTS] [options]',
  description:
    'list                   all adapters, with what uses them and how fast they were measured\n' +
    'import FILE            a copy into the app, for the models of the library that it was made for\n' +
    'import FILE MODEL      the same for one model, by id or name; refused where it was made for another\n' +
    'export ADAPTER FILE    a copy to a new file, by name or path\n' +
    'use MODEL ADAPTER      drafts with it from now on; "none" drafts without\n' +
    'remove ADAPTER         to the trash; restore ID takes it back\n\n' +
    'The app must not run on the same data folder. A new adapter is trained with kangaroo train.\n\n' +
    'With --json: {"type":"adapter"|"trashed"|"imported"|"exported"|"used"|"restored",…}.',
  options,
  positionals: { name: 'ACTION', minimum: 1, maximum: 3 },
  run,
};

async function run({ values, positionals }: ParsedArguments<typeof options>, context: CommandContext): Promise<boolean> {
  const [wanted = '', ...given] = positionals;
  const name = requireAction('adapters', names, wanted);
  // Only here: the other commands do not need the database.
  const { actions } = await import('./actions.ts');
  const { openSession } = await import('../models/session.ts');
  const action = actions[name];
  checkArguments(`adapters ${name}`, given, action.arguments);
  const session = openSession({ dataDir: values.dataDir, endpoint: undefined }, true, context);
  try {
    return await action.run(given, values, session);
  } finally {
    await session.close();
  }
}
