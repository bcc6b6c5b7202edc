// Which rounds are shown: of one answer, the latest by default, or of the whole chat. Of a long chat only the latest messages are
// here; the rest is fetched when it is asked for.
import { useState } from 'react';
import { useChat } from '../chat/chat-store.ts';
import { Segments } from './segments.tsx';
import { visualizerText } from './strings.ts';
import type { NumberedAnswer } from './use-rounds.ts';
import { useVisualizer, type VisualizerScope } from './visualizer-store.ts';

const text = visualizerText;
const shown = 48;

export function AnswerPicker({ answers, chosen }: { answers: readonly NumberedAnswer[]; chosen: NumberedAnswer | null }) {
  const scope = useVisualizer((state) => state.scope);
  const messageId = useVisualizer((state) => state.messageId);
  const look = useVisualizer((state) => state.look);
  if (answers.length < 2) return null;
  return (
    <div className="flex flex-wrap items-center gap-2.5">
      <Segments<VisualizerScope>
        label={text.scopes.label}
        options={[
          { value: 'answer', text: text.scopes.answer },
          { value: 'chat', text: text.scopes.chat },
        ]}
        value={scope}
        onChange={(next) => look({ scope: next })}
        testId="scope"
      />
      {scope === 'answer' && (
        <select
          className="field !w-auto min-w-0 flex-1 truncate !py-1 !text-[13px]"
          aria-label={text.answerLabel}
          data-testid="answer-choice"
          value={messageId === null ? '' : (chosen?.message.id ?? '')}
          onChange={(event) => look({ messageId: event.target.value || null })}
        >
          <option value="">{text.latest}</option>
          {answers.toReversed().map(({ message, number }) => (
            <option key={message.id} value={message.id}>
              {text.answerOption(number, beginningOf(message.text))}
            </option>
          ))}
        </select>
      )}
      {scope === 'chat' && <Earlier />}
    </div>
  );
}

function Earlier() {
  const earlier = useChat((state) => state.chat?.earlier ?? 0);
  const loadAllEarlier = useChat((state) => state.loadAllEarlier);
  const [reading, setReading] = useState(false);
  if (earlier <= 0) return null;
  return (
    <p className="text-[13px] text-ink-soft" data-testid="not-read">
      {text.notRead(earlier)}{' '}
      <button
        type="button"
        className="rounded underline decoration-line-strong underline-offset-3 hover:decoration-ink"
        disabled={reading}
        data-testid="read-earlier"
        onClick={() => {
          setReading(true);
          void loadAllEarlier().finally(() => setReading(false));
        }}
      >
        {reading ? text.readingEarlier : text.readEarlier}
      </button>
    </p>
  );
}

function beginningOf(words: string): string {
  const line = words.trim().replaceAll(/\s+/g, ' ');
  if (line === '') return text.noWords;
  const letters = Array.from(line.slice(0, 4 * shown));
  return letters.length > shown ? `${letters.slice(0, shown).join('')}…` : line;
}
