// Folders of other apps, which are only read: LM Studio, Ollama, the Hugging Face cache, and a folder above them.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ggufBytes, tinyLlama, writeTinyLlama } from '../testing/gguf-writer.ts';
import { settle, freshLibraryBench } from './testing/workbench.ts';

const bench = freshLibraryBench();

test('LM Studio: read-only, with the repository that it came from', async () => {
  const root = join(bench.folder, 'home', '.lmstudio', 'models');
  mkdirSync(join(root, 'someone', 'Tiny-GGUF'), { recursive: true });
  writeTinyLlama(join(root, 'someone', 'Tiny-GGUF', 'tiny-Q8_0.gguf'), { type: 8 });
  await bench.library.rescan();
  expect((await bench.state()).suggestions).toMatchObject([{ path: root, source: 'lm-studio', models: 1 }]);
  expect(bench.library.models).toEqual([]);
  expect(await bench.library.addFolder(root)).toMatchObject({ source: 'lm-studio', readOnly: true, models: 1 });
  expect((await bench.state()).suggestions).toEqual([]);
  const model = bench.only();
  expect(model).toMatchObject({ name: 'tiny-Q8_0', readOnly: true, status: 'ready', source: 'lm-studio' });
  const origin = { repository: 'someone/Tiny-GGUF', file: 'tiny-Q8_0.gguf', sizeBytes: model.sizeBytes };
  expect(bench.library.modelOf(null, origin)).toBe(model.id);
  await expect(bench.library.trash(model.id)).rejects.toMatchObject({ code: 'read-only' });
  expect(await bench.library.rename(model.id, 'Mine')).toMatchObject({ name: 'Mine' });
  const { folders } = await bench.state();
  await bench.library.removeFolder(folders.find(({ source }) => source === 'lm-studio')?.id ?? '');
  expect(bench.library.models).toEqual([]);
  expect(existsSync(model.path)).toBe(true);
});

test('Ollama: blobs under the names of their tags, once each; a damaged one is left where it is', async () => {
  const root = join(bench.folder, 'home', '.ollama', 'models');
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
  expect(await bench.library.addFolder(root)).toMatchObject({ source: 'ollama', models: 2 });
  expect(bench.library.models.map(({ name, status, path }) => [name, status, path])).toEqual([
    ['someone/cut:q4', 'damaged', join(root, 'blobs', `sha256-${cut}`)],
    ['tiny:1b', 'ready', join(root, 'blobs', `sha256-${whole}`)],
  ]);
  expect(existsSync(join(root, 'blobs', `sha256-${cut}`))).toBe(true);
  expect(bench.library.modelOf(whole, { repository: 'a/b', file: 'c', sizeBytes: 0 })).toBe(bench.library.models[1]?.id);
});

test('the Hugging Face cache: links to blobs, the same file of two revisions once', async () => {
  const root = join(bench.folder, 'home', '.cache', 'huggingface', 'hub');
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
  expect(await bench.library.addFolder(root)).toMatchObject({ source: 'hugging-face', models: 1, sizeBytes: bytes.length });
  const model = bench.only();
  const details = await bench.library.details(model.id);
  expect(details).toMatchObject({ sha256, origin: { repository: 'someone/Tiny-GGUF', file: 'tiny.gguf', revision: 'aaa' } });
  expect(bench.library.modelOf(sha256, { repository: 'x/y', file: 'z', sizeBytes: 1 })).toBe(model.id);
});

test('their files are neither moved to the trash nor to quarantine; what lies beside them is', async () => {
  const above = join(bench.folder, 'home', '.cache', 'huggingface');
  const snapshot = join(above, 'hub', 'models--someone--Tiny-GGUF', 'snapshots', 'aaa');
  mkdirSync(snapshot, { recursive: true });
  const [whole, cut, mine] = [join(snapshot, 'whole.gguf'), join(snapshot, 'cut.gguf'), join(above, 'mine.gguf')];
  for (const path of [whole, cut, mine]) writeTinyLlama(path);
  truncateSync(cut, 9000);
  for (const path of [whole, cut, mine]) settle(path);
  expect(await bench.library.addFolder(above)).toMatchObject({ source: 'kangaroo', models: 3 });
  const byName = (name: string) => bench.library.models.find((model) => model.name === name);
  expect(byName('cut')).toMatchObject({ status: 'damaged', path: cut });
  for (const name of ['cut', 'whole']) {
    await expect(bench.library.trash(byName(name)?.id ?? '')).rejects.toMatchObject({ code: 'read-only' });
  }
  expect(existsSync(cut) && existsSync(whole)).toBe(true);
  await bench.library.trash(byName('mine')?.id ?? '');
  expect(existsSync(mine)).toBe(false);
});
