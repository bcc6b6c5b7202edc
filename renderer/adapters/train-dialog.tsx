// What a training would take, before it begins: how thoroughly, from what, and what that costs.
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import type { AppApi } from '../../electron/contract/index.ts';
import type { TrainingAmount, TrainingChoices, TrainingEstimate } from '../../electron/contract/adapters.ts';
import { remainingText } from '../number-text.ts';
import { useAnswer } from '../use-answer.ts';
import { useAdapters } from './adapters-store.ts';
import { adaptersText } from './strings.ts';

const text = adaptersText.dialog;
const amounts: readonly TrainingAmount[] = ['quick', 'standard', 'thorough'];

export function TrainDialog() {
  const asked = useAdapters((state) => state.asked);
  const ask = useAdapters((state) => state.ask);
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    if (asked) dialog.current?.showModal();
    else dialog.current?.close();
  }, [asked]);

  return (
    <dialog
      ref={dialog}
      aria-label={asked ? text.title(asked.name) : undefined}
      data-testid="train-dialog"
      className="m-auto w-[min(36rem,94vw)] rounded-2xl border border-line bg-raised p-5 text-start text-ink shadow-float"
      onClose={() => ask(null)}
    >
      {asked && <TrainForm key={asked.modelId} {...asked} onDone={() => ask(null)} />}
    </dialog>
  );
}

interface TrainFormProps {
  modelId: string;
  name: string;
  layers: number;
  onDone: () => void;
}

/** So that what the dialog tells is measured. Without that it is a guess, and says so. */
async function timeWhereUnknown({ adapters }: AppApi, modelId: string): Promise<boolean> {
  const known = await adapters.estimate(modelId, { amount: 'quick', useChats: false, exitLayer: null });
  if (known.basis === 'guessed' && known.problem === null) await adapters.timeTraining(modelId);
  return true;
}

function TrainForm({ modelId, name, layers, onDone }: TrainFormProps) {
  const id = useId();
  const act = useAdapters((state) => state.act);
  const problem = useAdapters((state) => state.problem);
  const [choices, setChoices] = useState<TrainingChoices>({ amount: 'standard', useChats: false, exitLayer: null });
  const choose = (change: Partial<TrainingChoices>) => setChoices((now) => ({ ...now, ...change }));
  const key = `estimate ${modelId} ${choices.amount} ${choices.exitLayer}`;
  const tried = useAnswer(`time ${modelId}`, (client) => timeWhereUnknown(client, modelId));
  const version = tried.asking ? 'guessed' : 'timed';
  const { value: estimate, error, asking } = useAnswer(key, ({ adapters }) => adapters.estimate(modelId, choices), version);
  const refused = error ?? estimate?.problem ?? problem;

  async function start(): Promise<void> {
    const started = await act((adapters) => adapters.start(modelId, choices));
    if (started !== null) onDone();
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <h2 className="text-[17px] font-semibold wrap-anywhere">{text.title(name)}</h2>
      <p className="mt-1 text-[14px] text-ink-soft">{text.how}</p>

      <fieldset className="mt-4">
        <legend className="mb-1 text-[14px] font-medium">{text.amount}</legend>
        <div className="grid gap-2 sm:grid-cols-3">
          {amounts.map((amount) => (
            <AmountChoice
              key={amount}
              modelId={modelId}
              amount={amount}
              choices={choices}
              version={version}
              name={`${id}-amount`}
              onChoose={() => choose({ amount })}
            />
          ))}
        </div>
      </fieldset>

      <label htmlFor={`${id}-layer`} className="mt-4 mb-1 block text-[14px] font-medium">
        {text.exitLayer}
      </label>
      <select
        id={`${id}-layer`}
        className="field"
        data-testid="exit-layer"
        value={choices.exitLayer ?? ''}
        onChange={(event) => choose({ exitLayer: event.target.value === '' ? null : Number(event.target.value) })}
      >
        <option value="">{text.automatic}</option>
        {Array.from({ length: Math.max(1, Math.floor(layers / 2)) }, (_, index) => index + 1).map((layer) => (
          <option key={layer} value={layer}>
            {text.layer(layer)}
          </option>
        ))}
      </select>

      <label className="mt-4 flex items-start gap-2.5 text-[14px]">
        <input
          type="checkbox"
          className="mt-1 size-4 shrink-0 accent-accent"
          data-testid="use-chats"
          checked={choices.useChats}
          onChange={(event) => choose({ useChats: event.target.checked })}
        />
        <span>
          {text.ownChats}
          <span className="block text-[13px] text-ink-soft">{text.ownChatsNote}</span>
        </span>
      </label>

      <section aria-label={text.estimate} className="mt-4 min-h-36 rounded-xl bg-sunken px-3.5 py-2.5" data-testid="estimate">
        <h3 className="text-[14px] font-medium">{text.estimate}</h3>
        {estimate ? (
          <EstimateRows estimate={estimate} trying={tried.asking} />
        ) : (
          <p className="text-[13.5px] text-ink-soft">{adaptersText.loading}</p>
        )}
      </section>
      <p role="alert" className="mt-2 min-h-5 text-[13.5px] text-danger wrap-anywhere">
        {refused && `${text.cannot}: ${refused.message}`}
      </p>
      <div className="mt-2 flex flex-wrap justify-end gap-2">
        <button type="button" className="button" onClick={onDone}>
          {adaptersText.cancel}
        </button>
        <button
          type="submit"
          className="button-accent"
          data-testid="start-training"
          disabled={asking || error !== null || estimate === null || estimate.problem !== null}
        >
          {text.start}
        </button>
      </div>
    </form>
  );
}

