// One training: where it is, its curves while it learns, what it reached, and how to pause, resume or cancel it.
import { CircleCheck, CirclePause, LoaderCircle, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { trainingPhases, type TrainingJob } from '../../electron/contract/adapters.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { useAdapters } from './adapters-store.ts';
import { LayersChart } from './layers-chart.tsx';
import { ResultCard } from './result-card.tsx';
import { adaptersText } from './strings.ts';
import { TrainingCurves } from './training-curves.tsx';

const text = adaptersText.jobs;

export function JobCard({ job }: { job: TrainingJob }) {
  const { status, phase, fraction, done, total, remainingMs, error } = job;
  const underWay = status === 'running' || status === 'yielding';
  return (
    <li
      data-testid="training"
      data-status={status}
      data-phase={phase}
      className="rounded-2xl border border-line bg-raised px-4 py-4"
      aria-label={`${text.title}: ${job.modelName}`}
    >
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2">
        <StatusIcon status={status} />
        <div className="min-w-40 flex-1">
          <h4 className="font-medium wrap-anywhere">{job.modelName}</h4>
          <p role="status" className="text-[13.5px] text-ink-soft" data-testid="training-status">
            {text.statuses[status]}
            {status === 'paused' && error === null && `. ${text.pausedByRestart}`}
          </p>
        </div>
        <Actions job={job} />
      </div>
      {error && (
        <p role="alert" className={`mt-2 text-[14px] wrap-anywhere ${status === 'failed' ? 'text-danger' : 'text-slow'}`}>
          {error.message}
        </p>
      )}
      {underWay && (
        <div className="mt-3">
          <Phases job={job} />
          <progress
            className="progress mt-2 w-full"
            {...(total > 0 ? { value: fraction } : {})}
            aria-label={text.progress(text.phases[phase], fraction)}
          />
          <p className="mt-1 flex flex-wrap justify-between gap-x-4 text-[13px] text-ink-soft tabular-nums">
            <span>{total > 0 ? text.amountDone[phase](done, total) : ''}</span>
            <span data-testid="training-left">{remainingMs === null ? '' : text.left(remainingMs)}</span>
          </p>
        </div>
      )}
      {job.result === null && job.points.length > 0 && (
        <div className="mt-4">
          <TrainingCurves points={job.points} lastStep={phase === 'train' ? total : (job.points.at(-1)?.step ?? 0)} />
        </div>
      )}
      {job.result === null && job.layers.length > 0 && (
        <div className="mt-4">
          <LayersChart layers={job.layers} proposal={job.proposal} />
        </div>
      )}
      {job.result && <Ended job={job} />}
    </li>
  );
}

/** The result first; how it came about, on demand. */
function Ended({ job }: { job: TrainingJob }) {
  const { result } = job;
  if (!result) return null;
  return (
    <div className="mt-3 space-y-3">
      <ResultCard result={result} />
      <details>
        <summary className="text-[13.5px] text-ink-soft">{adaptersText.list.details}</summary>
        <div className="mt-3 space-y-4">
          <TrainingCurves points={job.points} lastStep={result.steps} />
          {job.layers.length > 0 && <LayersChart layers={job.layers} proposal={job.proposal} />}
        </div>
      </details>
    </div>
  );
}

function StatusIcon({ status }: Pick<TrainingJob, 'status'>) {
  const look = 'mt-0.5 shrink-0';
  if (status === 'completed') return <CircleCheck size={18} aria-hidden className={`${look} text-accent`} />;
  if (status === 'failed') return <TriangleAlert size={18} aria-hidden className={`${look} text-danger`} />;
  if (status === 'running') return <LoaderCircle size={18} aria-hidden className={`${look} animate-spin text-accent`} />;
  return <CirclePause size={18} aria-hidden className={`${look} text-ink-soft`} />;
}

function Phases({ job }: { job: TrainingJob }) {
  const at = trainingPhases.indexOf(job.phase);
  const shown = trainingPhases.filter((phase) => phase !== 'explore' || job.choices.exitLayer === null);
  return (
    <ol aria-label={text.steps} className="flex flex-wrap gap-x-1.5 gap-y-0.5 text-[13px]">
      {shown.map((phase, index) => {
        const current = phase === job.phase;
        const past = trainingPhases.indexOf(phase) < at;
        return (
          <li key={phase} aria-current={current ? 'step' : undefined} className="flex items-center gap-1.5">
            {index > 0 && (
              <span aria-hidden className="text-line-strong">
                ›
              </span>
            )}
            <span className={current ? 'font-medium text-accent' : past ? 'text-ink' : 'text-ink-soft'}>
              {text.phases[phase]}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function Actions({ job }: { job: TrainingJob }) {
  const act = useAdapters((state) => state.act);
  const [asking, setAsking] = useState(false);
  const { id, status, modelName } = job;
  const ended = status === 'completed';
  return (
    <div className="flex flex-wrap gap-2">
      {(status === 'running' || status === 'yielding' || status === 'queued') && (
        <button
          type="button"
          className="button"
          data-testid="pause-training"
          aria-label={text.pauseLabel(modelName)}
          onClick={() => void act((adapters) => adapters.pause(id))}
        >
          {text.pause}
        </button>
      )}
      {(status === 'paused' || status === 'failed') && (
        <button
          type="button"
          className="button-accent"
          data-testid="resume-training"
          aria-label={status === 'failed' ? text.tryAgainLabel(modelName) : text.resumeLabel(modelName)}
          onClick={() => void act((adapters) => adapters.resume(id))}
        >
          {status === 'failed' ? text.again : text.resume}
        </button>
      )}
      <button
        type="button"
        className="button"
        data-testid={ended ? 'dismiss-training' : 'cancel-training'}
        aria-label={ended ? text.dismissLabel(modelName) : text.cancelLabel(modelName)}
        onClick={() => {
          if (ended) void act((adapters) => adapters.cancel(id));
          else setAsking(true);
        }}
      >
        {ended ? text.dismiss : text.cancel}
      </button>
      <ConfirmDialog
        open={asking}
        title={text.askCancel(modelName)}
        text={text.askCancelText}
        confirm={text.cancel}
        cancel={text.keepTraining}
        onConfirm={() => void act((adapters) => adapters.cancel(id))}
        onClose={() => setAsking(false)}
      />
    </div>
  );
}
