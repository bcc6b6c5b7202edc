// What is done with files that were dropped on the window: models and folders join the library where they lie.
import { goTo } from '../../route.ts';
import { modelsText } from '../strings.ts';
import { useLibrary } from './library-store.ts';
import { addFolder, openModel, usePathPrompt } from './path-prompt.ts';

export function isModelFile({ name }: File): boolean {
  return /\.gguf$/i.test(name);
}

/** One after the other; the first that is refused says why, and ends it: the message would be gone with the next. */
export async function takeDropped(files: readonly File[]): Promise<void> {
  const [first] = files;
  if (!first) return;
  // Where what became of them shows.
  goTo({ view: 'library', modelId: null });
  const { pathOf } = window.kangaroo ?? {};
  if (!pathOf) {
    const prompt = isModelFile(first) ? openModel : addFolder;
    usePathPrompt.getState().ask({ ...prompt, note: modelsText.library.dropUnknown(first.name) });
    return;
  }
  for (const file of files) {
    const path = pathOf(file);
    const prompt = isModelFile(file) ? openModel : addFolder;
    const taken = await useLibrary.getState().act((library) => prompt.take(library, path));
    if (taken === null) return;
  }
}
