// What stands in the right-hand panel: loaded when it is first opened.
import { lazy } from 'react';

export const visualizer = lazy(async () => ({ default: (await import('../visualizer/visualizer-panel.tsx')).VisualizerPanel }));
