// The benchmark's result for people: a heading that says what was measured where, tables, and a plain verdict.
import type { AdapterInfo, Costs, ModelInfo } from '../contract/engine.ts';
import type { CategorySummary, Summary } from './bench-summary.ts';
import type { Spread } from './statistics.ts';
import { formatTable, type Column } from './table.ts';

export interface Machine {
  cpu: string;
  cores: number;
  threads: number;
  devices: string[];
}

export interface Settings {
  threshold: number;
  maxDraft: number;
  maxTokens: number;
  repeat: number;
  contextSize: number;
}

export interface BenchmarkResult {
  date: string;
  machine: Machine;
  model: Pick<ModelInfo, 'name' | 'fileType' | 'parameters' | 'layers'>;
  adapter: Pick<AdapterInfo, 'name' | 'exitLayer'>;
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
    positions(result.overall, style),
    costs(result.costs, style),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** Says plainly which way it went, for which tasks it went the other way, and what is not in the figures. */
export function verdict({ overall, categories }: Pick<BenchmarkResult, 'overall' | 'categories'>): string {
  const { prompts, identical, skipped, shortened } = overall;
  const lines = [
    speedVerdict(overall.speedup, categories),
    identical < prompts
      ? `${prompts - identical} of ${prompts} answers differ from plain decoding's: see \`kangaroo verify\`.`
      : '',
    skipped > 0 ? `${skipped} prompts skipped: longer than the context.` : '',
    shortened > 0 ? `${shortened} conversations measured only in part: a later turn is longer than the context.` : '',
  ];
  return lines.filter((line) => line !== '').join('\n');
}

function speedVerdict(speedup: Spread | null, categories: readonly CategorySummary[]): string {
  if (speedup === null) return 'The answers are too short to compare speeds.';
  const slower = speedup.median < 1;
  const word = slower ? 'slower' : 'faster';
  const figure = `${times(speedup.median)} (half of the answers: ${times(speedup.low)} to ${times(speedup.high)})`;
  const close = speedup.low < 1 && speedup.high > 1 ? ', and the spread includes no difference' : '';
  const others = categories.filter((category) => category.speedup !== null && category.speedup.median < 1 !== slower);
  const exceptions = others.map((category) => `${category.category} ${times(category.speedup?.median ?? 1)}`).join(', ');
  const but = exceptions === '' ? '' : ` ${slower ? 'Faster' : 'Slower'} for: ${exceptions}.`;
  return `Drafting is ${word} than plain decoding here: ${figure}${close}.${but}`;
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
    ['Adapter', `${adapter.name}, exit after layer ${adapter.exitLayer}`],
    [
      'Settings',
      `greedy, threshold ${settings.threshold}, at most ${count(settings.maxDraft, 'draft')}, at most ${count(settings.maxTokens, 'token')}, ` +
        `${count(settings.repeat, 'repeat')}, context ${settings.contextSize}`,
    ],
  ] as const;
  return facts.map(([name, fact]) => (style === 'markdown' ? `- ${name}: ${fact}` : `${name.padEnd(9)} ${fact}`)).join('\n');
}

const taskColumns: Column[] = [
  { title: 'Task', align: 'left' },
  { title: 'Prompts', align: 'right' },
  { title: 'Plain tokens/s', align: 'right' },
  { title: 'Kangaroo tokens/s', align: 'right' },
  { title: 'Speedup (quartiles)', align: 'right' },
  { title: 'Tokens/round', align: 'right' },
  { title: 'Accepted', align: 'right' },
  { title: 'Identical', align: 'right' },
];

function tasks({ categories, overall }: BenchmarkResult, style: Style): string {
  const rows = [...categories, { category: 'overall', ...overall }].map((summary) => [
    summary.category,
    String(summary.prompts),
    decimals(summary.plainTokensPerSecond, 1),
    decimals(summary.kangarooTokensPerSecond, 1),
    summary.speedup === null
      ? '–'
      : `${times(summary.speedup.median)} (${decimals(summary.speedup.low, 2)}–${decimals(summary.speedup.high, 2)})`,
    decimals(summary.tokensPerRound, 2),
    percent(summary.acceptanceRate),
    `${summary.identical}/${summary.prompts}`,
  ]);
  return formatTable(taskColumns, rows, style);
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
