// The rounds as a file for other programs: what the engine reported, nothing left out and nothing added. Pure.
import type { Costs } from '../../electron/contract/engine.ts';
import type { Trace } from './figures/trace.ts';

/** Round by round, a line each. Milliseconds; see docs/visualizer.md for every figure. */
export function roundsAsJson({ answers }: Trace, costs: Costs | null): string {
  const written = answers.map(({ messageId, number, modelName, stats, baseline, first, rounds }) => {
    const head = JSON.stringify({ messageId, number, modelName, baseline, stats });
    const lines = [...(first ? [first] : []), ...rounds].map((round) => JSON.stringify(round));
    return `${head.slice(0, -1)},"rounds":[\n${lines.join(',\n')}\n]}`;
  });
  return `{"format":"kangaroo-rounds","version":1,"costs":${JSON.stringify(costs)},"answers":[\n${written.join(',\n')}\n]}\n`;
}
