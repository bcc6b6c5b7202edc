// What the test hub serves: repositories of files whose bytes are in memory, or repeat a block (for files too large for that).
import { createHash } from 'node:crypto';

/** The bytes of a file, without the need to hold them all. */
export interface HubContent {
  sizeBytes: number;
  /** Hexadecimal. */
  sha256: string;
  /** Any non-empty beginning of what lies from `start` to `end` (exclusive). */
  read(start: number, end: number): Buffer;
}

function bytesContent(bytes: Buffer): HubContent {
  return {
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    read: (start, end) => bytes.subarray(start, Math.min(end, start + (1 << 18))),
  };
}

/** A file of any size that repeats `block`; its hash is computed once, which takes a second per gigabyte. */
export function repeatedContent(block: Buffer, sizeBytes: number): HubContent {
  const hash = createHash('sha256');
  for (let at = 0; at < sizeBytes; at += block.length) hash.update(block.subarray(0, Math.min(block.length, sizeBytes - at)));
  return {
    sizeBytes,
    sha256: hash.digest('hex'),
    read: (start, end) => {
      const offset = start % block.length;
      return block.subarray(offset, Math.min(block.length, offset + (end - start), offset + (1 << 20)));
    },
  };
}

export interface HubRepo {
  /** `owner/name`. */
  id: string;
  files: Record<string, Buffer | HubContent>;
  gated?: false | 'auto' | 'manual';
  private?: boolean;
  downloads?: number;
  likes?: number;
  tags?: string[];
  /** The model card's front matter. */
  cardData?: Record<string, unknown>;
  /** What the hub read from the first GGUF file: architecture, context length, template. */
  gguf?: Record<string, unknown>;
  lastModified?: string;
}

/** What an account may do with gated repositories. */
export type HubAccess = 'accepted' | 'not-accepted' | 'pending' | 'rejected' | 'unscoped';

export interface StoredFile {
  content: HubContent;
  /** Git's id of the blob, the ETag of files that are not in LFS. */
  blobId: string;
  lfs: boolean;
}

export interface StoredRepo extends HubRepo {
  commit: string;
  stored: Map<string, StoredFile>;
}

const lfsPath = /\.(gguf|bin|safetensors)$/;

export function storeFile(path: string, value: Buffer | HubContent): StoredFile {
  const content = Buffer.isBuffer(value) ? bytesContent(value) : value;
  const lfs = lfsPath.test(path);
  // In LFS git has a pointer to the file, else the file itself.
  const blob = lfs ? Buffer.from(lfsPointer(content)) : content.read(0, content.sizeBytes);
  return { content, lfs, blobId: createHash('sha1').update(`blob ${blob.length}\0`).update(blob).digest('hex') };
}

function lfsPointer(content: HubContent): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${content.sha256}\nsize ${content.sizeBytes}\n`;
}

export function storeRepo(repo: HubRepo): StoredRepo {
  const stored = new Map(Object.entries(repo.files).map(([path, value]) => [path, storeFile(path, value)]));
  return { ...repo, stored, commit: commitOf(repo.id, stored) };
}

/** Another commit for other files, as git has it. */
export function commitOf(id: string, stored: Map<string, StoredFile>): string {
  const hash = createHash('sha1').update(id);
  for (const [path, file] of stored) hash.update(`${path} ${file.blobId}`);
  return hash.digest('hex');
}

/** As `GET /api/models/{repo}?blobs=true` answers; without blobs the files have names only. */
export function repoInfo(repo: StoredRepo, blobs: boolean): Record<string, unknown> {
  const siblings = [...repo.stored].map(([path, file]) => {
    if (!blobs) return { rfilename: path };
    const { sizeBytes, sha256 } = file.content;
    const lfs = file.lfs ? { sha256, size: sizeBytes, pointerSize: lfsPointer(file.content).length } : undefined;
    return { rfilename: path, size: sizeBytes, blobId: file.blobId, ...(lfs ? { lfs } : {}) };
  });
  return { ...repoSummary(repo), sha: repo.commit, disabled: false, cardData: repo.cardData ?? {}, gguf: repo.gguf, siblings };
}

/** As one entry of `GET /api/models`. */
export function repoSummary(repo: StoredRepo): Record<string, unknown> {
  return {
    _id: createHash('sha1').update(repo.id).digest('hex').slice(0, 24),
    id: repo.id,
    modelId: repo.id,
    author: repo.id.split('/')[0],
    gated: repo.gated ?? false,
    private: repo.private ?? false,
    downloads: repo.downloads ?? 0,
    likes: repo.likes ?? 0,
    tags: repo.tags ?? ['gguf'],
    pipeline_tag: 'text-generation',
    library_name: 'gguf',
    createdAt: '2026-01-01T00:00:00.000Z',
    lastModified: repo.lastModified ?? '2026-01-02T00:00:00.000Z',
  };
}

/** As `GET /api/models/{repo}/tree/{revision}?recursive=true` answers. */
export function repoTree(repo: StoredRepo): Record<string, unknown>[] {
  return [...repo.stored].map(([path, file]) => {
    const { sizeBytes, sha256 } = file.content;
    const lfs = file.lfs ? { oid: sha256, size: sizeBytes, pointerSize: lfsPointer(file.content).length } : undefined;
    return { type: 'file', path, oid: file.blobId, size: sizeBytes, ...(lfs ? { lfs } : {}) };
  });
}
