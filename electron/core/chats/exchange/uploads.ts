// Files that pages send in pieces, until they are complete.
import { randomUUID } from 'node:crypto';
import { KangarooError } from '../../../contract/errors.ts';
import { parseArgument, text } from '../../arguments.ts';
import { parseId } from '../shelf.ts';

const piece = text(0, 1_000_000);
/** UTF-16 units: below the longest string there can be, and more than years of chats are. */
const longestText = 256 << 20;
/** A page that was reloaded leaves one behind: the oldest makes place. */
const mostUploads = 2;

interface Upload {
  pieces: string[];
  length: number;
}

export class Uploads {
  readonly #uploads = new Map<string, Upload>();

  begin(): string {
    const [oldest] = this.#uploads.keys();
    if (oldest !== undefined && this.#uploads.size >= mostUploads) this.#uploads.delete(oldest);
    const id = randomUUID();
    this.#uploads.set(id, { pieces: [], length: 0 });
    return id;
  }

  append(importId: string, unchecked: string): void {
    const upload = this.#require(importId);
    const checked = parseArgument(piece, unchecked, 'piece');
    if (upload.length + checked.length > longestText) {
      this.cancel(importId);
      throw new KangarooError('invalid-argument', 'The file is longer than 256 MiB: nothing was imported. Import it in parts.');
    }
    upload.pieces.push(checked);
    upload.length += checked.length;
  }

  /** The whole text, which is then no longer kept here. */
  take(importId: string): string {
    const { pieces } = this.#require(importId);
    this.cancel(importId);
    // Some editors write a byte order mark.
    return pieces.join('').replace(/^\uFEFF/, '');
  }

  cancel(importId: string): void {
    this.#uploads.delete(parseId(importId, 'importId'));
  }

  #require(importId: string): Upload {
    const upload = this.#uploads.get(parseId(importId, 'importId'));
    if (!upload) throw new KangarooError('invalid-argument', 'This import was ended. Choose the file once more.');
    return upload;
  }
}
