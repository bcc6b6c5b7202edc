// Time saved by drafting: in this chat, however long it is, and in all chats, as the core adds it up.
import type { AnswerTotals } from '../../electron/contract/chats.ts';
import { useAnswer } from '../use-answer.ts';
import { visualizerText } from './strings.ts';

const text = visualizerText.totals;

/** 90% of a normal distribution: as for the speed's interval. */
const reach = 1.645;

interface SavedTotalsProps {
  chatId: string;
  /** Changes whenever the sums may have. */
  version: string;
}

export function SavedTotals({ chatId, version }: SavedTotalsProps) {
  const chat = useAnswer(`totals ${chatId}`, ({ chats }) => chats.totals(chatId), version).value;
  const all = useAnswer('totals', ({ chats }) => chats.totals(null), version).value;
  if (!chat || !all || all.compared === 0) return null;
  return (
    <dl className="mt-2.5 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-0.5 text-[12.5px]" data-testid="totals">
      <Row name={text.chat} totals={chat} testId="totals-chat" />
      <Row name={text.all} totals={all} testId="totals-all" />
    </dl>
  );
}

function Row({ name, totals, testId }: { name: string; totals: AnswerTotals; testId: string }) {
  const { savedMs, savedDeviationMs, compared, answers } = totals;
  const spread = reach * savedDeviationMs;
  return (
    <>
      <dt className="text-ink-soft">{name}</dt>
      <dd className="tabular-nums" data-testid={testId} data-saved-ms={savedMs}>
        {compared === 0 ? (
          text.none
        ) : (
          <>
            <span className={`font-medium ${savedMs - spread > 0 ? 'text-accent' : savedMs + spread < 0 ? 'text-slow' : ''}`}>
              {text.saved(savedMs)}
            </span>
            <span className="text-ink-soft">
              {spread > 0 && ` (${text.interval(savedMs - spread, savedMs + spread)})`} {text.over(compared, answers)}
            </span>
          </>
        )}
      </dd>
    </>
  );
}
