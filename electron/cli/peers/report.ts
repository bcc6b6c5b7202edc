// The comparison for people: what was measured where, a table for each prompt set, and what the peers were set to.
import { formatTable, type Column } from '../table.ts';
import type { Spread } from '../../core/statistics.ts';
import { familyLabels, type Peer } from './roster.ts';
import type { PeerSummary, SetSummary } from './summary.ts';

export interface PeersResult {
  date: string;
  machine: { cpu: string; cores: number; loadAverage: number };
  model: { name: string; fileType: string; parameters: number };
  settings: { threads: number; contextSize: number; maxTokens: number; repeat: number };
  sets: SetSummary[];
  /** Peers that were asked for and cannot run here. */
  leftOut: { peer: Peer; reason: string }[];
}

export type Style = 'aligned' | 'markdown';

export function formatPeers(result: PeersResult, style: Style): string {
  const sections = [heading(result, style), ...result.sets.map((set) => setSection(set, style)), notes(result, style)];
  return sections.filter((section) => section !== '').join('\n\n');
}

function heading({ date, machine, model, settings }: PeersResult, style: Style): string {
  const { threads, contextSize, maxTokens, repeat } = settings;
  const facts = [
    ['Date', date],
    ['Machine', `${machine.cpu}, ${count(machine.cores, 'core')}, load average ${machine.loadAverage.toFixed(2)} at the start`],
    ['Model', `${model.name}, ${model.fileType}, ${(model.parameters / 1e6).toFixed(1)}M parameters`],
    [
      'Settings',
      `greedy, ${count(threads, 'thread')}, context ${contextSize}, at most ${count(maxTokens, 'token')}, ${count(repeat, 'repeat')}`,
    ],
  ] as const;
  return facts.map(([name, fact]) => (style === 'markdown' ? `- ${name}: ${fact}` : `${name.padEnd(9)} ${fact}`)).join('\n');
}

interface PeerColumn extends Column {
  cell: (summary: PeerSummary) => string;
}

const right = (title: string, cell: PeerColumn['cell']): PeerColumn => ({ title, align: 'right', cell });
const columns: readonly PeerColumn[] = [
  { title: 'Peer', align: 'left', cell: ({ family, label }) => `${familyLabels[family]}: ${label}` },
  right('Tokens/s', ({ tokensPerSecond }) => decimals(tokensPerSecond?.median ?? null, 1)),
  right('Over our plain (quartiles)', ({ overPlain }) => quartiles(overPlain)),
  right('Over its own plain', ({ overOwnPlain }) => quartiles(overOwnPlain)),
  right('Tokens/round', ({ tokensPerRound }) => decimals(tokensPerRound, 2)),
  right('Accepted', ({ acceptanceRate }) => (acceptanceRate === null ? '–' : `${(acceptanceRate * 100).toFixed(0)}%`)),
  right('Prompt, ms', ({ promptMs }) => decimals(promptMs?.median ?? null, 1)),
  right('Identical', ({ identical, tasks }) => `${identical}/${tasks}`),
];

function setSection({ set, tasks, skipped, peers }: SetSummary, style: Style): string {
  const title = style === 'markdown' ? `### \`${set}\`` : set;
  const left = skipped === 0 ? '' : ` ${count(skipped, 'conversation')} longer than the context left out or cut short.`;
  const rows = peers.map((peer) => columns.map(({ cell }) => cell(peer)));
  return `${title}\n${count(tasks, 'prompt')}.${left}\n\n${formatTable(columns, rows, style)}`;
}

function notes({ sets, leftOut }: PeersResult, style: Style): string {
  const bullet = style === 'markdown' ? '- ' : '  ';
  const peers = sets[0]?.peers ?? [];
  const set = peers.flatMap(({ family, label, parameters }) =>
    parameters === '' ? [] : [`${bullet}${familyLabels[family]}: ${label}: ${parameters}`],
  );
  const missing = leftOut.map(({ peer, reason }) => `${bullet}${familyLabels[peer.family]}: ${peer.label}: left out, ${reason}`);
  return set.length + missing.length === 0 ? '' : ['Settings of the drafters:', '', ...set, ...missing].join('\n');
}

function quartiles(spread: Spread | null): string {
  return spread === null ? '–' : `${spread.median.toFixed(2)}× (${spread.low.toFixed(2)}–${spread.high.toFixed(2)})`;
}

function decimals(value: number | null, digits: number): string {
  return value === null ? '–' : value.toFixed(digits);
}

function count(amount: number, thing: string): string {
  return `${amount} ${thing}${amount === 1 ? '' : 's'}`;
}
