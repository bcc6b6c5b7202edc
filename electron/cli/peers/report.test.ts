import { describe, expect, test } from 'vitest';
import { drawPeers } from './chart.ts';
import { replaceSection } from './document.ts';
import { formatPeers, type PeersResult } from './report.ts';
import { roster, type Peer } from './roster.ts';
import type { PeerSummary } from './summary.ts';

const [plain, kangaroo] = roster as [Peer, Peer];

function summary({ name, family, label }: Peer, median: number | null, other: Partial<PeerSummary> = {}): PeerSummary {
  const ratio = median === null ? null : { median, low: median - 0.125, high: median + 0.25 };
  const speeds = { tokensPerSecond: { median: 1234.5, low: 1, high: 2 }, overPlain: ratio, overOwnPlain: ratio };
  const counts = { tokensPerRound: 1.5, acceptanceRate: 0.5, promptMs: { median: 3, low: 2, high: 4 }, identical: 3, tasks: 4 };
  return { name, family, label, parameters: '', ...speeds, ...counts, ...other };
}

const result: PeersResult = {
  date: '2026-01-02T03:04:05.000Z',
  machine: { cpu: 'A processor', cores: 2, loadAverage: 0.25 },
  model: { name: 'A <small> model', fileType: 'Q8_0', parameters: 7_300_000 },
  settings: { threads: 1, contextSize: 1024, maxTokens: 128, repeat: 3 },
  sets: [
    {
      set: 'simple',
      tasks: 4,
      skipped: 1,
      peers: [summary(plain, 1, { overOwnPlain: null }), summary(kangaroo, 1.25, { parameters: 'threshold 0.6' })],
    },
  ],
  leftOut: [{ peer: roster.at(-1) as Peer, reason: 'the model has experts' }],
};

test('the report: what was measured, a table for each set, settings, and who is missing why', () => {
  expect(formatPeers(result, 'markdown')).toBe(
    `- Date: 2026-01-02T03:04:05.000Z
- Machine: A processor, 2 cores, load average 0.25 at the start
- Model: A <small> model, Q8_0, 7.3M parameters
- Settings: greedy, 1 thread, context 1024, at most 128 tokens, 3 repeats

### \`simple\`
4 prompts. 1 conversation longer than the context left out or cut short.

| Peer                    | Tokens/s | Over our plain (quartiles) | Over its own plain | Tokens/round | Accepted | Prompt, ms | Identical |
| ----------------------- | -------: | -------------------------: | -----------------: | -----------: | -------: | ---------: | --------: |
| Kangaroo Chat: plain    |   1234.5 |          1.00× (0.88–1.25) |                  – |         1.50 |      50% |        3.0 |       3/4 |
| Kangaroo Chat: Kangaroo |   1234.5 |          1.25× (1.13–1.50) |  1.25× (1.13–1.50) |         1.50 |      50% |        3.0 |       3/4 |

Settings of the drafters:

- Kangaroo Chat: Kangaroo: threshold 0.6
- llama.cpp: draft-simple: left out, the model has experts`,
  );
  expect(formatPeers(result, 'aligned')).toContain('Model     A <small> model, Q8_0');
});

describe('the picture', () => {
  const picture = drawPeers(result.sets, 'A <small> model, threads: 1');

  test('a bar for each peer, to the scale of the line at 1×', () => {
    const widths = [...picture.matchAll(/<rect class="kangaroo-chat"[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));
    expect(widths).toHaveLength(2);
    expect((widths[1] ?? 0) / (widths[0] ?? 1)).toBeCloseTo(1.25, 2);
    const one = /<line class="one" x1="([\d.]+)"/.exec(picture)?.[1];
    const left = /<rect class="kangaroo-chat" x="([\d.]+)"/.exec(picture)?.[1];
    expect(Number(one) - Number(left)).toBeCloseTo(widths[0] ?? 0, 1);
    expect(picture).toContain('>1.25×</text>');
  });

  test('it stands alone, in light and dark, and says in words what it shows', () => {
    expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ \d+"/);
    expect(picture).toContain('prefers-color-scheme: dark');
    expect(picture).not.toMatch(/href|url\(|@import/);
    expect(picture).toContain('<title id="title">simple: Kangaroo Chat plain 1.00, Kangaroo Chat Kangaroo 1.25</title>');
    expect(picture).toContain('A &lt;small&gt; model');
    const opened = picture.match(/<(svg|title|style|rect|text|line|path)\b/g)?.length;
    const closed = picture.match(/\/>|<\/(svg|title|style|text)>/g)?.length;
    expect(closed).toBe(opened);
  });

  test('a peer without a ratio is named as not measured', () => {
    const sets = [{ set: 'simple', tasks: 1, skipped: 0, peers: [summary(plain, 1), summary(kangaroo, null)] }];
    expect(drawPeers(sets, '')).toContain('not measured');
    expect(drawPeers([], '')).toContain('</svg>');
  });
});

describe('the document', () => {
  const begin = '<!-- bench:peers, written by the command -->';
  const end = '<!-- end of bench:peers -->';

  test('what is between the marks is replaced, all else stays', () => {
    const document = `# Title\n${begin}\nold\n${end}\nmore\n`;
    const written = replaceSection(document, 'new\n');
    expect(written).toBe(`# Title\n${begin}\nnew\n${end}\nmore\n`);
    expect(replaceSection(written, 'new')).toBe(written);
  });

  test.each(['', begin, end, `${end}${begin}`, `${begin}${begin}${end}`])('marks that are missing or doubled: %j', (document) => {
    expect(() => replaceSection(document, 'new')).toThrow('once each');
  });
});
