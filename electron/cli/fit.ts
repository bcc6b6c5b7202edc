// Whether a model and an adapter belong together, told from their headers, before anything is loaded.
import type { NativeInspection } from '../core/engine/addon.ts';

export interface Fit {
  fits: boolean;
  /** One sentence or two: why, and where not, what to do. */
  reason: string;
}

/** Fingerprint, embedding length and exit layer of an adapter against a model. */
export function checkFit(model: NativeInspection, adapter: NativeInspection): Fit {
  const info = adapter.adapter;
  if (model.kind !== 'model') return no(`${quote(model.name)} is no model (its architecture is ${quote(model.architecture)}).`);
  if (info === null) return no(`${quote(adapter.name)} is no adapter (its architecture is ${quote(adapter.architecture)}).`);
  if (info.baseFingerprint !== model.fingerprint) {
    return no(
      `The adapter was trained for ${quote(info.baseName)} (fingerprint ${short(info.baseFingerprint)}), and this model is ` +
        `${quote(model.name)} (${short(model.fingerprint)}). Use an adapter made for this model.`,
    );
  }
  const embeddingLength = modelNumber(model, 'embedding_length');
  if (embeddingLength !== info.embeddingLength) {
    return no(
      `The adapter is ${info.embeddingLength} wide, the model ${embeddingLength ?? 'does not say how wide it is'}: they do not fit.`,
    );
  }
  const layers = modelNumber(model, 'block_count');
  if (layers === null || info.exitLayer < 1 || info.exitLayer >= layers) {
    return no(
      `The adapter leaves the model at layer ${info.exitLayer}, and the model has ${layers ?? 'an unknown number of'} layers.`,
    );
  }
  return { fits: true, reason: `The adapter drafts for this model with its first ${info.exitLayer} of ${layers} layers.` };
}

/** A whole number of the model's metadata, `<architecture>.<key>`; null where there is none. */
export function modelNumber(model: NativeInspection, key: string): number | null {
  const found = model.metadata[`${model.architecture}.${key}`];
  return found !== undefined && /^\d+$/.test(found) ? Number(found) : null;
}

function no(reason: string): Fit {
  return { fits: false, reason };
}

function quote(name: string): string {
  return `"${name}"`;
}

function short(fingerprint: string): string {
  return `${fingerprint.slice(0, 12)}…`;
}
