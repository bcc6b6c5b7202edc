// Loss and agreement of a training while it goes on, and the same as a table.
import type { TrainingPoint } from '../../electron/contract/adapters.ts';
import { wholeText } from '../number-text.ts';
import { LineChart } from './line-chart.tsx';
import { adaptersText } from './strings.ts';

const text = adaptersText.curves;

export function TrainingCurves({ points, lastStep }: { points: TrainingPoint[]; lastStep: number }) {
  const heldOut = points.flatMap(({ step, heldOutLoss }) => (heldOutLoss === null ? [] : [{ step, value: heldOutLoss }]));
  const agreement = points.flatMap(({ step, agreement }) => (agreement === null ? [] : [{ step, value: agreement }]));
  const looked = points.filter((point) => point.heldOutLoss !== null);
  return (
    <div className="space-y-2">
      <div className="grid gap-x-6 gap-y-4 sm:grid-cols-2">
        <LineChart
          testId="loss-curve"
          title={text.loss}
          note={text.lossNote}
          lastStep={lastStep}
          say={text.value}
          curves={[
            { name: text.heldOut, points: heldOut },
            { name: text.trained, points: points.map(({ step, loss }) => ({ step, value: loss })), dashed: true },
          ]}
        />
        <LineChart
          testId="agreement-curve"
          title={text.agreement}
          note={text.agreementNote}
          lastStep={lastStep}
          range={[0, 1]}
          say={text.percent}
          curves={[{ name: text.heldOut, points: agreement }]}
        />
      </div>
      {looked.length > 0 && (
        <details className="text-[13px]">
          <summary className="text-ink-soft">{text.table}</summary>
          <div tabIndex={0} className="mt-1 max-h-56 overflow-auto">
            <table className="w-full text-start tabular-nums">
              <thead>
                <tr className="text-ink-soft">
                  {[text.step, `${text.loss}, ${text.trained}`, `${text.loss}, ${text.heldOut}`, text.agreement].map((head) => (
                    <th key={head} className="py-1 pr-4 text-start font-medium">
                      {head}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {looked.map(({ step, loss, heldOutLoss, agreement }) => (
                  <tr key={step} className="border-t border-line">
                    <td className="py-1 pr-4">{wholeText(step)}</td>
                    <td className="py-1 pr-4">{text.value(loss)}</td>
                    <td className="py-1 pr-4">{heldOutLoss === null ? text.none : text.value(heldOutLoss)}</td>
                    <td className="py-1">{agreement === null ? text.none : text.percent(agreement)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </div>
  );
}
