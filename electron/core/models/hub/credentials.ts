// The access token of the Hugging Face Hub: in the system's keychain where the shell has one, else only in memory, else from
// the environment. It is never written in the clear, never told to a page, and goes to no other server (net/hub-client.ts).
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HubStatus } from '../../../contract/hub.ts';
import { KangarooError } from '../../../contract/errors.ts';

/** The keychain as a shell provides it. */
export interface SecretBox {
  /** Why nothing can be kept safely here, as a sentence; null: it can. Asked at every use: keychains can be locked. */
  whyNot(): string | null;
  encrypt(text: string): Buffer;
  /** Throws where it was encrypted by another account or machine. */
  decrypt(bytes: Buffer): string;
}

export interface CredentialsOptions {
  dataDir: string;
  /** Left out where the shell has no keychain. */
  secretBox?: SecretBox;
  env: Readonly<Record<string, string | undefined>>;
}

const noKeychain =
  'The browser has no keychain, so a token is only kept until Kangaroo Chat ends. To keep one, use the desktop app or set HF_TOKEN.';

export class Credentials {
  readonly #path: string;
  readonly #box: SecretBox | null;
  readonly #fromEnvironment: string | null;
  #inMemory: string | null = null;
  /** Undefined: not read yet. */
  #kept: string | null | undefined;
  account: string | null = null;

  constructor({ dataDir, secretBox, env }: CredentialsOptions) {
    this.#path = join(dataDir, 'hub-token');
    this.#box = secretBox ?? null;
    this.#fromEnvironment = env['HF_TOKEN']?.trim() || null;
  }

  /** For the hub itself only. What was set goes before the environment. */
  token(): string | null {
    return this.#inMemory ?? this.#read() ?? this.#fromEnvironment;
  }

  status(): HubStatus['token'] {
    const reason = this.#box ? this.#box.whyNot() : noKeychain;
    const kept =
      this.#inMemory !== null
        ? 'memory'
        : this.#read() !== null
          ? 'keychain'
          : this.#fromEnvironment !== null
            ? 'environment'
            : 'none';
    return { kept, canKeep: reason === null, reason, account: kept === 'none' ? null : this.account };
  }

  /** Into the keychain where there is one, else into memory: `status` tells. Throws where the file cannot be written. */
  set(token: string, account: string | null): void {
    this.account = account;
    if (!this.#box || this.#box.whyNot() !== null) {
      this.#inMemory = token;
      return;
    }
    const fresh = `${this.#path}.new`;
    try {
      writeFileSync(fresh, this.#box.encrypt(token), { mode: 0o600 });
      chmodSync(fresh, 0o600);
      renameSync(fresh, this.#path);
    } catch (error) {
      rmSync(fresh, { force: true });
      throw new KangarooError(
        'file-not-readable',
        `The token could not be kept in ${this.#path}. Check its rights.`,
        String(error),
      );
    }
    this.#kept = token;
    this.#inMemory = null;
  }

  forget(): void {
    rmSync(this.#path, { force: true });
    this.#kept = null;
    this.#inMemory = null;
    this.account = null;
  }

  #read(): string | null {
    if (this.#kept !== undefined) return this.#kept;
    this.#kept = null;
    if (!this.#box || this.#box.whyNot() !== null) return null;
    try {
      this.#kept = this.#box.decrypt(readFileSync(this.#path));
    } catch {
      // None was kept, or by another account of this machine: the user sets it again.
    }
    return this.#kept;
  }
}
