// The browser shell's entry: `node electron/web/main.ts [--port N] [--no-open]`. It listens on this machine only; there is no --host.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KangarooError, toErrorShape } from '../contract/errors.ts';
import { runBrowserShell, untilInterrupted } from './shell.ts';

const help = `Usage: node electron/web/main.ts [--port N] [--no-open]

Opens Kangaroo Chat in the browser. Prints a link that works on this machine only.

  --port N    the port on 127.0.0.1; without it any free one
  --no-open   only print the link, do not open a browser`;

async function main(args: string[]): Promise<void> {
  const { port, open, askedForHelp } = parse(args);
  if (askedForHelp) return console.log(help);
  const root = fileURLToPath(new URL('../..', import.meta.url));
  await runBrowserShell({ root, port, open, signal: untilInterrupted(), print: (line) => console.log(line) });
}

function parse(args: string[]): { port: number; open: boolean; askedForHelp: boolean } {
  try {
    const { values } = parseArgs({
      args,
      options: { port: { type: 'string', default: '0' }, 'no-open': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    const port = Number(values.port);
    if (!/^\d{1,5}$/.test(values.port) || port > 65_535)
      throw new Error(`--port takes a number from 0 to 65535, not "${values.port}".`);
    return { port, open: !values['no-open'], askedForHelp: values.help === true };
  } catch (error) {
    throw new KangarooError('invalid-argument', `${error instanceof Error ? error.message : String(error)}\n\n${help}`);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(toErrorShape(error).message);
  process.exitCode = 1;
}
