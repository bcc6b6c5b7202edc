// Asking the user for a file or a folder: in the system's dialog where the shell has one, else as a path to type.
import { create } from 'zustand';
import { toErrorShape, type ErrorShape } from '../../../electron/contract/errors.ts';
import type { LibraryApi } from '../../../electron/contract/library.ts';
import { requireClient } from '../../connection-store.ts';
import { useLibrary } from './library-store.ts';

export type PathKind = 'model' | 'folder' | 'adapter';

export interface Prompt {
  what: PathKind;
  /** Why a path has to be typed, where that is not plain. */
  note?: string;
  /** What is done with the path; its rejection is told in the dialog, which stays. */
  take: (library: LibraryApi, path: string) => Promise<unknown>;
}

interface PathPrompt {
  prompt: Prompt | null;
  ask(prompt: Prompt): void;
  close(): void;
}

export const usePathPrompt = create<PathPrompt>()((set) => ({
  prompt: null,
  ask: (prompt) => set({ prompt }),
  close: () => set({ prompt: null }),
}));

/** `tell` shows what went wrong on the page that asked. */
export async function choosePath(prompt: Prompt, tell = tellLibrary): Promise<void> {
  let path: string | null;
  try {
    path = await requireClient().library.choose(prompt.what);
  } catch (error) {
    const shape = toErrorShape(error);
    if (shape.code === 'no-dialog') usePathPrompt.getState().ask(prompt);
    else tell(shape);
    return;
  }
  if (path === null) return;
  tell(null);
  try {
    await prompt.take(requireClient().library, path);
  } catch (error) {
    tell(toErrorShape(error));
  }
}

function tellLibrary(problem: ErrorShape | null): void {
  useLibrary.setState({ problem });
}

export const openModel: Prompt = { what: 'model', take: (library, path) => library.open(path) };
export const addFolder: Prompt = { what: 'folder', take: (library, path) => library.addFolder(path) };
