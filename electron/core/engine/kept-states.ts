// Caches of conversations that are not in memory: one file each, so that a long chat goes on without being read again.
// They are a convenience: whatever goes wrong here is logged, and the conversation is read again.
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { toErrorShape } from '../../contract/errors.ts';
import type { NativeSession } from './addon.ts';

export interface KeptLimits {
  files: number;
  bytes: number;
}

/** What the kept caches may take of the disk; those used longest ago make room. */
const defaultLimits: KeptLimits = { files: 16, bytes: 2 * 1024 ** 3 };

const ending = '.state';
/** What the engine's unfinished files are called; a process that died in writing leaves one. */
const partial = `${ending}.partial`;

/** Where an engine with this `LoadRequest.stateFolder` keeps them. */
export function keptStatesFolder(stateFolder: string): string {
  return join(stateFolder, 'kept');
}

export class KeptStates {
  readonly #folder: string;
  readonly #limits: KeptLimits;
  #writing = 0;

  /** `folder` is created when it is needed. */
  constructor(folder: string, limits: KeptLimits = defaultLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /** Writes the session's cache. Never rejects. */
  async keep(conversationId: string, session: Pick<NativeSession, 'save'>): Promise<void> {
    this.#writing += 1;
    try {
      await mkdir(this.#folder, { recursive: true });
      const bytes = await session.save(this.#path(conversationId));
      // Nothing to keep, or a cache with holes after a context shift: an older file is of no more use.
      if (bytes === 0) await this.forget(conversationId);
      await this.#makeRoom();
    } catch (error) {
      this.#log('could not be kept', conversationId, error);
    } finally {
      this.#writing -= 1;
    }
  }

  /** Brings a kept cache back; the session's is empty where there is none, or none that fits. Never rejects. */
  async take(conversationId: string, session: Pick<NativeSession, 'restore' | 'reset'>): Promise<void> {
    const path = this.#path(conversationId);
    try {
      await session.restore(path);
      const now = new Date();
      await utimes(path, now, now);
    } catch (error) {
      session.reset();
      if (toErrorShape(error).code === 'file-not-found') return;
      // Damaged, or of another model, adapter, context or version: it will not fit later either.
      this.#log('could not be taken back and is discarded', conversationId, error);
      await this.forget(conversationId);
    }
  }

  /** Never rejects. */
  async forget(conversationId: string): Promise<void> {
    await rm(this.#path(conversationId), { force: true }).catch((error: unknown) => {
      this.#log('could not be removed', conversationId, error);
    });
  }

  async #makeRoom(): Promise<void> {
    const names = await readdir(this.#folder);
    if (this.#writing === 1) {
      // else one of them is being written just now
      for (const name of names) if (name.endsWith(partial)) await rm(join(this.#folder, name), { force: true });
    }
    const files = await Promise.all(
      names
        .filter((name) => name.endsWith(ending))
        .map(async (name) => {
          const path = join(this.#folder, name);
          const { size, mtimeMs } = await stat(path);
          return { path, size, mtimeMs };
        }),
    );
    let bytes = 0;
    for (const [place, file] of files.toSorted((first, second) => second.mtimeMs - first.mtimeMs).entries()) {
      bytes += file.size;
      if (place >= this.#limits.files || bytes > this.#limits.bytes) await rm(file.path, { force: true });
    }
  }

  #path(conversationId: string): string {
    return join(this.#folder, conversationId + ending);
  }

  #log(what: string, conversationId: string, error: unknown): void {
    const { code, message } = toErrorShape(error);
    console.error(`The cache of the conversation ${conversationId} ${what} (${code}): ${message}`);
  }
}
