// The benchmark's result for people: a heading that says what was measured where, tables, and a plain verdict.
import type { AdapterInfo, Costs, DraftingMode, ModelInfo } from '../contract/engine.ts';
import { formatGrid } from './bench-grid.ts';
import type { Copies, HostOverhead } from './bench-speed.ts';
import type { CategorySummary, Summary } from './bench-summary.ts';
import type { Spread } from '../core/statistics.ts';
import { formatTable, type Column } from './table.ts';

export interface Machine {
  cpu: string;
  cores: number;
  threads: number;
  devices: string[];
}

export interface Settings {
  modes: DraftingMode[];
  threshold: number;
  maxDraft: number;
  maxTokens: number;
  repeat: number;
  contextSize: number;
  promptLookup: boolean;
}

export interface BenchmarkResult {
  date: string;
  machine: Machine;
  model: Pick<ModelInfo, 'name' | 'fileType' | 'parameters' | 'layers'>;
  adapter: Pick<AdapterInfo, 'name' | 'exitLayer'> | null;
  settings: Settings;
  categories: CategorySummary[];
  overall: Summary;
  costs: Costs;
}

export type Style = 'aligned' | 'markdown';

export function formatReport(result: BenchmarkResult, style: Style): string {
  const sections = [
    heading(result, style),
    tasks(result, style),
    verdict(result),
    formatGrid(withOverall(result), style),
    positions(result.overall, style),
    costs(result.costs, style),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** Says plainly which way it went, for which tasks it went the other way, and what is not in the figures. */
export function verdict({ overall, categories }: Pick<BenchmarkResult, 'overall' | 'categories'>): string {
  const { prompts, identical, skipped, shortened } = overall;
  const lines = [
    ...speedVerdicts(overall, categories),
    identical < prompts
      ? `${prompts - identical} of ${prompts} answers differ from plain decoding's: see \`kangaroo verify\`.`
      : '',
    skipped > 0 ? `${skipped} prompts skipped: longer than the context.` : '',
    shortened > 0 ? `${shortened} conversations measured only in part: a later turn is longer than the context.` : '',
  ];
  return lines.filter((line) => line !== '').join('\n');
}

function speedVerdicts(overall: Summary, categories: readonly CategorySummary[]): string[] {
  const { speedup, autoSpeedup, autoPausedShare } = overall;
  if (speedup === null && autoSpeedup === null) return ['There is nothing to compare: no other mode, or answers too short.'];
  return [
    speedup === null ? '' : speedVerdict(speedup, categories),
    autoSpeedup === null ? '' : autoVerdict(autoSpeedup, autoPausedShare ?? 0, categories),
  ];
}

/** Automatic drafting that is this close to plain decoding is where it wants to be on text that does not pay. */
const asFast = 0.03;

function autoVerdict(speedup: Spread, pausedShare: number, categories: readonly CategorySummary[]): string {
  const word = Math.abs(speedup.median - 1) <= asFast ? 'about as fast as' : speedup.median < 1 ? 'slower than' : 'faster than';
  const slowest = categories
    .flatMap(({ category, autoSpeedup }) => (autoSpeedup === null ? [] : [{ category, median: autoSpeedup.median }]))
    .toSorted((first, second) => first.median - second.median)[0];
  const worst =
    slowest === undefined || categories.length < 2 ? '' : ` Slowest for ${slowest.category}: ${times(slowest.median)}.`;
  return (
    `Automatic drafting is ${word} plain decoding here: ${spreadText(speedup)}; ` +
    `it paused in ${percent(pausedShare)} of its rounds.${worst}`
  );
}

function spreadText(speedup: Spread): string {
  return `${times(speedup.median)} (half of the answers: ${times(speedup.low)} to ${times(speedup.high)})`;
}

function speedVerdict(speedup: Spread, categories: readonly CategorySummary[]): string {
  const slower = speedup.median < 1;
  const word = slower ? 'slower' : 'faster';
  const close = speedup.low < 1 && speedup.high > 1 ? ', and the spread includes no difference' : '';
  const others = categories.filter((category) => category.speedup !== null && category.speedup.median < 1 !== slower);
  const exceptions = others.map((category) => `${category.category} ${times(category.speedup?.median ?? 1)}`).join(', ');
  const but = exceptions === '' ? '' : ` ${slower ? 'Faster' : 'Slower'} for: ${exceptions}.`;
  return `Drafting is ${word} than plain decoding here: ${spreadText(speedup)}${close}.${but}`;
}

function heading(result: BenchmarkResult, style: Style): string {
  const { machine, model, adapter, settings } = result;
  const facts = [
    ['Date', result.date],
    [
      'Machine',
      `${machine.cpu}, ${count(machine.cores, 'core')}, ${count(machine.threads, 'thread')}; ${machine.devices.join(', ')}`,
    ],
    ['Model', `${model.name}, ${model.fileType}, ${(model.parameters / 1e6).toFixed(1)}M parameters, ${model.layers} layers`],
    ['Adapter', adapter === null ? 'none: drafts are copies only' : `${adapter.name}, exit after layer ${adapter.exitLayer}`],
    [
      'Settings',
      `greedy, ${settings.promptLookup ? '' : 'no prompt lookup, '}threshold ${settings.threshold}, at most ${count(settings.maxDraft, 'draft')}, at most ${count(settings.maxTokens, 'token')}, ` +
        `${count(settings.repeat, 'repeat')}, context ${settings.contextSize}`,
    ],
  ] as const;
  return facts.map(([name, fact]) => (style === 'markdown' ? `- ${name}: ${fact}` : `${name.padEnd(9)} ${fact}`)).join('\n');
}

interface TaskColumn extends Column {
  cell: (summary: CategorySummary) => string;
}

const right = (title: string, cell: TaskColumn['cell']): TaskColumn => ({ title, align: 'right', cell });
const taskColumns: Record<'always' | 'kangaroo' | 'auto' | 'last', TaskColumn[]> = {
  always: [
    { title: 'Task', align: 'left', cell: ({ category }) => category },
    right('Prompts', ({ prompts }) => String(prompts)),
    right('Plain tokens/s', ({ plainTokensPerSecond }) => decimals(plainTokensPerSecond, 1)),
    right('Plain overhead', ({ hostOverhead }) => overhead(hostOverhead.plain)),
  ],
  kangaroo: [
    right('Kangaroo tokens/s', ({ kangarooTokensPerSecond }) => decimals(kangarooTokensPerSecond, 1)),
    right('Speedup (quartiles)', ({ speedup }) => quartiles(speedup)),
    right('Tokens/round', ({ tokensPerRound }) => decimals(tokensPerRound, 2)),
    right('Accepted', ({ acceptanceRate }) => percent(acceptanceRate)),
    right('Overhead', ({ hostOverhead }) => overhead(hostOverhead.kangaroo)),
  ],
  auto: [
    right('Auto tokens/s', ({ autoTokensPerSecond }) => decimals(autoTokensPerSecond, 1)),
    right('Auto speedup (quartiles)', ({ autoSpeedup }) => quartiles(autoSpeedup)),
    right('Paused', ({ autoPausedShare }) => percent(autoPausedShare)),
    right('Copies accepted', ({ copies }) => copied(copies)),
    right('Auto overhead', ({ hostOverhead }) => overhead(hostOverhead.auto)),
  ],
  last: [right('Identical', ({ identical, prompts }) => `${identical}/${prompts}`)],
};

const withOverall = ({ categories, overall }: BenchmarkResult): CategorySummary[] => [
  ...categories,
  { category: 'overall', ...overall },
];

function tasks(result: BenchmarkResult, style: Style): string {
  const { modes } = result.settings;
  const columns = [
    ...taskColumns.always,
    ...(modes.includes('kangaroo') ? taskColumns.kangaroo : []),
    ...(modes.includes('auto') ? taskColumns.auto : []),
    ...taskColumns.last,
  ];
  const rows = withOverall(result).map((summary) => columns.map(({ cell }) => cell(summary)));
  return formatTable(columns, rows, style);
}

function quartiles(speedup: Spread | null): string {
  if (speedup === null) return '–';
  return `${times(speedup.median)} (${decimals(speedup.low, 2)}–${decimals(speedup.high, 2)})`;
}

function copied(copies: Copies | null): string {
  return copies === null ? '–' : `${copies.accepted}/${copies.drafted}`;
}

/** What the rounds took outside graph computation. */
function overhead(found: HostOverhead | null): string {
  return found === null ? '–' : `${(found.share * 100).toFixed(1)}%`;
}

function positions({ acceptanceByPosition }: Summary, style: Style): string {
  if (acceptanceByPosition.length === 0) return '';
  const columns: Column[] = ['Draft', 'Drafted', 'Accepted', 'Share'].map((title) => ({ title, align: 'right' }));
  const rows = acceptanceByPosition.map(({ position, drafted, accepted }) => [
    String(position),
    String(drafted),
    String(accepted),
    percent(drafted === 0 ? null : accepted / drafted),
  ]);
  return `Acceptance by the draft's place in its round:\n\n${formatTable(columns, rows, style)}`;
}

function costs({ verifyMs, verifyLateMs, draftStepMs, depth }: Costs, style: Style): string {
  const [plainMs] = verifyMs;
  const columns: Column[] = ['Rows', 'All layers, ms', 'Over one row', 'Layers behind the exit, ms'].map((title) => ({
    title,
    align: 'right',
  }));
  const rows = verifyMs.map((ms, index) => [
    String(index + 1),
    decimals(ms, 3),
    decimals(plainMs === undefined ? null : ms / plainMs, 2),
    decimals(verifyLateMs[index] ?? null, 3),
  ]);
  const draft =
    draftStepMs === null || plainMs === undefined
      ? ''
      : `A draft step takes ${decimals(draftStepMs, 3)} ms, ${decimals(draftStepMs / plainMs, 2)} of a plain token's ${decimals(plainMs, 3)} ms. `;
  return `${draft}Verification by rows, ${depth} tokens in the context:\n\n${formatTable(columns, rows, style)}`;
}

function count(amount: number, thing: string): string {
  return `${amount} ${thing}${amount === 1 ? '' : 's'}`;
}

function times(factor: number): string {
  return `${factor.toFixed(2)}×`;
}

function decimals(value: number | null, digits: number): string {
  return value === null ? '–' : value.toFixed(digits);
}

function percent(share: number | null): string {
  return share === null ? '–' : `${(share * 100).toFixed(0)}%`;
}
