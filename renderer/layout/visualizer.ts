// What stands in the right-hand panel: loaded when it is first opened.
import { lazy } from 'react';

export const Visualizer = lazy(async () => {
  const { VisualizerPanel } = await import('../visualizer/visualizer-panel.tsx');
  return { default: VisualizerPanel };
});
