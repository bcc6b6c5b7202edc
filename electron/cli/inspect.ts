// `kangaroo inspect`: what a model or adapter file is, and whether a model and an adapter fit each other.
import { loadAddon, type NativeInspection } from '../core/engine/addon.ts';
import { flag, type ParsedArguments } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { checkFit, modelNumber, type Fit } from './fit.ts';
import { commonOptions } from './options.ts';

const options = {
  metadata: flag("Show all of the file's metadata"),
  ...commonOptions,
};

export const inspectCommand: Command<typeof options> = {
  name: 'inspect',
  summary: 'Tell what a model or adapter file is',
  usage: 'FILE [FILE2] [options]',
  description:
    'Given a model and an adapter, in either order, also whether they fit each other: the fingerprint of the base, the embedding ' +
    'length and the exit layer. Exit code 1 when they do not fit, or a file is damaged or no GGUF.\n\n' +
    'With --json: {"type":"model"|"adapter"|"other",…} for each file, then {"type":"fit","fits","reason"} for two.',
  options,
  positionals: { name: 'FILE', minimum: 1, maximum: 2 },
  run,
};

async function run({ values, positionals }: ParsedArguments<typeof options>, context: CommandContext): Promise<boolean> {
  const addon = loadAddon(context.root);
  const inspections: NativeInspection[] = [];
  for (const path of positionals) {
    const inspection = await addon.inspect(path);
    inspections.push(inspection);
    const { kind, ...facts } = inspection;
    context.output.object({ type: kind, path, ...facts });
    context.output.text(`${describeFile(path, inspection, values.metadata)}\n\n`);
  }
  const [first, second] = inspections;
  if (first === undefined || second === undefined) return true;
  const fit = fitOf(first, second);
  context.output.object({ type: 'fit', ...fit });
  context.output.text(`${fit.fits ? 'They fit' : 'They do not fit'}. ${fit.reason}\n`);
  return fit.fits;
}

function fitOf(first: NativeInspection, second: NativeInspection): Fit {
  if (first.kind === second.kind) {
    return { fits: false, reason: `Both files are of kind "${first.kind}"; give a model and an adapter.` };
  }
  return first.kind === 'adapter' ? checkFit(second, first) : checkFit(first, second);
}

/** Name and value, one per line, for people. */
function describeFile(path: string, inspection: NativeInspection, withMetadata: boolean): string {
  const facts: [string, string][] = [
    ['File', path],
    ['Kind', kinds[inspection.kind]],
    ['Name', inspection.name || '–'],
  ];
  facts.push([
    'Size',
    `${(inspection.sizeBytes / 1e6).toFixed(1)} MB, ${inspection.fileType}, ${(inspection.parameters / 1e6).toFixed(2)}M parameters`,
  ]);
  if (inspection.kind === 'model') {
    const count = (key: string) => modelNumber(inspection, key) ?? '?';
    facts.push(
      [
        'Architecture',
        `${inspection.architecture}, ${count('block_count')} layers, ${count('embedding_length')} wide, context ${count('context_length')}`,
      ],
      ['Fingerprint', inspection.fingerprint || '–'],
    );
  }
  if (inspection.adapter !== null) {
    const { adapter } = inspection;
    facts.push(
      ['Base', `${adapter.baseName}, fingerprint ${adapter.baseFingerprint}`],
      [
        'Exit',
        `after layer ${adapter.exitLayer}, ${adapter.embeddingLength} wide, ${adapter.heads} heads, ${adapter.headsKv} K/V heads`,
      ],
      ['Draft words', adapter.draftVocabularySize === 0 ? 'the full vocabulary' : `${adapter.draftVocabularySize} tokens`],
    );
  }
  if (inspection.license !== '') facts.push(['Licence', inspection.license]);
  if (withMetadata) facts.push(...Object.entries(inspection.metadata));
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

const kinds: Record<NativeInspection['kind'], string> = {
  model: 'model',
  adapter: 'Kangaroo adapter',
  other: 'GGUF, but neither a model that can chat nor a Kangaroo adapter',
};
