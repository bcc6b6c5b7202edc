// Sends a file of chats to the core, piece by piece, and resolves with what became of it.
import type { ChatsApi } from '../../../electron/contract/chats.ts';
import type { ImportReport } from '../../../electron/contract/exchange.ts';

/** Bytes read at a time: as text they are at most as many characters, fewer than the core takes at once. */
const pieceBytes = 512 * 1024;

/** `onProgress`: the share of the file that the core has; 1 while it stores the chats. Rejects as `finishImport` does. */
export async function sendImport(chats: ChatsApi, file: File, onProgress: (share: number) => void): Promise<ImportReport> {
  const importId = await chats.beginImport();
  try {
    const decoder = new TextDecoder();
    for (let start = 0; start < file.size; start += pieceBytes) {
      const bytes = await file.slice(start, start + pieceBytes).arrayBuffer();
      await chats.appendImport(importId, decoder.decode(bytes, { stream: true }));
      onProgress(Math.min(1, (start + pieceBytes) / file.size));
    }
    const end = decoder.decode();
    if (end !== '') await chats.appendImport(importId, end);
    onProgress(1);
    return await chats.finishImport(importId);
  } catch (error) {
    // Whatever it was, the core need not keep the beginning of the file.
    await chats.cancelImport(importId).catch(() => {});
    throw error;
  }
}
