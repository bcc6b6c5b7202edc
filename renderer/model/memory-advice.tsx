// A load that did not fit: what it would have needed, and what would fit instead, each a button away.
import type { MemoryAdvice as Advice } from '../../electron/contract/models.ts';
import { FitBars } from '../models/memory/fit-view.tsx';
import { modelsText } from '../models/strings.ts';
import { useModel } from './model-store.ts';

const text = modelsText.outOfMemory;

export function MemoryAdvice({ advice }: { advice: Advice }) {
  return (
    <div className="mt-2 space-y-3 rounded-lg bg-raised p-3 text-ink" data-testid="memory-advice">
      <FitBars fit={advice.fit} />
    </div>
  );
}

export function MemoryRemedies({ modelId, advice }: { modelId: string; advice: Advice }) {
  const load = useModel((state) => state.load);
  const { contextThatFits, modelsThatFit } = advice;
  return (
    <>
      {contextThatFits !== null && (
        <button
          type="button"
          className="button-accent"
          data-testid="load-shorter"
          onClick={() => void load(modelId, { contextSize: contextThatFits })}
        >
          {text.withContext(contextThatFits)}
        </button>
      )}
      {modelsThatFit.map(({ id, name, sizeBytes }) => (
        <button key={id} type="button" className="button" data-testid="load-instead" onClick={() => void load(id)}>
          {text.instead(name, sizeBytes)}
        </button>
      ))}
      <button
        type="button"
        className="button"
        title={text.anywayTitle}
        data-testid="load-anyway"
        onClick={() => void load(modelId, { evenIfTooLarge: true })}
      >
        {text.anyway}
      </button>
    </>
  );
}
