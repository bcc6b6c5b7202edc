// What stands in the right-hand panel: loaded when it is first opened.
import type { ComponentType } from 'react';

/** Null: there is none yet, and nothing offers it. */
export const visualizer: ComponentType | null = null;
