// When a token may be kept, by what Electron says of the system; and what the dialogs ask for.
import { expect, test } from 'vitest';
import { choosePath } from './choose-path.ts';
import { keychain, type SafeStorage } from './keychain.ts';

function storage(available: boolean, backend?: 'gnome_libsecret' | 'kwallet6' | 'basic_text' | 'unknown'): SafeStorage {
  return {
    isEncryptionAvailable: () => available,
    encryptString: (text) => Buffer.from(text.toUpperCase()),
    decryptString: (bytes) => bytes.toString().toLowerCase(),
    ...(backend === undefined ? {} : { getSelectedStorageBackend: () => backend }),
  };
}

test.each([
  ['linux', storage(true, 'gnome_libsecret'), null],
  ['linux', storage(true, 'kwallet6'), null],
  ['linux', storage(true, 'basic_text'), /no keyring/],
  ['linux', storage(true, 'unknown'), /no keyring/],
  ['linux', storage(true), /no keyring/],
  ['linux', storage(false, 'gnome_libsecret'), /not available/],
  ['darwin', storage(true), null],
  ['darwin', storage(false), /not available/],
  ['win32', storage(true), null],
] as const)('%s %#', (platform, safeStorage, reason) => {
  const box = keychain(safeStorage, platform);
  if (reason === null) expect(box.whyNot()).toBeNull();
  else expect(box.whyNot()).toMatch(reason);
  expect(box.decrypt(box.encrypt('hf_x'))).toBe('hf_x');
});

test('a dialog for files offers GGUF, one for folders folders; what was not chosen is null', async () => {
  const asked: unknown[] = [];
  let answer = { canceled: false, filePaths: ['/chosen'] };
  const choose = choosePath({
    showOpenDialog: (...options: unknown[]) => {
      asked.push(options.at(-1));
      return Promise.resolve(answer);
    },
  });
  expect(await choose('model')).toBe('/chosen');
  expect(await choose('folder')).toBe('/chosen');
  answer = { canceled: true, filePaths: [] };
  expect(await choose('adapter')).toBeNull();
  expect(asked).toMatchObject([
    { properties: ['openFile'], filters: [{ extensions: ['gguf'] }, { extensions: ['*'] }] },
    { properties: ['openDirectory'] },
    { properties: ['openFile'] },
  ]);
});
