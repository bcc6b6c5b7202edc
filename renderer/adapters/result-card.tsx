// What a training reached: speeds side by side, acceptance by place, and where it comes from.
import type { ReactNode } from 'react';
import type { TrainingResult } from '../../electron/contract/adapters.ts';
import { adaptersText } from './strings.ts';

const text = adaptersText.result;

export function ResultCard({ result }: { result: TrainingResult }) {
  const { speeds } = result;
  return (
    <div data-testid="result" className="space-y-4 text-[14px]">
      {speeds && (
        <div>
          <div className="grid gap-2 sm:grid-cols-3">
            <Speed
              label={text.auto}
              speed={speeds.autoTokensPerSecond}
              speedup={speeds.autoSpeedup}
              quartiles={speeds.autoSpeedupQuartiles}
            />
            <Speed
              label={text.always}
              speed={speeds.kangarooTokensPerSecond}
              speedup={speeds.kangarooSpeedup}
              quartiles={speeds.kangarooSpeedupQuartiles}
            />
            <Speed label={text.plain} speed={speeds.plainTokensPerSecond} speedup={null} quartiles={null} />
          </div>
          <p className="mt-1.5 text-[12.5px] text-ink-soft">{text.speeds(speeds.questions)}</p>
          {speeds.kangarooSpeedup < 1 && <p className="mt-1 text-[13.5px] text-slow">{text.notPaying}</p>}
        </div>
      )}
      <dl className="grid gap-x-6 gap-y-1 sm:grid-cols-2">
        <Row label={text.accepted}>
          {result.acceptanceByPosition.map((share) => adaptersText.curves.percent(share)).join(', ') || adaptersText.curves.none}
        </Row>
        <Row label={text.perRound}>{result.tokensPerRound.toFixed(2)}</Row>
        <Row label={text.agreement}>{adaptersText.curves.percent(result.agreement)}</Row>
        <Row label={text.loss}>{result.loss.toFixed(3)}</Row>
        <Row label={text.exit}>{text.exitOf(result.exitLayer, result.threshold, result.maxDraft)}</Row>
        <Row label={text.vocabulary}>{text.vocabularyOf(result.draftVocabularySize)}</Row>
        <Row label={text.text}>{text.textOf(result.tokens, result.steps)}</Row>
        <Row label={text.made}>{text.madeOf(result.trainedAtMs, result.tookMs)}</Row>
      </dl>
    </div>
  );
}

interface SpeedProps {
  label: string;
  /** Tokens per second. */
  speed: number;
  /** Over plain decoding; null: it is plain decoding. */
  speedup: number | null;
  quartiles: [number, number] | null;
}

function Speed({ label, speed, speedup, quartiles }: SpeedProps) {
  return (
    <div className="rounded-xl bg-sunken px-3 py-2">
      <p className="text-[12.5px] text-ink-soft">{label}</p>
      <p className="text-[18px] font-semibold tabular-nums">
        {speedup === null ? text.speed(speed) : adaptersText.factor(speedup)}
      </p>
      <p className="text-[12.5px] text-ink-soft tabular-nums">{speedup === null ? adaptersText.factor(1) : text.speed(speed)}</p>
      {quartiles && <p className="text-[12.5px] text-ink-soft tabular-nums">{text.spread(...quartiles)}</p>}
    </div>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-3 border-t border-line py-1">
      <dt className="text-ink-soft">{label}</dt>
      <dd className="text-end tabular-nums">{children}</dd>
    </div>
  );
}
