// The system's keychain through Electron's safeStorage: what is kept is encrypted for this account of this machine.
import type * as Electron from 'electron';
import type { SecretBox } from '../core/models/hub/credentials.ts';

export type SafeStorage = Pick<Electron.SafeStorage, 'isEncryptionAvailable' | 'encryptString' | 'decryptString'> &
  Partial<Pick<Electron.SafeStorage, 'getSelectedStorageBackend'>>;

/** Without a keyring, Electron on Linux would encrypt with a password that everybody knows: that is no safe place. */
const unsafeBackends = new Set(['basic_text', 'unknown']);

export function keychain(safeStorage: SafeStorage, platform: NodeJS.Platform): SecretBox {
  return {
    whyNot() {
      if (!safeStorage.isEncryptionAvailable()) {
        return 'The system’s keychain is not available, so a token is only kept until Kangaroo Chat ends. Unlock it, or set HF_TOKEN.';
      }
      // Only Linux has a choice of backends, and the function.
      if (platform === 'linux' && unsafeBackends.has(safeStorage.getSelectedStorageBackend?.() ?? 'unknown')) {
        return 'This desktop has no keyring, so a token is only kept until Kangaroo Chat ends. Install GNOME Keyring or KWallet, or set HF_TOKEN.';
      }
      return null;
    },
    encrypt: (text) => safeStorage.encryptString(text),
    decrypt: (bytes) => safeStorage.decryptString(bytes),
  };
}
