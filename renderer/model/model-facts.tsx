// What is known about the loaded model: its file, where it runs, its adapter, and what was measured here.
import type { ModelState } from '../../electron/contract/models.ts';
import { strings } from '../strings.ts';

const facts = strings.model.facts;

type LoadedState = Extract<ModelState, { status: 'ready' | 'calibrating' }>;

export function ModelFacts({ state }: { state: LoadedState }) {
  const { model, adapter, contextSize, devices, threads } = state.loaded;
  const costs = state.status === 'ready' ? state.costs : null;
  const rows: [label: string, value: string][] = [
    [
      facts.file,
      facts.fileText(model.fileType, strings.model.sizeText(model.sizeBytes), strings.model.parametersText(model.parameters)),
    ],
    [facts.context, facts.contextText(contextSize)],
    [facts.devices, facts.devicesText(devices.join(', '), threads)],
    [facts.adapter, adapter ? facts.adapterText(adapter.name, adapter.exitLayer, model.layers) : facts.noAdapter],
  ];
  if (costs) {
    rows.push([facts.baseline, facts.baselineText(costs.plainTokensPerSecond, ...costs.plainTokensPerSecondQuartiles)]);
    const plainMs = costs.verifyMs[0];
    if (costs.draftStepMs !== null && plainMs !== undefined) {
      rows.push([facts.draftStep, facts.draftStepText(costs.draftStepMs, plainMs)]);
    }
  }
  return (
    <span className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
      {rows.map(([label, value]) => (
        <span key={label} className="contents">
          <span className="text-ink-soft">{label}</span>
          <span className="wrap-anywhere">{value}</span>
        </span>
      ))}
    </span>
  );
}
