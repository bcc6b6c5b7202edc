// All charts under one another, as one scene: what is exported as PNG and SVG. Pure.
import type { Costs } from '../../electron/contract/engine.ts';
import { calibrationScene, positionScene, tokensScene } from './charts/acceptance-charts.ts';
import { moved, type Ink, type Mark, type Scene } from './charts/scene.ts';
import { costScene, movingTokensScene, speedScene, timeScene } from './charts/speed-charts.ts';
import { timelineScene } from './charts/timeline.ts';
import { acceptanceByPosition, calibrationBins, calibrationError, judgedDrafts, tokensPerRound } from './figures/acceptance.ts';
import { columnsOf } from './figures/buckets.ts';
import { byRows, timesOf } from './figures/cost.ts';
import { movingSpeed, movingTokens } from './figures/speed.ts';
import type { Trace } from './figures/trace.ts';
import { visualizerText } from './strings.ts';

const { acceptance, speed, timeline } = visualizerText;

const width = 720;
const margin = 32;
const inner = width - 2 * margin;
/** Characters of the caption's size that fit on a line, roughly. */
const lineLength = 112;

interface Entry {
  title: string;
  caption: string;
  scene: Scene;
}

/** `heading`: first the title, then a line each. */
export function sheetOf(trace: Trace, costs: Costs | null, heading: readonly string[]): Scene {
  const marks: Mark[] = [];
  let y = margin;
  const write = (text: string, size: number, ink: Ink, bold = false) => {
    y += size;
    marks.push({ kind: 'text', x: margin, y, text, size, ink, bold });
    y += size * 0.5;
  };
  for (const [at, line] of heading.entries()) write(line, at === 0 ? 20 : 13, at < 2 && at > 0 ? 'ink-soft' : 'ink', at === 0);
  for (const { title, caption, scene } of entries(trace, costs)) {
    y += 26;
    write(title, 15, 'ink', true);
    for (const line of wrapped(caption, lineLength)) write(line, 12, 'ink-soft');
    y += 6;
    marks.push(...moved(scene, margin, y));
    y += scene.height;
  }
  return { width, height: Math.ceil(y + margin), marks };
}

function entries(trace: Trace, costs: Costs | null): Entry[] {
  const { rounds } = trace;
  const columns = columnsOf(trace);
  const all = { from: 0, to: rounds.length };
  const legend = Object.values(timeline.legend).join(', ');
  const found: Entry[] = [
    { title: timeline.title, caption: `${timeline.stacked} (${legend})`, scene: timelineScene(columns, all, inner, null) },
    { title: speed.title, caption: speed.caption, scene: speedScene(movingSpeed(trace), inner) },
  ];
  for (const source of ['adapter', 'lookup'] as const) {
    const positions = acceptanceByPosition(rounds, source);
    if (positions.length === 0) continue;
    const bins = calibrationBins(judgedDrafts(rounds, source));
    const of = `(${acceptance.sources[source]})`;
    found.push(
      {
        title: `${acceptance.positionTitle} ${of}`,
        caption: acceptance.positionCaption,
        scene: positionScene(positions, source, inner),
      },
      {
        title: `${acceptance.calibrationTitle} ${of}`,
        caption: acceptance.calibrationCaption(calibrationError(bins)),
        scene: calibrationScene(bins, source, inner),
      },
    );
  }
  const gained = tokensPerRound(rounds, true);
  if (gained.length > 0) {
    found.push({ title: acceptance.tokensTitle, caption: acceptance.tokensCaption, scene: tokensScene(gained, inner) });
  }
  const times = timesOf(trace.answers);
  found.push(
    { title: acceptance.movingTitle, caption: acceptance.movingCaption, scene: movingTokensScene(movingTokens(trace), inner) },
    { title: speed.timeTitle, caption: speed.timeCaption(times.hostMs), scene: timeScene(times, inner) },
  );
  if (costs)
    found.push({
      title: speed.costTitle,
      caption: speed.costCaption(costs.depth),
      scene: costScene(costs, byRows(rounds), inner),
    });
  return found;
}

/** Lines of whole words, none longer than `most` unless a word is. */
function wrapped(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
