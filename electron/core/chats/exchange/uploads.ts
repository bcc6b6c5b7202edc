// Files that pages send in pieces, until they are complete.
import { randomUUID } from 'node:crypto';
import { KangarooError } from '../../../contract/errors.ts';
import { parseArgument, text } from '../../arguments.ts';
import { parseId } from '../shelf.ts';
import { Reader } from './reader.ts';

const piece = text(0, 1_000_000);
/** UTF-16 units: below the longest string there can be, and more than years of chats are. */
const longestText = 256 << 20;
/** A page that was reloaded leaves one behind: the oldest makes place. */
const mostUploads = 2;

interface Upload {
  reader: Reader;
  length: number;
}

export class Uploads {
  readonly #uploads = new Map<string, Upload>();

  begin(): string {
    const [oldest] = this.#uploads.keys();
    if (oldest !== undefined && this.#uploads.size >= mostUploads) this.cancel(oldest);
    const id = randomUUID();
    this.#uploads.set(id, { reader: new Reader(), length: 0 });
    return id;
  }

  append(importId: string, unchecked: string): void {
    const upload = this.#require(importId);
    const checked = parseArgument(piece, unchecked, 'piece');
    if (upload.length + checked.length > longestText) {
      this.cancel(importId);
      throw new KangarooError('invalid-argument', 'The file is longer than 256 MiB: nothing was imported. Import it in parts.');
    }
    upload.reader.append(checked);
    upload.length += checked.length;
  }

  /** Who reads the whole text; the upload is over, and the reader the caller's to stop. */
  take(importId: string): Reader {
    const { reader } = this.#require(importId);
    this.#uploads.delete(importId);
    return reader;
  }

  cancel(importId: string): void {
    const id = parseId(importId, 'importId');
    this.#uploads.get(id)?.reader.stop();
    this.#uploads.delete(id);
  }

  close(): void {
    for (const id of this.#uploads.keys()) this.cancel(id);
  }

  #require(importId: string): Upload {
    const upload = this.#uploads.get(parseId(importId, 'importId'));
    if (!upload) throw new KangarooError('invalid-argument', 'This import was ended. Choose the file once more.');
    return upload;
  }
}
