// The layers that were compared: predicted speedup as bars, with the figures that it comes from beside them.
import type { LayerResult, TrainingProposal } from '../../electron/contract/adapters.ts';
import { wholeText } from '../number-text.ts';
import { adaptersText } from './strings.ts';

const text = adaptersText.layers;

export function LayersChart({ layers, proposal }: { layers: LayerResult[]; proposal: TrainingProposal | null }) {
  const most = Math.max(1, ...layers.map(({ predictedSpeedup }) => predictedSpeedup));
  return (
    <section data-testid="layers">
      <h4 className="text-[13.5px] font-medium">{text.title}</h4>
      <p className="text-[12.5px] text-ink-soft">{text.note}</p>
      <div className="mt-1.5 overflow-x-auto" tabIndex={0} role="region" aria-label={text.title}>
        <table className="w-full min-w-[26rem] text-[13px] tabular-nums">
          <thead>
            <tr className="text-ink-soft">
              {[text.layer, text.agreement, text.perRound, text.limits].map((head) => (
                <th key={head} className="py-1 pr-4 text-start font-medium">
                  {head}
                </th>
              ))}
              <th className="w-2/5 py-1 text-start font-medium">{text.speedup}</th>
            </tr>
          </thead>
          <tbody>
            {layers.map((layer) => {
              const chosen = layer.exitLayer === proposal?.exitLayer;
              return (
                <tr key={layer.exitLayer} className={`border-t border-line ${chosen ? 'font-medium' : ''}`} data-chosen={chosen}>
                  <td className="py-1 pr-4">
                    {wholeText(layer.exitLayer)}
                    {chosen && <span className="ml-1.5 text-accent">{text.chosen}</span>}
                  </td>
                  <td className="py-1 pr-4">{adaptersText.curves.percent(layer.agreement)}</td>
                  <td className="py-1 pr-4">{layer.tokensPerRound.toFixed(2)}</td>
                  <td className="py-1 pr-4">{text.limitsOf(layer.threshold, layer.maxDraft)}</td>
                  <td className="py-1">
                    <span className="flex items-center gap-2">
                      <span
                        role="meter"
                        aria-label={`${text.layer} ${layer.exitLayer}: ${text.speedup}`}
                        aria-valuemin={0}
                        aria-valuemax={most}
                        aria-valuenow={layer.predictedSpeedup}
                        className="h-2 min-w-12 flex-1 overflow-hidden rounded-full bg-sunken"
                      >
                        <span
                          className={`block h-full rounded-full ${layer.predictedSpeedup < 1 ? 'bg-slow' : 'bg-accent'}`}
                          style={{ width: `${(layer.predictedSpeedup / most) * 100}%` }}
                        />
                      </span>
                      {adaptersText.factor(layer.predictedSpeedup)}
                    </span>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {proposal && (
        <p className="mt-1 text-[12.5px] text-ink-soft">
          {proposal.draftVocabularySize > 0
            ? text.vocabulary(proposal.draftVocabularySize, proposal.draftVocabularyCoverage)
            : text.fullVocabulary}
        </p>
      )}
    </section>
  );
}
