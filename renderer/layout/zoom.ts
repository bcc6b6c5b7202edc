// How large everything is. The desktop's window zooms by itself, by its menu's keys or from here, and remembers it; in a
// browser only the browser can, with the same keys.
import { useSyncExternalStore } from 'react';

/** One step of Electron's own menu: half a level, and a level is a factor of 1.2. */
const stepFactor = Math.sqrt(1.2);
/** In steps from the usual size: 58% and 249%. */
const [fewestSteps, mostSteps] = [-6, 10];

/** False in a browser: a page cannot zoom it. */
export function canZoom(): boolean {
  return globalThis.window?.kangaroo !== undefined;
}

/** 1: the usual size. */
export function zoomFactor(): number {
  return window.kangaroo?.zoomFactor() ?? 1;
}

/** By a step, from the nearest one; 0: the usual size. Nothing happens in a browser, and beyond the last step. */
export function zoom(direction: -1 | 0 | 1): void {
  const steps = Math.round(Math.log(zoomFactor()) / Math.log(stepFactor)) + direction;
  const next = direction === 0 ? 0 : Math.min(mostSteps, Math.max(fewestSteps, steps));
  window.kangaroo?.setZoomFactor(stepFactor ** next);
}

/** As it is now, whoever changed it: a window that zooms has another size in CSS pixels. */
export function useZoomFactor(): number {
  return useSyncExternalStore((changed) => {
    window.addEventListener('resize', changed);
    return () => window.removeEventListener('resize', changed);
  }, zoomFactor);
}
