// Why a model did not fit, and what would: a shorter context, or another model of the library.
import type { FitChoices } from '../../contract/fit.ts';
import type { LibraryModel } from '../../contract/library.ts';
import type { LoadChoices, MemoryAdvice } from '../../contract/models.ts';
import type { ModelSource } from './models.ts';

const mostModels = 3;
/** Reading headers takes time: no more than so many are looked into. */
const mostLooks = 20;

/** Null where the model's file cannot be read. */
export async function adviceFor(model: LibraryModel, choices: LoadChoices, library: ModelSource): Promise<MemoryAdvice | null> {
  const { contextSize = 0, cacheType = 'f16' } = choices;
  const asked: FitChoices = { contextSize, cacheType };
  const fit = await library.estimate(model, asked).catch(() => null);
  if (!fit) return null;
  const others = library.models.filter((other) => other.id !== model.id && other.problem === null);
  const largestFirst = others.toSorted((first, second) => second.sizeBytes - first.sizeBytes).slice(0, mostLooks);
  const modelsThatFit: MemoryAdvice['modelsThatFit'] = [];
  for (const { id, name, sizeBytes, path } of largestFirst) {
    if (modelsThatFit.length === mostModels) break;
    const other = library.find(id);
    const would = other && path !== model.path ? await library.estimate(other, {}).catch(() => null) : null;
    if (would && would.verdict !== 'too-large') modelsThatFit.push({ id, name, sizeBytes });
  }
  return { fit, contextThatFits: fit.contextThatFits, modelsThatFit };
}
