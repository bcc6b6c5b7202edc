// Drags files of these names over the window and drops them, as a file manager does.
import type { Page } from '@playwright/test';

/** The files are the page's own, so their bytes are not those on the disk: the app reads none of a model that was dropped. */
export async function dropFiles(page: Page, ...names: string[]): Promise<void> {
  const dataTransfer = await page.evaluateHandle((files) => {
    const transfer = new DataTransfer();
    for (const name of files) transfer.items.add(new File(['GGUF'], name));
    return transfer;
  }, names);
  for (const type of ['dragover', 'drop']) await page.dispatchEvent('body', type, { dataTransfer });
}
