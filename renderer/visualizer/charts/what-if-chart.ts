// Predicted speed over plain decoding for a grid of η and γ, as a scene.
import { bestCell, draftLengths, thresholds, type GridCell, type WhatIfSettings } from '../figures/what-if.ts';
import { visualizerText } from '../strings.ts';
import { label } from './frame.ts';
import type { Mark, Scene } from './scene.ts';

const text = visualizerText.whatIf;
const left = 40;
const top = 20;
const rowHeight = 24;

/** The cell at a place in the picture. */
export function cellAt(x: number, y: number, width: number): WhatIfSettings | null {
  const column = Math.floor(((x - left) / (width - left)) * draftLengths.length);
  const row = Math.floor((y - top) / rowHeight);
  const [maxDraft, threshold] = [draftLengths[column], thresholds[row]];
  return maxDraft === undefined || threshold === undefined ? null : { threshold, maxDraft };
}

/** Cells say their value; the chosen one has a frame, the best one is bold with a dot. */
export function whatIfScene(grid: readonly GridCell[], chosen: WhatIfSettings, width: number): Scene {
  const cell = (width - left) / draftLengths.length;
  const best = bestCell(grid);
  const worth = ({ speedup, tokensPerRound }: GridCell) => speedup ?? tokensPerRound;
  const most = Math.max(...grid.map((each) => Math.abs(worth(each) - 1)), 0.01);
  const marks: Mark[] = [label(text.thresholdAxis, 0, 12, 'start')];
  let frame: Mark | null = null;
  for (const each of grid) {
    const [column, row] = [draftLengths.indexOf(each.maxDraft), thresholds.indexOf(each.threshold)];
    const [x, y] = [left + column * cell, top + row * rowHeight];
    const slower = worth(each) < 1;
    marks.push({ kind: 'rect', x, y, width: cell - 2, height: rowHeight - 2, fill: 'sunken' });
    const [points, opacity] = [corners(x, y, cell - 2, rowHeight - 2), (0.75 * Math.abs(worth(each) - 1)) / most];
    marks.push({ kind: 'area', points, fill: slower ? 'slow-soft' : 'accent-soft', opacity: Math.min(1, 0.25 + opacity) });
    const isBest = each === best;
    const said = `${isBest ? '● ' : ''}${text.cell(worth(each))}`;
    marks.push({
      ...label(said, x + cell / 2 - 1, y + 15, 'middle', slower ? 'slow' : 'ink'),
      ...(isBest && { bold: true }),
    } as Mark);
    if (each.maxDraft === chosen.maxDraft && each.threshold === chosen.threshold) {
      frame = { kind: 'line', points: [...points, points[0] ?? 0, points[1] ?? 0], stroke: 'ink', width: 2 };
    }
  }
  if (frame) marks.push(frame);
  for (const [row, threshold] of thresholds.entries()) {
    marks.push(label(text.threshold(threshold), left - 8, top + row * rowHeight + 15, 'end', 'ink'));
  }
  const bottom = top + thresholds.length * rowHeight;
  for (const [column, maxDraft] of draftLengths.entries()) {
    marks.push(label(String(maxDraft), left + (column + 0.5) * cell - 1, bottom + 13, 'middle', 'ink'));
  }
  marks.push(label(text.maxDraftAxis, width, bottom + 28, 'end'));
  return { width, height: bottom + 34, marks };
}

function corners(x: number, y: number, width: number, height: number): number[] {
  return [x, y, x + width, y, x + width, y + height, x, y + height];
}
