// The library on real folders and a real database: those of the user, those of other apps, disks that go away and come back,
// damaged files, the trash.
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LibraryModel, LibraryState } from '../../../contract/library.ts';
import { openModelsDatabase, type ModelsDatabase } from '../database.ts';
import { ggufBytes, tinyLlama, writeTinyLlama } from '../testing/gguf-writer.ts';
import { Library, type LibraryOptions } from './library.ts';
import { placesOfOtherApps } from './layouts.ts';
import { LibraryStore } from './store.ts';

const starter = fileURLToPath(new URL('../../../../assets/starter/starter-q8_0.gguf', import.meta.url));
const starterAdapter = starter.replace('starter-q8_0', 'starter-adapter');
let folder: string;
let models: string;
let database: ModelsDatabase;
let library: Library;
let loadedId: string | null;

function openLibrary(over: Partial<LibraryOptions> = {}, prepare: (database: Database) => void = () => {}): Library {
  database = openModelsDatabase(join(folder, 'data'));
  prepare(database.database);
  return new Library({
    store: new LibraryStore(database.database),
    defaultFolder: models,
    builtIn: [],
    otherApps: placesOfOtherApps({}, join(folder, 'home')).filter(({ path }) => path.startsWith(folder)),
    machine: () => ({ ram: { totalBytes: 2e9, freeBytes: 1e9 }, gpu: null, bytesPerSecond: null }),
    isLoaded: (modelId) => modelId === loadedId,
    ...over,
  });
}

/** As after a restart of the app. */
async function reopen(): Promise<void> {
  library.close();
  database.database.close();
  library = openLibrary();
  await library.rescan();
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-library-'));
  mkdirSync(join(folder, 'data'));
  models = join(folder, 'models');
  loadedId = null;
  library = openLibrary();
});

afterEach(() => {
  library.close();
  database.database.close();
  rmSync(folder, { recursive: true });
});

async function state(): Promise<LibraryState> {
  const { value } = await library.watch()[Symbol.asyncIterator]().next();
  return value as LibraryState;
}

/** Nobody has written it for an hour. */
function settle(path: string): void {
  const hourAgo = Date.now() / 1000 - 3600;
  utimesSync(path, hourAgo, hourAgo);
}

function put(name: string, options = {}): string {
  const path = join(models, name);
  mkdirSync(dirname(path), { recursive: true });
  writeTinyLlama(path, options);
  settle(path);
  return path;
}

function only(): LibraryModel {
  expect(library.models).toHaveLength(1);
  return library.models[0] as LibraryModel;
}

