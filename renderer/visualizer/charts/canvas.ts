// Draws scenes on a canvas.
import type { Ink, Mark, Palette, Pattern, Scene } from './scene.ts';

const fontFamily = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif";

/** Fills the canvas; `scale`: its pixels per pixel of the scene. */
export function drawScene(canvas: HTMLCanvasElement, scene: Scene, palette: Palette, scale: number, background?: Ink): void {
  const [width, height] = [Math.round(scene.width * scale), Math.round(scene.height * scale)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  context.scale(scale, scale);
  if (background) {
    context.fillStyle = palette[background];
    context.fillRect(0, 0, scene.width, scene.height);
  }
  const tiles = new Map<string, CanvasPattern | null>();
  const tile = (name: Pattern, ink: Ink) => {
    const key = `${name} ${ink}`;
    if (!tiles.has(key)) tiles.set(key, patternTile(context, name, palette[ink], scale));
    return tiles.get(key) ?? null;
  };
  for (const mark of scene.marks) drawMark(context, mark, palette, tile);
}

type Tile = (name: Pattern, ink: Ink) => CanvasPattern | null;

function drawMark(context: CanvasRenderingContext2D, mark: Mark, palette: Palette, tile: Tile): void {
  switch (mark.kind) {
    case 'rect': {
      context.fillStyle = palette[mark.fill];
      context.fillRect(mark.x, mark.y, mark.width, mark.height);
      const pattern = mark.pattern && tile(mark.pattern.name, mark.pattern.ink);
      if (pattern) {
        context.fillStyle = pattern;
        context.fillRect(mark.x, mark.y, mark.width, mark.height);
      }
      return;
    }
    case 'line':
      context.strokeStyle = palette[mark.stroke];
      context.lineWidth = mark.width;
      context.lineJoin = 'round';
      context.setLineDash(mark.dash ?? []);
      tracePath(context, mark.points);
      context.stroke();
      context.setLineDash([]);
      return;
    case 'area':
      context.globalAlpha = mark.opacity;
      context.fillStyle = palette[mark.fill];
      tracePath(context, mark.points);
      context.fill();
      context.globalAlpha = 1;
      return;
    case 'circle':
      context.beginPath();
      context.arc(mark.x, mark.y, mark.radius, 0, 2 * Math.PI);
      context.fillStyle = palette[mark.fill];
      context.fill();
      context.strokeStyle = palette[mark.stroke];
      context.lineWidth = 1.5;
      context.stroke();
      return;
    case 'text':
      context.fillStyle = palette[mark.ink];
      context.font = `${mark.bold ? '600 ' : ''}${mark.size}px ${fontFamily}`;
      context.textAlign = mark.anchor === 'middle' ? 'center' : (mark.anchor ?? 'start');
      context.fillText(mark.text, mark.x, mark.y);
  }
}

function tracePath(context: CanvasRenderingContext2D, points: number[]): void {
  context.beginPath();
  let drawing = false;
  for (let at = 0; at < points.length; at += 2) {
    const [x = Number.NaN, y = Number.NaN] = [points[at], points[at + 1]];
    if (Number.isNaN(x) || Number.isNaN(y)) drawing = false;
    else if (drawing) context.lineTo(x, y);
    else {
      context.moveTo(x, y);
      drawing = true;
    }
  }
}

/** Patterns repeat every 6 pixels of the scene. */
const tileSize = 6;

function patternTile(context: CanvasRenderingContext2D, name: Pattern, color: string, scale: number): CanvasPattern | null {
  const tile = document.createElement('canvas');
  tile.width = tile.height = Math.max(1, Math.round(tileSize * scale));
  const inside = tile.getContext('2d');
  if (!inside) return null;
  inside.scale(tile.width / tileSize, tile.width / tileSize);
  inside.fillStyle = inside.strokeStyle = color;
  if (name === 'dots') {
    inside.beginPath();
    inside.arc(1.5, 1.5, 0.9, 0, 2 * Math.PI);
    inside.arc(4.5, 4.5, 0.9, 0, 2 * Math.PI);
    inside.fill();
  } else if (name === 'dashes') {
    inside.fillRect(0, 2, 4, 1.2);
  } else {
    inside.lineWidth = 1.2;
    inside.beginPath();
    // Beyond the corners, so that neighbouring tiles join.
    for (const offset of [-tileSize, 0, tileSize]) {
      inside.moveTo(offset - 1, tileSize + 1);
      inside.lineTo(offset + tileSize + 1, -1);
    }
    inside.stroke();
  }
  const pattern = context.createPattern(tile, 'repeat');
  pattern?.setTransform(new DOMMatrix().scale(tileSize / tile.width));
  return pattern;
}
