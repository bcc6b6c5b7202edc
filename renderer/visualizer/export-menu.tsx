// Saving what the panel shows: the rounds as JSON, the charts as PNG or SVG.
import { Download } from 'lucide-react';
import type { Costs } from '../../electron/contract/engine.ts';
import { Popover } from '../ui/popover.tsx';
import { drawScene } from './charts/canvas.ts';
import { usePalette } from './charts/palette.ts';
import { writeSvg } from './charts/svg.ts';
import type { Trace } from './figures/trace.ts';
import { roundsAsJson } from './rounds-json.ts';
import { fileName, saveFile } from '../ui/save-file.ts';
import { sheetOf } from './sheet.ts';
import { visualizerText } from './strings.ts';
import { baselineText, summaryWords, type SummaryFigures } from './summary.tsx';

const text = visualizerText.export;
/** Pixels of the PNG per pixel of the sheet: sharp in print. */
const pngScale = 2;

interface ExportProps {
  trace: Trace;
  costs: Costs | null;
  figures: SummaryFigures;
}

export function ExportMenu({ trace, costs, figures }: ExportProps) {
  const palette = usePalette();
  const names = [...new Set(trace.answers.flatMap(({ modelName }) => (modelName === null ? [] : [modelName])))].join(', ');
  const words = summaryWords(figures);

  function sheet() {
    const baseline = baselineText(trace);
    return sheetOf(trace, costs, [text.sheetTitle, text.sheetMade(names), ...words, ...(baseline ? [baseline] : [])]);
  }

  function savePng(): void {
    const canvas = document.createElement('canvas');
    drawScene(canvas, sheet(), palette, pngScale, 'paper');
    canvas.toBlob((blob) => blob && saveFile(fileName('rounds', 'png'), blob), 'image/png');
  }

  const items = [
    {
      name: text.json,
      id: 'json',
      save: () => saveFile(fileName('rounds', 'json'), roundsAsJson(trace, costs), 'application/json'),
    },
    { name: text.png, id: 'png', save: savePng },
    {
      name: text.svg,
      id: 'svg',
      save: () =>
        saveFile(fileName('rounds', 'svg'), writeSvg(sheet(), palette, text.sheetTitle, words.join('. ')), 'image/svg+xml'),
    },
  ];
  return (
    <Popover label={text.label} testId="export" align="end" buttonClass="button-icon" button={<ExportLabel />}>
      {(close) => (
        <ul>
          {items.map(({ name, id, save }) => (
            <li key={id}>
              <button
                type="button"
                className="w-full rounded-lg px-3 py-2 text-start text-[14px] hover:bg-sunken"
                data-testid={`export-${id}`}
                onClick={() => {
                  close();
                  save();
                }}
              >
                {name}
              </button>
            </li>
          ))}
        </ul>
      )}
    </Popover>
  );
}

function ExportLabel() {
  return (
    <>
      <Download size={17} aria-hidden />
      <span className="sr-only">{text.label}</span>
    </>
  );
}
