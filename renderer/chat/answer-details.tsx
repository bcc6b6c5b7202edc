// Everything that is known of how an answer came about: model, times, drafts, and the settings it was asked with.
import { Info } from 'lucide-react';
import type { Message } from '../../electron/contract/chats.ts';
import { strings } from '../strings.ts';
import { Popover } from '../ui/popover.tsx';
import { chatText, durationText } from './strings.ts';

const text = chatText.details;

export function AnswerDetails({ message }: { message: Message }) {
  return (
    <Popover
      label={chatText.figures.detailsOf}
      testId="answer-details"
      align="start"
      buttonClass="button-ghost -mx-1.5 min-h-6"
      button={
        <>
          <Info size={14} aria-hidden />
          {chatText.figures.details}
        </>
      }
    >
      <p className="mb-2 text-[14.5px] font-semibold">{chatText.figures.detailsOf}</p>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-[13.5px] leading-snug">
        {rowsOf(message).map(([label, value]) => (
          <div key={label} className="contents">
            <dt className="text-ink-soft">{label}</dt>
            <dd className="wrap-anywhere tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </Popover>
  );
}

function rowsOf(message: Message): [label: string, value: string][] {
  const { stats, answeredWith, modelName, stopReason, timeToFirstTokenMs, speedup, continuations } = message;
  const rows: [string, string | null][] = [
    [text.model, modelName],
    [text.adapter, answeredWith && (answeredWith.adapterName ?? text.noAdapter)],
    [text.ended, endOf(message, stopReason, continuations)],
  ];
  if (stats) {
    const baseline = strings.figures.baselines[stats.plainStepMs === null ? 'calibration' : 'answer'];
    rows.push(
      [text.tokens, text.tokensText(stats.tokens, stats.rounds)],
      [text.prompt, text.promptText(stats.promptTokens, stats.cachedTokens)],
      [text.firstToken, timeToFirstTokenMs === null ? null : durationText(timeToFirstTokenMs)],
      [text.speed, text.speedText(strings.figures.tokensPerSecond(stats.tokensPerSecond), stats.ms)],
      [text.speedup, speedup === null ? null : text.speedupText(speedup, baseline)],
      [text.acceptance, text.acceptanceText(stats.accepted, stats.drafted)],
    );
  }
  if (answeredWith) {
    const { settings, seed, systemPrompt } = answeredWith;
    const { temperature, topK, topP, minP, repetitionPenalty, decodingMode } = settings;
    rows.push(
      [text.decoding, text.modes[decodingMode]],
      [text.sampling, temperature === 0 ? text.greedy : text.sampled(temperature, topK, topP, minP, seed)],
      [text.repetition, String(repetitionPenalty)],
      [text.system, systemPrompt === '' ? text.none : systemPrompt],
    );
  }
  rows.push([text.when, text.whenText(message.createdAtMs)]);
  return rows.filter((row): row is [string, string] => row[1] !== null);
}

function endOf({ status }: Message, stopReason: Message['stopReason'], continuations: number): string | null {
  if (status === 'failed') return text.failed;
  return stopReason === null ? null : text.stopReasons[stopReason] + text.continued(continuations);
}
