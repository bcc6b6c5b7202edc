// The system's dialog for a model, an adapter or a folder.
import type * as Electron from 'electron';
import type { LibraryApi } from '../contract/library.ts';

type What = Parameters<LibraryApi['choose']>[0];

const titles: Record<What, string> = {
  model: 'Open a model',
  adapter: 'Choose an adapter',
  folder: 'Add a folder of models',
};

/** Resolves with null where nothing was chosen. */
export function choosePath(dialog: Pick<typeof Electron.dialog, 'showOpenDialog'>): (what: What) => Promise<string | null> {
  return async (what) => {
    const isFolder = what === 'folder';
    const { canceled, filePaths } = await dialog.showOpenDialog({
      title: titles[what],
      properties: [isFolder ? 'openDirectory' : 'openFile'],
      ...(isFolder
        ? {}
        : {
            filters: [
              { name: 'GGUF', extensions: ['gguf'] },
              { name: 'All files', extensions: ['*'] },
            ],
          }),
    });
    return canceled ? null : (filePaths[0] ?? null);
  };
}
