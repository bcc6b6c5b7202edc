// The comparison as a picture: a bar for each peer, its median ratio to our plain decoding, with whiskers at the quartiles.
// A column for each prompt set. One file for light and dark pages: it paints its own background, and needs no fonts.
import { familyLabels, type Family } from './roster.ts';
import type { PeerSummary, SetSummary } from './summary.ts';

const page = { labelWidth: 172, columnWidth: 330, edge: 20 };
const rows = { top: 92, height: 22, barHeight: 12, familyGap: 26 };
const column = { barWidth: 244, valueWidth: 50 };
const gridSteps = [0.1, 0.25, 0.5, 1, 2, 5, 10];
const mostGridLines = 5;

const style = `
    text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: var(--text) }
    .page { fill: var(--page); stroke: var(--edge) }
    .title { font-size: 14px; font-weight: 600 }
    .family { font-weight: 600 }
    .quiet { fill: var(--quiet) }
    .value { font-variant-numeric: tabular-nums }
    .grid { stroke: var(--grid) }
    .one { stroke: var(--text); stroke-dasharray: 3 3 }
    .whisker { stroke: var(--text); stroke-width: 1.25; fill: none }
    .kangaroo-chat { fill: var(--kangaroo) } .node-llama-cpp { fill: var(--node) } .llama-cpp { fill: var(--llama) }
    svg { --page: #ffffff; --edge: #d8dee4; --text: #1f2328; --quiet: #59636e; --grid: #e6e9ec;
      --kangaroo: #1a7f5a; --node: #6f8fc0; --llama: #c39a56 }
    @media (prefers-color-scheme: dark) {
      svg { --page: #11151b; --edge: #30363d; --text: #e6edf3; --quiet: #9aa4af; --grid: #262c34;
        --kangaroo: #3fb68b; --node: #6484b8; --llama: #a98142 }
    }`;

/** A complete SVG document; `conditions` says in a line what was measured. */
export function drawPeers(sets: readonly SetSummary[], conditions: string): string {
  const peers = sets[0]?.peers ?? [];
  const places = rowPlaces(peers);
  const height = (places.at(-1)?.y ?? rows.top) + rows.height + 44;
  const width = page.labelWidth + sets.length * page.columnWidth + 2 * page.edge;
  const scale = scaleFor(sets);
  const parts = [
    `<rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    label(page.edge, 30, 'Decoding speed over our own plain decoding', 'title'),
    label(page.edge, 49, conditions, 'quiet'),
    ...labels(places),
    ...sets.flatMap((set, index) => drawSet(set, places, page.edge + page.labelWidth + index * page.columnWidth, scale)),
    label(page.edge, height - 16, 'Bars: medians over prompts and repeats. Whiskers: quartiles.', 'quiet'),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">`,
    `  <title id="title">${escape(describe(sets))}</title>`,
    `  <style>${style}\n  </style>`,
    ...parts.map((part) => `  ${part}`),
    '</svg>\n',
  ].join('\n');
}

interface Place {
  peer: PeerSummary;
  /** Middle of the row. */
  y: number;
  /** Where the family's name stands, at its first peer. */
  familyY: number | null;
}

function rowPlaces(peers: readonly PeerSummary[]): Place[] {
  let y = rows.top - rows.height;
  let family: Family | null = null;
  return peers.map((peer) => {
    const begins = peer.family !== family;
    family = peer.family;
    y += rows.height + (begins ? rows.familyGap : 0);
    return { peer, y, familyY: begins ? y - rows.height : null };
  });
}

function labels(places: readonly Place[]): string[] {
  return places.flatMap(({ peer, y, familyY }) => [
    ...(familyY === null ? [] : [label(page.edge, familyY + 4, familyLabels[peer.family], 'family')]),
    label(page.edge + 10, y + 4, peer.label),
  ]);
}

/** Pixels for a ratio; it ends a little behind the largest quartile. */
interface Scale {
  most: number;
  step: number;
}

function scaleFor(sets: readonly SetSummary[]): Scale {
  const ends = sets.flatMap(({ peers }) => peers.map(({ overPlain }) => overPlain?.high ?? 0));
  const most = Math.max(1.1, ...ends) * 1.02;
  return { most, step: gridSteps.find((step) => most / step <= mostGridLines) ?? most };
}

function drawSet({ set, tasks, peers }: SetSummary, places: readonly Place[], left: number, { most, step }: Scale): string[] {
  const x = (value: number) => left + (value / most) * column.barWidth;
  const [top, bottom] = [rows.top - 8, (places.at(-1)?.y ?? rows.top) + rows.height / 2];
  const lines = Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
  return [
    label(left, 76, `${set}, ${tasks} prompts`, 'family'),
    ...lines.map((value) => line(x(value), top, x(value), bottom, 'grid')),
    ...lines.map((value) => label(x(value), bottom + 15, `${Number(value.toFixed(2))}×`, 'quiet', 'middle')),
    ...places.flatMap(({ peer, y }) =>
      drawBar(
        peers.find(({ name }) => name === peer.name),
        y,
        left,
        x,
      ),
    ),
    line(x(1), top, x(1), bottom, 'one'),
  ];
}

function drawBar(peer: PeerSummary | undefined, y: number, left: number, x: (value: number) => number): string[] {
  const ratio = peer?.overPlain ?? null;
  if (peer === undefined || ratio === null) return [label(left + 4, y + 4, 'not measured', 'quiet')];
  const [low, high, half] = [round(x(ratio.low)), round(x(ratio.high)), rows.barHeight / 2];
  const plain = peer.overOwnPlain === null ? ' fill-opacity="0.55"' : '';
  return [
    `<rect class="${peer.family.replace('.', '-')}" x="${left}" y="${y - half}" width="${round(x(ratio.median) - left)}" height="${rows.barHeight}" rx="1.5"${plain}/>`,
    ...(high > low
      ? [`<path class="whisker" d="M${low} ${y - 4}V${y + 4}M${low} ${y}H${high}M${high} ${y - 4}V${y + 4}"/>`]
      : []),
    label(left + column.barWidth + column.valueWidth, y + 4, `${ratio.median.toFixed(2)}×`, 'value', 'end'),
  ];
}

function describe(sets: readonly SetSummary[]): string {
  return sets
    .map(({ set, peers }) => {
      const ratios = peers.flatMap(({ family, label, overPlain }) =>
        overPlain === null ? [] : [`${familyLabels[family]} ${label} ${overPlain.median.toFixed(2)}`],
      );
      return `${set}: ${ratios.join(', ')}`;
    })
    .join('; ');
}

function label(x: number, y: number, text: string, className = '', anchor = ''): string {
  const attributes = `${className === '' ? '' : ` class="${className}"`}${anchor === '' ? '' : ` text-anchor="${anchor}"`}`;
  return `<text x="${round(x)}" y="${round(y)}"${attributes}>${escape(text)}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number, className: string): string {
  return `<line class="${className}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
