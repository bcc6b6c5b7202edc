// `kangaroo serve`: the browser shell, as `npm start` opens it where there is no window.
import type { GivenModel } from '../core/models/given.ts';
import { flag, integer, type OptionValues, type ParsedArguments } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { checkFiles, modelPaths } from './model.ts';
import { commonOptions, modelOptions } from './options.ts';

const options = {
  model: modelOptions.model,
  adapter: modelOptions.adapter,
  port: integer({ help: 'Port on 127.0.0.1; 0: any that is free', fallback: 0, minimum: 0, maximum: 65_535 }),
  noOpen: flag('Only print the link, do not open a browser'),
  ...commonOptions,
};

export const serveCommand: Command<typeof options> = {
  name: 'serve',
  summary: 'Open the chat in the browser',
  usage: '[options]',
  description:
    'Prints a link that only works on this machine, and opens it in the default browser. Ctrl-C ends it.\n\n' +
    'With --json: {"type":"listening","url"} once.',
  options,
  run,
};

async function run({ values }: ParsedArguments<typeof options>, context: CommandContext): Promise<boolean> {
  const { root, output, signal } = context;
  const model = await givenModel(values, root);
  // Only here: the other commands need neither the store nor a server.
  const { runBrowserShell } = await import('../web/shell.ts');
  const print = (line: string) => {
    const url = /https?:\/\/\S+/.exec(line)?.[0];
    if (url !== undefined) output.object({ type: 'listening', url });
    output.text(`${line}\n`);
  };
  await runBrowserShell({ root, port: values.port, open: !values.noOpen, signal, print, ...model });
  return true;
}

/** Checked here, so that a wrong path is told on the command line and not in the page. */
async function givenModel(values: OptionValues<typeof options>, root: string): Promise<{ model?: GivenModel }> {
  if (values.model === undefined && values.adapter === undefined) return {};
  const paths = await modelPaths(values, root);
  await checkFiles(paths, root);
  return { model: { path: paths.model, adapterPath: paths.adapter } };
}
