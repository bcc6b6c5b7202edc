// `kangaroo models`: what the page's model view does, from the command line, on the same data folder.
import { checkArguments, requireAction } from '../actions.ts';
import type { ParsedArguments } from '../arguments.ts';
import type { Command, CommandContext } from '../command.ts';
import { options } from './options.ts';

const names = ['search', 'info', 'download', 'list', 'import', 'remove', 'restore'] as const;

export const modelsCommand: Command<typeof options> = {
  name: 'models',
  summary: 'Find, download and keep models',
  usage: 'ACTION [ARGUMENTS] [options]',
  description:
    'search TEXT          models on the Hugging Face Hub; "" lists what is popular\n' +
    'info OWNER/NAME      its files; with FILE or TYPE also whether that would fit\n' +
    'info MODEL           a model of the library, by id or name\n' +
    'download OWNER/NAME  into the library; FILE or TYPE (Q4_K_M) behind it chooses which\n' +
    'list                 the library: your folders, and those of other apps that were added\n' +
    'import PATH          a GGUF where it lies, or a folder; those of other apps are only read\n' +
    'remove MODEL         to the trash; restore ID takes it back\n\n' +
    'Ctrl-C keeps what has arrived of a download, and the same command goes on with it.\n\n' +
    'A token for gated models is taken from HF_TOKEN, and goes to huggingface.co alone.\n\n' +
    'With --json: {"type":"result"|"repository"|"fit"|"model"|"folder"|"progress"|"downloaded"|"trashed"|"restored",…}.',
  options,
  positionals: { name: 'ACTION', minimum: 1, maximum: 3 },
  run,
};

async function run({ values, positionals }: ParsedArguments<typeof options>, context: CommandContext): Promise<boolean> {
  const [wanted = '', ...given] = positionals;
  const name = requireAction('models', names, wanted);
  // Only here: the other commands need neither the database nor the network.
  const { actions } = await import('./actions.ts');
  const { openSession } = await import('./session.ts');
  const action = actions[name];
  checkArguments(`models ${name}`, given, action.arguments);
  const session = openSession(values, action.needsData, context);
  try {
    return await action.run(given, values, session);
  } finally {
    await session.close();
  }
}
