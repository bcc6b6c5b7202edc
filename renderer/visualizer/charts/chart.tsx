// A chart on the page: its title and what it counts, the picture, and the same numbers as a table.
import { ChartNoAxesColumn, Table2 } from 'lucide-react';
import { useId, useLayoutEffect, useMemo, useRef, useState, type ReactNode, type RefObject } from 'react';
import { visualizerText } from '../strings.ts';
import { drawScene } from './canvas.ts';
import { usePalette } from './palette.ts';
import type { Scene } from './scene.ts';

export interface DataTable {
  columns: readonly string[];
  rows: (string | number)[][];
}

interface ChartProps {
  title: string;
  caption: ReactNode;
  /** What the picture says, in words. */
  summary: string;
  /** The same function while nothing changes. */
  scene(width: number): Scene;
  table(): DataTable;
  testId: string;
  legend?: ReactNode;
  /** Beside the title. */
  controls?: ReactNode;
  /** Over the picture, or under it. */
  children?: ReactNode;
  /** Replaces the plain picture: for one that can be worked with. */
  renderPicture?: (draw: DrawnProps) => ReactNode;
}

export interface DrawnProps {
  scene(width: number): Scene;
  summary: string;
}

export function Chart({ title, caption, summary, scene, table, testId, legend, controls, children, renderPicture }: ChartProps) {
  const [asTable, setAsTable] = useState(false);
  const id = useId();
  return (
    <section aria-labelledby={id} data-testid={testId} className="space-y-2">
      <div className="flex items-start justify-between gap-2">
        <h3 id={id} className="pt-0.5 text-[14.5px] font-semibold">
          {title}
        </h3>
        <div className="flex shrink-0 items-center gap-1">
          {controls}
          <button
            type="button"
            className="button-ghost"
            aria-pressed={asTable}
            data-testid={`${testId}-table`}
            onClick={() => setAsTable(!asTable)}
          >
            {asTable ? <ChartNoAxesColumn size={14} aria-hidden /> : <Table2 size={14} aria-hidden />}
            <span>
              {asTable ? visualizerText.table.hide : visualizerText.table.show}
              <span className="sr-only">: {title}</span>
            </span>
          </button>
        </div>
      </div>
      <p className="max-w-[64ch] text-[13px] leading-snug text-pretty text-ink-soft">{caption}</p>
      {asTable ? (
        <ChartTable table={table()} title={title} />
      ) : (
        <>
          {legend}
          {renderPicture ? renderPicture({ scene, summary }) : <Picture scene={scene} summary={summary} />}
        </>
      )}
      {children}
    </section>
  );
}

/** The picture, as wide as there is room. */
function Picture({ scene, summary }: DrawnProps) {
  const { frame, canvas, height } = useDrawing(scene);
  return (
    <div ref={frame} className="w-full">
      <canvas ref={canvas} role="img" aria-label={summary} className="block w-full" style={{ height }} />
    </div>
  );
}

interface Drawing {
  frame: RefObject<HTMLDivElement | null>;
  canvas: RefObject<HTMLCanvasElement | null>;
  width: number;
  height: number;
}

/** Keeps a canvas drawn: at the width of its frame, in the theme's colours, as sharp as the screen. */
export function useDrawing(scene: (width: number) => Scene): Drawing {
  const palette = usePalette();
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const measure = () => setWidth(Math.floor(element.clientWidth));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const drawn = useMemo(() => (width > 0 ? scene(width) : null), [scene, width]);
  useLayoutEffect(() => {
    if (drawn && canvas.current) drawScene(canvas.current, drawn, palette, window.devicePixelRatio || 1);
  }, [drawn, palette]);
  return { frame, canvas, width, height: drawn?.height ?? 0 };
}

const mostRows = 200;

function ChartTable({ table: { columns, rows }, title }: { table: DataTable; title: string }) {
  return (
    <div className="table-scroll max-h-80 overflow-y-auto text-[13px] tabular-nums" tabIndex={0} role="region" aria-label={title}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, mostRows).map((row, index) => (
            <tr key={index}>
              {row.map((cell, place) => (
                <td key={place}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
        {rows.length > mostRows && (
          <caption className="caption-bottom p-2">{visualizerText.table.shortened(mostRows, rows.length)}</caption>
        )}
      </table>
    </div>
  );
}

/** What marks mean: swatches with their pattern, and words. */
export function Legend({ items }: { items: readonly { look: string; text: string }[] }) {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-[12.5px] text-ink-soft">
      {items.map(({ look, text }) => (
        <li key={text} className="inline-flex items-center gap-1.5">
          <span aria-hidden className={`key ${look}`} />
          {text}
        </li>
      ))}
    </ul>
  );
}
