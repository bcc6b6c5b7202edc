// Models, repositories and memory as people read them in a terminal.
import type { ArchitectureSupport, Fit } from '../../contract/fit.ts';
import type { HubRepository, HubResult } from '../../contract/hub.ts';
import type { LibraryState, ModelDetails } from '../../contract/library.ts';
import type { MemoryPartName } from '../../contract/memory.ts';
import { formatTable, type Column } from '../table.ts';

export const left = (title: string): Column => ({ title, align: 'left' });
export const right = (title: string): Column => ({ title, align: 'right' });

export function sizeText(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function parameters(count: number): string {
  return count >= 1e9 ? `${(count / 1e9).toFixed(1)}B` : `${(count / 1e6).toFixed(0)}M`;
}

function supportText(support: ArchitectureSupport): string {
  switch (support.support) {
    case 'drafts':
      return 'drafts';
    case 'plain-only':
      return `answers plainly: ${support.reason}`;
    case 'untested':
      return 'not tested yet';
    case 'not-supported':
      return `cannot be loaded: ${support.reason}`;
  }
}

export function resultsTable(results: readonly HubResult[]): string {
  const columns = [left('repository'), right('downloads'), right('likes'), left('licence'), left('architecture')];
  const rows = results.map((result) => [
    result.repository,
    result.downloads.toLocaleString('en'),
    result.likes.toLocaleString('en'),
    `${result.licence ?? '–'}${result.gated ? ', gated' : ''}`,
    result.architecture ?? '–',
  ]);
  return formatTable(columns, rows, 'aligned');
}

export function repositoryText(page: HubRepository): string {
  const facts: [string, string][] = [
    ['Repository', page.url],
    ['Licence', `${page.licence ?? 'not named'}${page.gated ? ', gated' : ''}`],
    ['Access', page.access.granted ? 'open' : page.access.error.message],
  ];
  if (page.architecture)
    facts.push(['Architecture', `${page.architecture}${page.support ? `: ${supportText(page.support)}` : ''}`]);
  if (page.parameters) facts.push(['Parameters', parameters(page.parameters)]);
  const columns = [left('file'), left('type'), right('size'), left('quality'), left('')];
  const rows = page.variants.map(({ file, files, quantisation, sizeBytes, quality, modelId }) => [
    files.length > 1 ? `${file} (${files.length} files)` : file,
    quantisation,
    sizeText(sizeBytes),
    quality ?? '–',
    modelId === null ? '' : 'in the library',
  ]);
  return `${factsText(facts)}\n\n${formatTable(columns, rows, 'aligned')}`;
}

const partNames: Record<MemoryPartName, string> = {
  weights: 'weights',
  kv: 'K/V cache',
  adapter: 'adapter',
  'draft-kv': "adapter's K/V",
  compute: 'compute',
};

export function fitText(fit: Fit): string {
  const [low, high] = fit.speed.tokensPerSecond;
  const range = `${low < 10 ? low.toFixed(1) : low.toFixed(0)}–${high < 10 ? high.toFixed(1) : high.toFixed(0)} tokens/s`;
  const rows = fit.parts.map(({ name, ramBytes, gpuBytes }) => [partNames[name], sizeText(ramBytes + gpuBytes)]);
  return [
    `${fit.verdict}: ${fit.explanation}`,
    `${fit.speed.class}: about ${range}${fit.speed.measured ? '' : ', as such machines usually reach'}`,
    formatTable([left('memory'), right('size')], [...rows, ['together', sizeText(fit.totalBytes)]], 'aligned'),
  ].join('\n');
}

export function modelText(details: ModelDetails): string {
  const { model, origin, sha256, adapter, measuredSpeedup } = details;
  const facts: [string, string][] = [
    ['Name', model.name],
    ['Id', model.id],
    ['Path', details.paths.join('\n')],
    ['Size', `${sizeText(model.sizeBytes)}${model.files > 1 ? ` in ${model.files} files` : ''}`],
    ['Status', model.problem ? `${model.status}: ${model.problem.message}` : model.status],
  ];
  if (model.facts) {
    const { architecture, layers, embeddingLength, quantisation, trainedContext, support, hasChatTemplate, licence } =
      model.facts;
    facts.push(
      ['Architecture', `${architecture}, ${layers} layers, ${embeddingLength} wide: ${supportText(support)}`],
      ['Parameters', `${parameters(model.facts.parameters)}, ${quantisation}`],
      ['Context', `${trainedContext.toLocaleString('en')} tokens`],
      ['Template', hasChatTemplate ? 'its own' : 'none'],
    );
    if (licence) facts.push(['Licence', licence]);
  }
  if (origin)
    facts.push(['From', `${origin.repository}/${origin.file}${origin.revision ? ` at ${origin.revision.slice(0, 12)}` : ''}`]);
  if (sha256) facts.push(['SHA-256', sha256]);
  facts.push(['Adapter', adapter ? `${adapter.path}, leaves after layer ${adapter.exitLayer}` : 'none']);
  if (measuredSpeedup) facts.push(['Speedup', `${measuredSpeedup.speedup.toFixed(2)}× over ${measuredSpeedup.answers} answers`]);
  return factsText(facts);
}

export function modelsTable(state: LibraryState): string {
  const columns = [left('name'), left('status'), right('size'), left('type'), right('parameters'), left('from'), left('id')];
  const rows = state.models.map(({ name, status, sizeBytes, facts, source, id }) => [
    name,
    status,
    sizeText(sizeBytes),
    facts?.quantisation ?? '–',
    facts ? parameters(facts.parameters) : '–',
    source,
    id,
  ]);
  const places = state.folders.map(({ path, status, models, sizeBytes, readOnly, isDefault }) => {
    const notes = [readOnly ? 'read-only' : '', isDefault ? 'downloads go there' : '', status === 'away' ? 'away' : ''];
    return `${path}: ${modelCount(models)}, ${sizeText(sizeBytes)}${notes
      .filter(Boolean)
      .map((note) => `, ${note}`)
      .join('')}`;
  });
  const suggestions = state.suggestions.map(
    ({ path, models }) => `${modelCount(models)} of another app: kangaroo models import ${path}`,
  );
  const trash = state.trash.map(({ id, name }) => `in the trash: ${name} (kangaroo models restore ${id})`);
  return [
    formatTable(columns, rows, 'aligned'),
    '',
    ...places,
    ...suggestions,
    ...trash,
    `${sizeText(state.sizeBytes)} together`,
  ].join('\n');
}

export function modelCount(count: number): string {
  return count === 1 ? '1 model' : `${count} models`;
}

/** Name and value, one per line; further lines of a value stand below each other. */
function factsText(facts: readonly [string, string][]): string {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts
    .map(([name, value]) => `${name.padEnd(width)}  ${value.replaceAll('\n', `\n${' '.repeat(width + 2)}`)}`)
    .join('\n');
}
