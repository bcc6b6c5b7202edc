// The theme's colours for charts, as `#rrggbb`: what is exported must not need the page's style sheet.
import { useSyncExternalStore } from 'react';
import { inks, type Palette } from './scene.ts';

let current: Palette | null = null;

function read(): Palette {
  const style = getComputedStyle(document.documentElement);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const asHex = (color: string): string => {
    if (!context) return '#808080';
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
    return `#${[red, green, blue].map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
  };
  return Object.fromEntries(inks.map((ink) => [ink, asHex(style.getPropertyValue(`--${ink}`).trim())])) as Palette;
}

function subscribe(changed: () => void): () => void {
  const observer = new MutationObserver(() => {
    current = null;
    changed();
  });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-dark'] });
  return () => observer.disconnect();
}

export function usePalette(): Palette {
  return useSyncExternalStore(subscribe, () => (current ??= read()));
}
