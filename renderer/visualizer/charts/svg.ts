// Writes scenes as SVG files that need nothing else: no style sheet, no font, no script. Pure.
import type { Ink, Mark, Palette, Pattern, Scene } from './scene.ts';

const fontFamily = 'system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, sans-serif';

/** Elements that need escaping are texts and names only. */
export function escapeXml(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
  // XML has no way to write most control characters.
  // oxlint-disable-next-line no-control-regex
  const allowed = text.toWellFormed().replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
  return allowed.replaceAll(/[&<>"']/g, (found) => names[found] ?? found);
}

/** `title` and `description` are what screen readers say of the picture. */
export function writeSvg(scene: Scene, palette: Palette, title: string, description: string): string {
  const used = new Map<string, { name: Pattern; ink: Ink }>();
  for (const mark of scene.marks) {
    if (mark.kind === 'rect' && mark.pattern) used.set(idOf(mark.pattern.name, mark.pattern.ink), mark.pattern);
  }
  const size = `width="${scene.width}" height="${scene.height}" viewBox="0 0 ${scene.width} ${scene.height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" font-family="${fontFamily}">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(description)}</desc>`,
    `<defs>${[...used.values()].map(({ name, ink }) => patternElement(name, ink, palette)).join('')}</defs>`,
    `<rect width="100%" height="100%" fill="${palette.paper}"/>`,
    ...scene.marks.map((mark) => element(mark, palette)),
    '</svg>\n',
  ].join('\n');
}

const idOf = (name: Pattern, ink: Ink) => `${name}-${ink}`;

function patternElement(name: Pattern, ink: Ink, palette: Palette): string {
  const color = palette[ink];
  const inside: Record<Pattern, string> = {
    dots: `<circle cx="1.5" cy="1.5" r="0.9" fill="${color}"/><circle cx="4.5" cy="4.5" r="0.9" fill="${color}"/>`,
    dashes: `<rect y="2" width="4" height="1.2" fill="${color}"/>`,
    hatch: `<path d="M-7 7L1 -1M-1 7L7 -1M5 7L13 -1" stroke="${color}" stroke-width="1.2"/>`,
  };
  return `<pattern id="${idOf(name, ink)}" width="6" height="6" patternUnits="userSpaceOnUse">${inside[name]}</pattern>`;
}

function element(mark: Mark, palette: Palette): string {
  switch (mark.kind) {
    case 'rect': {
      const { x, y, width, height, fill, pattern } = mark;
      const place = `x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}"`;
      const plain = `<rect ${place} fill="${palette[fill]}"/>`;
      return pattern ? `${plain}<rect ${place} fill="url(#${idOf(pattern.name, pattern.ink)})"/>` : plain;
    }
    case 'line': {
      const dash = mark.dash ? ` stroke-dasharray="${mark.dash.join(' ')}"` : '';
      const look = `fill="none" stroke="${palette[mark.stroke]}" stroke-width="${mark.width}" stroke-linejoin="round"${dash}`;
      return `<path d="${path(mark.points)}" ${look}/>`;
    }
    case 'area':
      return `<path d="${path(mark.points)}Z" fill="${palette[mark.fill]}" fill-opacity="${mark.opacity}"/>`;
    case 'circle': {
      const look = `fill="${palette[mark.fill]}" stroke="${palette[mark.stroke]}" stroke-width="1.5"`;
      return `<circle cx="${n(mark.x)}" cy="${n(mark.y)}" r="${n(mark.radius)}" ${look}/>`;
    }
    case 'text': {
      const look = `font-size="${mark.size}" fill="${palette[mark.ink]}" text-anchor="${mark.anchor ?? 'start'}"`;
      const weight = mark.bold ? ' font-weight="600"' : '';
      return `<text x="${n(mark.x)}" y="${n(mark.y)}" ${look}${weight}>${escapeXml(mark.text)}</text>`;
    }
  }
}

/** Hundredths of a pixel are finer than anyone sees. */
function n(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function path(points: readonly number[]): string {
  let written = '';
  let drawing = false;
  for (let at = 0; at < points.length; at += 2) {
    const [x = Number.NaN, y = Number.NaN] = [points[at], points[at + 1]];
    if (Number.isNaN(x) || Number.isNaN(y)) {
      drawing = false;
      continue;
    }
    written += `${drawing ? 'L' : 'M'}${n(x)} ${n(y)}`;
    drawing = true;
  }
  return written;
}
