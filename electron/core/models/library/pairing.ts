// Which adapter belongs to which model: told by the fingerprint of the base, so that nobody has to choose from a list.
import type { AdapterFacts } from '../../../contract/library.ts';
import { KangarooError } from '../../../contract/errors.ts';
import { kindOf } from '../facts.ts';
import { fingerprintOf } from '../gguf/fingerprint.ts';
import { fileError, readModelFile } from '../gguf/files.ts';
import { numberAt, textAt } from '../gguf/header.ts';
import type { ModelRow } from './store.ts';

export interface Adapter extends AdapterFacts {
  baseFingerprint: string;
  embeddingLength: number;
}

/** Rejects with `adapter-invalid` for a file that is none, and as reading does. */
export async function readAdapter(path: string): Promise<Adapter> {
  const { header, sizeBytes } = await readModelFile(path);
  const { metadata } = header;
  const baseFingerprint = textAt(metadata, 'kangaroo.base.fingerprint');
  if (kindOf(header) !== 'adapter' || baseFingerprint === null) {
    throw new KangarooError('adapter-invalid', `${path} is no Kangaroo adapter. Choose one that was made for this model.`);
  }
  return {
    path,
    sizeBytes,
    baseFingerprint,
    baseName: textAt(metadata, 'kangaroo.base.name') ?? '',
    exitLayer: numberAt(metadata, 'kangaroo.exit_layer') ?? 0,
    embeddingLength: numberAt(metadata, 'kangaroo.embedding_length') ?? 0,
  };
}

/** Fingerprints cost a few reads per model: kept while the files stay as they are. */
export class Pairing {
  readonly #fingerprints = new Map<string, string | null>();

  /** Null where the model's file cannot tell. */
  async fingerprint(path: string, modifiedAtMs: number): Promise<string | null> {
    const key = `${path} ${modifiedAtMs}`;
    const known = this.#fingerprints.get(key);
    if (known !== undefined) return known;
    const fingerprint = await fingerprintOf(await readModelFile(path)).catch((error: unknown) => {
      throw fileError(error, path);
    });
    this.#fingerprints.set(key, fingerprint);
    return fingerprint;
  }

  /** Gives every model the adapter of its base, where there is one and the user has not chosen; resolves with what changed. */
  async pair(models: readonly ModelRow[], adapters: readonly Adapter[]): Promise<ModelRow[]> {
    const changed: ModelRow[] = [];
    for (const row of models) {
      if (row.adapterChosen || row.facts === null || row.quarantine !== null) continue;
      const wide = adapters.filter(({ embeddingLength }) => embeddingLength === row.facts?.embeddingLength);
      if (wide.length === 0 && row.adapterPath === null) continue;
      const fingerprint = wide.length === 0 ? null : await this.fingerprint(row.path, row.modifiedAtMs).catch(() => null);
      const adapterPath = wide.find(({ baseFingerprint }) => baseFingerprint === fingerprint)?.path ?? null;
      if (adapterPath === row.adapterPath) continue;
      row.adapterPath = adapterPath;
      changed.push(row);
    }
    return changed;
  }
}
