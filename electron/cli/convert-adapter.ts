// `kangaroo convert-adapter`: a published Kangaroo checkpoint as an adapter that this app loads.
import { convertAdapter } from '../core/adapters/convert/convert.ts';
import { integer, text, usageError, type ParsedArguments } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { commonOptions } from './options.ts';

const options = {
  checkpoint: text({ valueName: 'FOLDER', help: 'config.json with model.safetensors or pytorch_model.bin' }),
  base: text({ valueName: 'FILE', help: 'The model that it was trained for, GGUF, in any quantisation' }),
  out: text({ valueName: 'FILE', help: 'The adapter to write, GGUF; a file of that name is replaced' }),
  exitLayer: integer({
    help: 'Layers before the adapter; a checkpoint does not say',
    fallback: undefined,
    minimum: 1,
    maximum: 1024,
    defaultText: 'as in the paper: 3 with a base of 40 layers, else 2',
  }),
  ...commonOptions,
};

export const convertAdapterCommand: Command<typeof options> = {
  name: 'convert-adapter',
  summary: 'Make an adapter of a published checkpoint',
  usage: '--checkpoint FOLDER --base FILE --out FILE [options]',
  description:
    "Reads the checkpoints of the paper's authors (https://github.com/Equationliu/Kangaroo) and others in their layout: one Llama " +
    'attention block and a norm, config.json beside them. Nothing in a checkpoint is executed; one that holds anything but tensors ' +
    'is refused.\n\n' +
    'The base is only read: its size must be that of the checkpoint, and its fingerprint goes into the adapter, so that no other ' +
    'model takes it.\n\n' +
    'With --json: {"type":"adapter","path","name","exitLayer",…}.',
  options,
  run,
};

async function run({ values }: ParsedArguments<typeof options>, { output }: CommandContext): Promise<boolean> {
  const { checkpoint, base, out, exitLayer } = values;
  if (checkpoint === undefined || base === undefined || out === undefined) {
    throw usageError('convert-adapter needs --checkpoint, --base and --out; see kangaroo convert-adapter --help.');
  }
  const adapter = await convertAdapter({ checkpoint, base, out, exitLayer: exitLayer ?? null });
  output.object({ type: 'adapter', path: out, ...adapter });
  if (adapter.ignored.length > 0) output.note(`Not needed and left out: ${adapter.ignored.join(', ')}`);
  output.text(
    `${out}: an adapter for ${adapter.baseName}, after layer ${adapter.exitLayer}, ` +
      `${(adapter.parameters / 1e6).toFixed(2)}M parameters. Use it with --adapter.\n`,
  );
  return true;
}