interface AmountChoiceProps {
  modelId: string;
  amount: TrainingAmount;
  choices: TrainingChoices;
  version: string;
  name: string;
  onChoose: () => void;
}

function AmountChoice({ modelId, amount, choices, version, name, onChoose }: AmountChoiceProps) {
  const key = `estimate ${modelId} ${amount} ${choices.exitLayer}`;
  const { value } = useAnswer(key, ({ adapters }) => adapters.estimate(modelId, { ...choices, amount }), version);
  return (
    <label className="flex cursor-pointer items-start gap-2 rounded-lg border border-line px-3 py-2 text-[14px] has-checked:border-accent has-checked:bg-accent-soft">
      <input
        type="radio"
        className="mt-1 size-4 shrink-0 accent-accent"
        name={name}
        value={amount}
        data-testid={`amount-${amount}`}
        checked={choices.amount === amount}
        onChange={onChoose}
      />
      <span>
        {text.amounts[amount]}
        <span className="block min-h-5 text-[13px] text-ink-soft tabular-nums">{value ? remainingText(value.totalMs) : ''}</span>
      </span>
    </label>
  );
}

function EstimateRows({ estimate, trying }: { estimate: TrainingEstimate; trying: boolean }) {
  return (
    <>
      <dl className="mt-1 text-[13.5px]">
        <Row label={text.time}>{text.about(estimate.totalMs)}</Row>
        <Row label={text.tokens}>{text.tokensOf(estimate.tokens)}</Row>
        <Row label={text.disk}>{text.diskOf(estimate.diskBytes, estimate.adapterBytes, estimate.availableBytes)}</Row>
        <Row label={text.memory}>{text.memoryOf(estimate.memoryBytes, estimate.availableMemoryBytes)}</Row>
      </dl>
      <p role="status" className="mt-1 text-[12.5px] text-ink-soft">
        {estimate.basis === 'guessed' && trying ? text.trying : text.basis[estimate.basis]}
      </p>
    </>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[5rem_minmax(0,1fr)] gap-x-3 py-0.5">
      <dt className="text-ink-soft">{label}</dt>
      <dd className="tabular-nums">{children}</dd>
    </div>
  );
}
