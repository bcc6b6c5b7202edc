// Where models lie in a folder: anywhere in one of the user's own, and where LM Studio, Ollama and the Hugging Face cache put
// them. Only names and small manifests are read here, and nothing is ever written.
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import type { LibrarySource, ModelDetails } from '../../../contract/library.ts';
import { parseSplitName, partsOf } from '../gguf/files.ts';

export type FolderSource = Extract<LibrarySource, 'kangaroo' | 'lm-studio' | 'ollama' | 'hugging-face'>;

export interface FoundModel {
  /** The first file. */
  path: string;
  name: string;
  /** Of the file, where its app names it by that. */
  sha256: string | null;
  origin: ModelDetails['origin'];
}

/** Folders of this name belong to the library itself: its trash and its quarantine. */
export const ownFolderName = '.kangaroo';
const deepest = 10;

/** What the layout of a folder says about whose it is. */
export async function sourceOf(path: string): Promise<FolderSource> {
  const names = await readdir(path);
  if (names.includes('manifests') && names.includes('blobs')) return 'ollama';
  if (names.some((name) => name.startsWith('models--'))) return 'hugging-face';
  return /[\\/]\.?(lm-?studio)[\\/]/i.test(path + sep) ? 'lm-studio' : 'kangaroo';
}

/** Rejects where the folder cannot be read. */
export async function findModels(path: string, source: FolderSource): Promise<FoundModel[]> {
  if (source === 'ollama') return findInOllama(path);
  const files = await findFiles(path, '.gguf');
  const found =
    source === 'hugging-face'
      ? await Promise.all(files.map((file) => inHuggingFace(path, file)))
      : files.map((file) => inFolder(path, file, source));
  // Two revisions of a repository share a file; a split model is its first part.
  const byFile = new Map<string, FoundModel>();
  for (const model of found) {
    const [first = model.path] = partsOf(model.path);
    const key = source === 'hugging-face' ? await realpath(model.path).catch(() => model.path) : first;
    if (!byFile.has(key)) byFile.set(key, { ...model, path: first });
  }
  const unique = new Map([...byFile.values()].map((model) => [model.path, model]));
  return [...unique.values()];
}

/** Names without the ending and the part's number. */
export function modelNameOf(fileName: string): string {
  return parseSplitName(fileName)?.stem ?? fileName.replace(/\.gguf$/i, '');
}

function inFolder(root: string, path: string, source: FolderSource): FoundModel {
  const [publisher, repository, ...rest] = relative(root, path).split(sep);
  const isPublished = source === 'lm-studio' && publisher !== undefined && repository !== undefined && rest.length === 1;
  // LM Studio keeps no revision.
  const origin = isPublished ? { repository: `${publisher}/${repository}`, revision: '', file: rest[0] ?? '' } : null;
  return { path, name: modelNameOf(basename(path)), sha256: null, origin };
}

/** `models--owner--name/snapshots/<revision>/<file>`, a link to a blob that is named by its SHA-256. */
async function inHuggingFace(root: string, path: string): Promise<FoundModel> {
  const [repository = '', , revision = '', ...file] = relative(root, path).split(sep);
  const blob = basename(await realpath(path).catch(() => ''));
  const name = repository.replace(/^models--/, '').replace('--', '/');
  return {
    path,
    name: modelNameOf(basename(path)),
    sha256: /^[0-9a-f]{64}$/.test(blob) ? blob : null,
    origin: { repository: name, revision, file: file.join('/') },
  };
}

const manifestSchema = z.object({ layers: z.array(z.object({ mediaType: z.string(), digest: z.string() })) });
const modelLayer = 'application/vnd.ollama.image.model';

/** `manifests/<registry>/<namespace>/<model>/<tag>` names the blobs of a model; tags that share one are one model. */
async function findInOllama(root: string): Promise<FoundModel[]> {
  const manifests = join(root, 'manifests');
  const found = new Map<string, FoundModel>();
  for (const path of (await findFiles(manifests, '')).toSorted()) {
    const parts = relative(manifests, path).split(sep);
    const [tag = '', model = '', namespace = ''] = parts.toReversed();
    let digest: string | undefined;
    try {
      const { layers } = manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
      digest = layers.find((layer) => layer.mediaType === modelLayer)?.digest;
    } catch {
      // Not a manifest: another program's file, or one that is being written.
      continue;
    }
    const sha256 = /^sha256[:-]([0-9a-f]{64})$/.exec(digest ?? '')?.[1];
    if (sha256 === undefined || found.has(sha256)) continue;
    const name = `${namespace === 'library' ? '' : `${namespace}/`}${model}:${tag}`;
    found.set(sha256, { path: join(root, 'blobs', `sha256-${sha256}`), name, sha256, origin: null });
  }
  return [...found.values()];
}

/** Files by ending, in all folders below; links are followed, hidden folders and loops are not. */
async function findFiles(root: string, ending: string): Promise<string[]> {
  const files: string[] = [];
  const seen = new Set<string>();
  const walk = async (folder: string, depth: number): Promise<void> => {
    const real = await realpath(folder);
    if (seen.has(real) || depth > deepest) return;
    seen.add(real);
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries.toSorted((first, second) => first.name.localeCompare(second.name))) {
      const path = join(folder, entry.name);
      const kind = entry.isSymbolicLink() ? await stat(path).catch(() => null) : entry;
      if (!kind || entry.name.startsWith('.')) continue;
      // A folder below that may not be read hides its models, not those beside it.
      if (kind.isDirectory()) await walk(path, depth + 1).catch(() => {});
      else if (kind.isFile() && entry.name.toLowerCase().endsWith(ending)) files.push(path);
    }
  };
  await walk(root, 0);
  return files;
}

/** Whether a path is below another one, as they are written. */
export function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder + sep);
}

/**
 * Whether a file lies in one of these folders, whichever folder it was found through. Where its entry lies counts, as that is
 * what a move changes: a link of the user's to another app's file is the user's.
 */
export async function liesIn(path: string, folders: readonly string[]): Promise<boolean> {
  const real = (place: string) => realpath(place).catch(() => resolve(place));
  const at = (await real(dirname(path))) + sep;
  for (const folder of folders) if (isBelow(at, await real(folder))) return true;
  return false;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where other apps keep their models on this machine, whether they are there or not. */
export function placesOfOtherApps(
  env: Environment = process.env,
  home: string = homedir(),
): { path: string; source: FolderSource }[] {
  const huggingFace =
    env['HF_HUB_CACHE'] ?? join(env['HF_HOME'] ?? join(env['XDG_CACHE_HOME'] ?? join(home, '.cache'), 'huggingface'), 'hub');
  return [
    { path: join(home, '.lmstudio', 'models'), source: 'lm-studio' },
    { path: join(home, '.cache', 'lm-studio', 'models'), source: 'lm-studio' },
    { path: env['OLLAMA_MODELS'] ?? join(home, '.ollama', 'models'), source: 'ollama' },
    { path: '/usr/share/ollama/.ollama/models', source: 'ollama' },
    { path: huggingFace, source: 'hugging-face' },
  ];
}