describe('folders of the user', () => {
  test('models are found in folders below, with facts from their headers; a split one is one item; other files are none', async () => {
    const path = put('a/tiny-q8.gguf', { type: 8 });
    const { metadata, tensors } = tinyLlama({ name: 'Split' });
    const part = (number: number) => join(models, `big-0000${number}-of-00002.gguf`);
    writeFileSync(part(1), ggufBytes({ ...metadata, 'split.count': 2 }, tensors.slice(0, 6)));
    writeFileSync(part(2), ggufBytes({ 'split.count': 2 }, tensors.slice(6)));
    copyFileSync(starterAdapter, join(models, 'adapter.gguf'));
    writeFileSync(
      join(models, 'mmproj.gguf'),
      ggufBytes({ ...metadata, 'general.architecture': 'clip', 'general.type': 'mmproj' }, tensors),
    );
    writeFileSync(join(models, 'readme.txt'), 'no model');
    await library.rescan();
    expect(library.models.map(({ name, status, files, source }) => [name, status, files, source])).toEqual([
      ['big', 'ready', 2, 'kangaroo'],
      ['tiny-q8', 'ready', 1, 'kangaroo'],
    ]);
    const [, tiny] = library.models;
    expect(tiny).toMatchObject({ path, facts: { architecture: 'llama', quantisation: 'Q8_0', support: { support: 'drafts' } } });
    const { folders, sizeBytes } = await state();
    expect(folders).toMatchObject([{ path: models, isDefault: true, status: 'ready', models: 2, readOnly: false }]);
    expect(folders[0]?.freeBytes).toBeGreaterThan(0);
    const onDisk = readdirSync(models, { recursive: true, withFileTypes: true }).filter((entry) => entry.name.endsWith('.gguf'));
    expect(sizeBytes).toBe(onDisk.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0));
    expect((await library.details(library.models[0]?.id ?? '')).paths).toEqual([part(1), part(2)]);
  });

  test('names, ids and what was learned stay over a restart; the file keeps its own name', async () => {
    put('tiny.gguf');
    await library.rescan();
    const { id } = only();
    expect(await library.rename(id, ' My model ')).toMatchObject({ id, name: 'My model' });
    library.recordSpeedup(id, 1.5);
    library.recordSpeedup(id, 2.5);
    await reopen();
    expect(only()).toMatchObject({ id, name: 'My model', status: 'ready' });
    expect((await library.details(id)).measuredSpeedup).toEqual({ speedup: 2, answers: 2 });
    expect(existsSync(join(models, 'tiny.gguf'))).toBe(true);
    expect(await library.rename(id, '')).toMatchObject({ name: 'tiny' });
    await expect(library.rename('nobody', 'x')).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  test('where nothing can be written, as on a full disk, it is there all the same; what the user changes is refused', async () => {
    library.close();
    database.database.close();
    rmSync(join(folder, 'data'), { recursive: true });
    mkdirSync(join(folder, 'data'));
    openModelsDatabase(join(folder, 'data')).database.close();
    put('tiny.gguf');
    library = openLibrary({}, (opened) => opened.pragma('query_only = ON'));
    await library.rescan();
    expect(only()).toMatchObject({ name: 'tiny', status: 'ready' });
    await expect(library.rename(only().id, 'Mine')).rejects.toMatchObject({ code: 'file-not-readable' });
    await expect(library.trash(only().id)).rejects.toMatchObject({ code: 'file-not-readable' });
    expect(existsSync(join(models, 'tiny.gguf'))).toBe(true);
    expect((await state()).folders).toMatchObject([{ path: models, models: 1 }]);
  });

  test('what ships with the app has a measured speedup too', async () => {
    const builtIn: LibraryModel = {
      id: 'starter',
      name: 'Joey',
      path: starter,
      sizeBytes: 1,
      adapterPath: starterAdapter,
      builtIn: true,
      source: 'starter',
      folderId: null,
      readOnly: true,
      status: 'unread',
      problem: null,
      files: 1,
      facts: null,
    };
    library.close();
    database.database.close();
    library = openLibrary({ builtIn: [builtIn] });
    await library.rescan();
    expect(only()).toMatchObject({ status: 'ready', facts: { layers: 8 }, sizeBytes: statSync(starter).size });
    for (const speedup of [1, 2]) library.recordSpeedup('starter', speedup);
    const details = await library.details('starter');
    expect(details).toMatchObject({ measuredSpeedup: { speedup: 1.5, answers: 2 }, adapter: { exitLayer: 2 } });
    await expect(library.trash('starter')).rejects.toMatchObject({ code: 'read-only' });
  });

  test('a file that has changed is read again, and only then', async () => {
    const path = put('tiny.gguf', { layers: 2 });
    await library.rescan();
    const { id } = only();
    writeTinyLlama(path, { layers: 3 });
    await library.rescan();
    expect(only()).toMatchObject({ id, facts: { layers: 3 } });
  });

  test('hashing tells SHA-256, and it is remembered', async () => {
    const path = put('tiny.gguf');
    await library.rescan();
    let last: { fraction: number; sha256: string | null } | undefined;
    for await (const progress of library.hash(only().id)) last = progress;
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    expect(last).toEqual({ fraction: 1, sha256 });
    expect((await library.details(only().id)).sha256).toBe(sha256);
    expect(library.modelOf(sha256, { repository: 'x/y', file: 'z', sizeBytes: 1 })).toBe(only().id);
    expect(library.modelOf(null, { repository: 'x/y', file: 'z', sizeBytes: 1 })).toBeNull();
  });

  test('hashing a split model reads all its parts, and is not taken for the SHA-256 of one file', async () => {
    const { metadata, tensors } = tinyLlama();
    mkdirSync(models, { recursive: true });
    const parts = [1, 2].map((number) => join(models, `big-0000${number}-of-00002.gguf`));
    writeFileSync(parts[0] ?? '', ggufBytes({ ...metadata, 'split.count': 2 }, tensors.slice(0, 6)));
    writeFileSync(parts[1] ?? '', ggufBytes({ 'split.count': 2 }, tensors.slice(6)));
    await library.rescan();
    const { id, files } = only();
    expect(files).toBe(2);
    const told: { fraction: number; sha256: string | null }[] = [];
    for await (const progress of library.hash(id)) told.push(progress);
    const sha256 = createHash('sha256')
      .update(Buffer.concat(parts.map((path) => readFileSync(path))))
      .digest('hex');
    expect(told.at(-1)).toEqual({ fraction: 1, sha256 });
    expect(told.every(({ fraction }) => fraction > 0 && fraction <= 1)).toBe(true);
    expect((await library.details(id)).sha256).toBeNull();
    expect(library.modelOf(sha256, { repository: 'x/y', file: 'z', sizeBytes: 1 })).toBeNull();
  });

  test('whether it would fit, from its header', async () => {
    put('tiny.gguf');
    await library.rescan();
    const fit = await library.fit(only().id, { contextSize: 256 });
    expect(fit).toMatchObject({ verdict: 'fits', contextSize: 256 });
    await expect(library.fit(only().id, { contextSize: -1 })).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});

describe('folders that are away', () => {
  test.each([
    ['the folder is gone', () => renameSync(models, `${models}.away`), () => renameSync(`${models}.away`, models)],
    [
      'an empty folder is in its place, as where a disk is not mounted',
      () => {
        renameSync(models, `${models}.away`);
        mkdirSync(models);
      },
      () => {
        rmSync(models, { recursive: true });
        renameSync(`${models}.away`, models);
      },
    ],
  ])('%s: its models are shown as away, over restarts, and are back as they were', async (_name, leave, comeBack) => {
    put('tiny.gguf');
    await library.rescan();
    await library.rename(only().id, 'Mine');
    const before = only();
    leave();
    await library.rescan();
    expect(only()).toMatchObject({ id: before.id, name: 'Mine', status: 'away', facts: before.facts, problem: { code: 'away' } });
    expect(await state()).toMatchObject({ folders: [{ status: 'away', freeBytes: null, models: 1 }] });
    await reopen();
    expect(only()).toMatchObject({ name: 'Mine', status: 'away' });
    comeBack();
    await library.rescan();
    expect(only()).toEqual(before);
  });

  test('a folder that comes and goes is noticed without being asked', async () => {
    put('tiny.gguf');
    library.close();
    database.database.close();
    library = openLibrary({ lookEveryMs: 20 });
    await library.rescan();
    const states = library.watch()[Symbol.asyncIterator]();
    const until = async (status: string) => {
      for (;;) if ((await states.next()).value.models[0]?.status === status) return;
    };
    renameSync(models, `${models}.away`);
    await until('away');
    renameSync(`${models}.away`, models);
    await until('ready');
  });

  test('a single file that is gone is away too, until the user forgets it', async () => {
    const path = put('tiny.gguf');
    put('other.gguf');
    await library.rescan();
    const id = library.models.find(({ name }) => name === 'tiny')?.id ?? '';
    await expect(library.forget(id)).rejects.toMatchObject({ code: 'invalid-argument' });
    rmSync(path);
    await library.rescan();
    expect(library.find(id)).toMatchObject({ status: 'away', problem: { message: expect.stringContaining('take it off') } });
    await expect(library.checkAgain(id)).rejects.toMatchObject({ code: 'away' });
    await library.forget(id);
    await reopen();
    expect(only()).toMatchObject({ name: 'other' });
  });
});

describe('damaged files', () => {
  test.each<[string, (path: string) => void, string]>([
    ['truncated', (path) => truncateSync(path, statSync(path).size - 5000), 'file-damaged'],
    ['cut inside its header', (path) => truncateSync(path, 1000), 'file-damaged'],
    ['no GGUF', (path) => writeFileSync(path, '<!doctype html>not what was asked for'), 'not-a-gguf'],
  ])('%s: it goes to quarantine with its reason, and is never deleted', async (_name, damage, code) => {
    const path = put('below/tiny.gguf');
    damage(path);
    settle(path);
    const bytes = readFileSync(path);
    await library.rescan();
    const damaged = only();
    expect(damaged).toMatchObject({ status: 'damaged', problem: { code } });
    expect(existsSync(path)).toBe(false);
    expect(damaged.path).toContain('.kangaroo');
    expect(readFileSync(damaged.path)).toEqual(bytes);
    await reopen();
    expect(only()).toMatchObject({ id: damaged.id, status: 'damaged', path: damaged.path });
    await expect(library.checkAgain(damaged.id)).rejects.toMatchObject({ code });
    expect(readFileSync(damaged.path)).toEqual(bytes);
  });

  test('what is whole again goes back to its place', async () => {
    const path = put('tiny.gguf');
    const whole = readFileSync(path);
    truncateSync(path, 9000);
    settle(path);
    await library.rescan();
    const { id, path: quarantined } = only();
    appendFileSync(quarantined, whole.subarray(9000));
    expect(await library.checkAgain(id)).toMatchObject({ id, status: 'ready', path });
    expect(readFileSync(path)).toEqual(whole);
  });

  test('what is in quarantine in a folder that leaves the library is in the trash, and can go back to its place', async () => {
    const other = join(folder, 'other');
    mkdirSync(other);
    const path = join(other, 'cut.gguf');
    writeTinyLlama(path);
    truncateSync(path, 9000);
    settle(path);
    const { id: folderId } = await library.addFolder(other);
    expect(existsSync(path)).toBe(false);
    await library.removeFolder(folderId);
    await reopen();
    expect(library.models).toEqual([]);
    const { trash } = await state();
    expect(trash).toMatchObject([{ name: 'cut', path, sizeBytes: 9000 }]);
    expect(await library.restore(trash[0]?.id ?? '')).toMatchObject({ status: 'damaged', path, source: 'file' });
    expect(statSync(path).size).toBe(9000);
  });

  test('what is whole again does not overwrite what lies in its place by now', async () => {
    const path = put('tiny.gguf');
    const whole = readFileSync(path);
    truncateSync(path, 9000);
    settle(path);
    await library.rescan();
    const { id, path: quarantined } = only();
    appendFileSync(quarantined, whole.subarray(9000));
    writeFileSync(path, 'another file');
    await expect(library.checkAgain(id)).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(readFileSync(path, 'utf8')).toBe('another file');
    expect(readFileSync(quarantined)).toEqual(whole);
  });

  test('a new download in the place of a damaged file is that model; the damaged file can be deleted from the trash', async () => {
    const path = put('tiny.gguf');
    truncateSync(path, 9000);
    settle(path);
    await library.rescan();
    const { id, path: quarantined } = only();
    put('tiny.gguf');
    await library.rescan();
    expect(only()).toMatchObject({ id, status: 'ready', path });
    const [trashed] = (await state()).trash;
    await library.purge(trashed?.id ?? '');
    expect(existsSync(quarantined)).toBe(false);
    expect(existsSync(path)).toBe(true);
  });

  test('one that was changed a moment ago may still be being copied: it stays, and is looked at again', async () => {
    const path = put('tiny.gguf');
    const whole = readFileSync(path);
    library.close();
    database.database.close();
    library = openLibrary({ settleMs: 50 });
    truncateSync(path, 9000);
    const soon = Date.now() / 1000 + 3600;
    utimesSync(path, soon, soon);
    await library.rescan();
    expect(only()).toMatchObject({ status: 'damaged', path, problem: { message: expect.stringContaining('just wait') } });
    writeFileSync(path, whole);
    const states = library.watch()[Symbol.asyncIterator]();
    for (;;) if ((await states.next()).value.models[0]?.status === 'ready') break;
    expect(existsSync(path)).toBe(true);
  });

  test('a missing part of a split model is named, and nothing is moved', async () => {
    const { metadata, tensors } = tinyLlama();
    mkdirSync(models, { recursive: true });
    const first = join(models, 'big-00001-of-00002.gguf');
    writeFileSync(first, ggufBytes({ ...metadata, 'split.count': 2 }, tensors.slice(0, 6)));
    settle(first);
    await library.rescan();
    expect(only()).toMatchObject({
      status: 'damaged',
      problem: { code: 'file-not-found', message: expect.stringContaining('00002-of') },
    });
    expect(existsSync(first)).toBe(true);
  });
});

describe('the trash', () => {
  test('a deleted model is back as it was; both parts of a split one', async () => {
    const { metadata, tensors } = tinyLlama();
    mkdirSync(join(models, 'x'), { recursive: true });
    const part = (number: number) => join(models, 'x', `big-0000${number}-of-00002.gguf`);
    writeFileSync(part(1), ggufBytes({ ...metadata, 'split.count': 2 }, tensors.slice(0, 6)));
    writeFileSync(part(2), ggufBytes({ 'split.count': 2 }, tensors.slice(6)));
    await library.rescan();
    await library.rename(only().id, 'Mine');
    const before = only();
    const total = (await state()).sizeBytes;
    const trashed = await library.trash(before.id);
    expect(trashed).toMatchObject({ name: 'Mine', path: part(1), sizeBytes: before.sizeBytes });
    expect(existsSync(part(1)) || existsSync(part(2))).toBe(false);
    await reopen();
    expect(library.models).toEqual([]);
    // The trash takes room too.
    expect(await state()).toMatchObject({ trash: [trashed], sizeBytes: total });
    expect(await library.restore(trashed.id)).toEqual(before);
    expect((await state()).trash).toEqual([]);
    expect(existsSync(part(1)) && existsSync(part(2))).toBe(true);
  });

  test('what was purged is gone for good; what is loaded is not moved; a place that was taken is not overwritten', async () => {
    const path = put('tiny.gguf');
    await library.rescan();
    const { id } = only();
    loadedId = id;
    await expect(library.trash(id)).rejects.toMatchObject({ code: 'busy' });
    loadedId = null;
    const trashed = await library.trash(id);
    writeFileSync(path, 'another file');
    await expect(library.restore(trashed.id)).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(readFileSync(path, 'utf8')).toBe('another file');
    await library.purge(trashed.id);
    expect(readdirSync(models, { recursive: true }).filter((name) => String(name).endsWith('.gguf'))).toEqual(['tiny.gguf']);
    await expect(library.restore(trashed.id)).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});

describe('other apps', () => {
  test('LM Studio: read-only, with the repository that it came from', async () => {
    const root = join(folder, 'home', '.lmstudio', 'models');
    mkdirSync(join(root, 'someone', 'Tiny-GGUF'), { recursive: true });
    writeTinyLlama(join(root, 'someone', 'Tiny-GGUF', 'tiny-Q8_0.gguf'), { type: 8 });
    await library.rescan();
    expect((await state()).suggestions).toMatchObject([{ path: root, source: 'lm-studio', models: 1 }]);
    expect(library.models).toEqual([]);
    expect(await library.addFolder(root)).toMatchObject({ source: 'lm-studio', readOnly: true, models: 1 });
    expect((await state()).suggestions).toEqual([]);
    const model = only();
    expect(model).toMatchObject({ name: 'tiny-Q8_0', readOnly: true, status: 'ready', source: 'lm-studio' });
    const origin = { repository: 'someone/Tiny-GGUF', file: 'tiny-Q8_0.gguf', sizeBytes: model.sizeBytes };
    expect(library.modelOf(null, origin)).toBe(model.id);
    await expect(library.trash(model.id)).rejects.toMatchObject({ code: 'read-only' });
    expect(await library.rename(model.id, 'Mine')).toMatchObject({ name: 'Mine' });
    const { folders } = await state();
    await library.removeFolder(folders.find(({ source }) => source === 'lm-studio')?.id ?? '');
    expect(library.models).toEqual([]);
    expect(existsSync(model.path)).toBe(true);
  });

  test('Ollama: blobs under the names of their tags, once each; a damaged one is left where it is', async () => {
    const root = join(folder, 'home', '.ollama', 'models');
    const blob = (bytes: Buffer) => {
      const digest = createHash('sha256').update(bytes).digest('hex');
      mkdirSync(join(root, 'blobs'), { recursive: true });
      writeFileSync(join(root, 'blobs', `sha256-${digest}`), bytes);
      settle(join(root, 'blobs', `sha256-${digest}`));
      return digest;
    };
    const tag = (path: string, digest: string) => {
      const manifest = join(root, 'manifests', 'registry.ollama.ai', path);
      mkdirSync(dirname(manifest), { recursive: true });
      const layers = [
        { mediaType: 'application/vnd.ollama.image.license', digest: `sha256:${'0'.repeat(64)}`, size: 1 },
        { mediaType: 'application/vnd.ollama.image.model', digest: `sha256:${digest}`, size: 1 },
      ];
      writeFileSync(manifest, JSON.stringify({ schemaVersion: 2, layers }));
    };
    const { metadata, tensors } = tinyLlama();
    const whole = blob(ggufBytes(metadata, tensors));
    tag('library/tiny/latest', whole);
    tag('library/tiny/1b', whole);
    const cut = blob(ggufBytes(metadata, tensors).subarray(0, 9000));
    tag('someone/cut/q4', cut);
    writeFileSync(join(root, 'manifests', 'half-written'), '{"layers":');
    expect(await library.addFolder(root)).toMatchObject({ source: 'ollama', models: 2 });
    expect(library.models.map(({ name, status, path }) => [name, status, path])).toEqual([
      ['someone/cut:q4', 'damaged', join(root, 'blobs', `sha256-${cut}`)],
      ['tiny:1b', 'ready', join(root, 'blobs', `sha256-${whole}`)],
    ]);
    expect(existsSync(join(root, 'blobs', `sha256-${cut}`))).toBe(true);
    expect(library.modelOf(whole, { repository: 'a/b', file: 'c', sizeBytes: 0 })).toBe(library.models[1]?.id);
  });

  test('the Hugging Face cache: links to blobs, the same file of two revisions once', async () => {
    const root = join(folder, 'home', '.cache', 'huggingface', 'hub');
    const repository = join(root, 'models--someone--Tiny-GGUF');
    const { metadata, tensors } = tinyLlama();
    const bytes = ggufBytes(metadata, tensors);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    mkdirSync(join(repository, 'blobs'), { recursive: true });
    writeFileSync(join(repository, 'blobs', sha256), bytes);
    for (const revision of ['aaa', 'bbb']) {
      mkdirSync(join(repository, 'snapshots', revision), { recursive: true });
      symlinkSync(join('..', '..', 'blobs', sha256), join(repository, 'snapshots', revision, 'tiny.gguf'));
    }
    expect(await library.addFolder(root)).toMatchObject({ source: 'hugging-face', models: 1, sizeBytes: bytes.length });
    const model = only();
    const details = await library.details(model.id);
    expect(details).toMatchObject({ sha256, origin: { repository: 'someone/Tiny-GGUF', file: 'tiny.gguf', revision: 'aaa' } });
    expect(library.modelOf(sha256, { repository: 'x/y', file: 'z', sizeBytes: 1 })).toBe(model.id);
  });
});

describe('a folder above those of other apps', () => {
  test('their files are neither moved to the trash nor to quarantine; what lies beside them is', async () => {
    const above = join(folder, 'home', '.cache', 'huggingface');
    const snapshot = join(above, 'hub', 'models--someone--Tiny-GGUF', 'snapshots', 'aaa');
    mkdirSync(snapshot, { recursive: true });
    const [whole, cut, mine] = [join(snapshot, 'whole.gguf'), join(snapshot, 'cut.gguf'), join(above, 'mine.gguf')];
    for (const path of [whole, cut, mine]) writeTinyLlama(path);
    truncateSync(cut, 9000);
    for (const path of [whole, cut, mine]) settle(path);
    expect(await library.addFolder(above)).toMatchObject({ source: 'kangaroo', models: 3 });
    const byName = (name: string) => library.models.find((model) => model.name === name);
    expect(byName('cut')).toMatchObject({ status: 'damaged', path: cut });
    for (const name of ['cut', 'whole']) {
      await expect(library.trash(byName(name)?.id ?? '')).rejects.toMatchObject({ code: 'read-only' });
    }
    expect(existsSync(cut) && existsSync(whole)).toBe(true);
    await library.trash(byName('mine')?.id ?? '');
    expect(existsSync(mine)).toBe(false);
  });
});

describe('single files', () => {
  test('an opened file is used where it lies; deleting only takes it off the list; it is known again', async () => {
    const path = join(folder, 'elsewhere.gguf');
    writeTinyLlama(path);
    const model = await library.open(path);
    expect(model).toMatchObject({ name: 'elsewhere', source: 'file', folderId: null, status: 'ready', path });
    expect(await library.open(path)).toEqual(model);
    const trashed = await library.trash(model.id);
    expect(existsSync(path)).toBe(true);
    expect(await library.restore(trashed.id)).toEqual(model);
    renameSync(path, `${path}.away`);
    await library.rescan();
    expect(only()).toMatchObject({ status: 'away', facts: model.facts });
    renameSync(`${path}.away`, path);
    await reopen();
    expect(only()).toEqual(model);
  });

  test.each<[string, () => string, string]>([
    ['nothing', () => join(folder, 'nothing.gguf'), 'file-not-found'],
    ['no GGUF', () => fileURLToPath(import.meta.url), 'not-a-gguf'],
    ['an adapter', () => starterAdapter, 'invalid-argument'],
    ['no path', () => '', 'invalid-argument'],
  ])('%s cannot be opened', async (_name, path, code) => {
    await expect(library.open(path())).rejects.toMatchObject({ code });
    expect(library.models).toEqual([]);
  });

  test('a shell without dialogs says so; one with them is asked', async () => {
    await expect(library.choose('model')).rejects.toMatchObject({ code: 'no-dialog' });
    library.close();
    database.database.close();
    library = openLibrary({ choosePath: async (what) => `/chosen/${what}` });
    expect(await library.choose('folder')).toBe('/chosen/folder');
    await expect(library.choose('everything' as 'folder')).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});

describe('adapters', () => {
  test('the adapter of a base is paired with its models by fingerprint, unless the user chose', async () => {
    mkdirSync(models, { recursive: true });
    copyFileSync(starter, join(models, 'joey.gguf'));
    copyFileSync(starterAdapter, join(models, 'joey-adapter.gguf'));
    writeTinyLlama(join(models, 'other.gguf'), { embeddingLength: 256, heads: 4 });
    await library.rescan();
    const [joey, other] = library.models;
    expect(joey).toMatchObject({ name: 'joey', adapterPath: join(models, 'joey-adapter.gguf') });
    expect(other?.adapterPath).toBeNull();
    expect((await library.details(joey?.id ?? '')).adapter).toMatchObject({
      exitLayer: 2,
      sizeBytes: statSync(starterAdapter).size,
    });
    await library.setAdapter(joey?.id ?? '', null);
    await library.rescan();
    expect(library.find(joey?.id ?? '')?.adapterPath).toBeNull();
    await expect(library.setAdapter(other?.id ?? '', starterAdapter)).rejects.toMatchObject({ code: 'adapter-mismatch' });
    await expect(library.setAdapter(other?.id ?? '', starter)).rejects.toMatchObject({ code: 'adapter-invalid' });
    expect(await library.setAdapter(joey?.id ?? '', starterAdapter)).toMatchObject({ adapterPath: starterAdapter });
  });

  test('of the starter can be replaced by another one and given back, and that is remembered', async () => {
    const own = join(folder, 'own.gguf');
    copyFileSync(starterAdapter, own);
    const rest = { folderId: null, readOnly: true, status: 'ready', problem: null, files: 1, facts: null } as const;
    const builtIn: LibraryModel[] = [
      {
        id: 'starter',
        name: 'Joey',
        path: starter,
        sizeBytes: 1,
        adapterPath: starterAdapter,
        builtIn: true,
        source: 'starter',
        ...rest,
      },
    ];
    const again = () => {
      library.close();
      database.database.close();
      library = openLibrary({ builtIn });
    };
    again();
    expect(await library.setAdapter('starter', own)).toMatchObject({ adapterPath: own });
    again();
    expect(library.find('starter')).toMatchObject({ adapterPath: own });
    expect(await library.setAdapter('starter', null)).toMatchObject({ adapterPath: starterAdapter });
    await library.setAdapter('starter', own);
    rmSync(own);
    again();
    expect(library.find('starter')).toMatchObject({ adapterPath: starterAdapter });
  });
});
