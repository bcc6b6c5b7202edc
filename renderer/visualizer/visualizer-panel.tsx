// The acceptance-rate visualizer: what drafting did, of one answer or of the chat, from the engine's own rounds.
import { X } from 'lucide-react';
import { useId, useMemo, type ReactNode } from 'react';
import type { Message } from '../../electron/contract/chats.ts';
import { useChat } from '../chat/chat-store.ts';
import { costsFor, useModel } from '../model/model-store.ts';
import { Notice } from '../ui/notice.tsx';
import { AcceptanceTab } from './acceptance-tab.tsx';
import { AnswerPicker } from './answer-picker.tsx';
import { ExportMenu } from './export-menu.tsx';
import { speedOf } from './figures/speed.ts';
import { isSampled, type Trace } from './figures/trace.ts';
import { ProofTab } from './proof-tab.tsx';
import { RoundsTab } from './rounds-tab.tsx';
import { SavedTotals } from './saved-totals.tsx';
import { SpeedTab } from './speed-tab.tsx';
import { EmptyState, LoadingState, Standing } from './states.tsx';
import { visualizerText } from './strings.ts';
import { Summary, summaryWords, sumUp, type SummaryFigures } from './summary.tsx';
import { Tabs } from './tabs.tsx';
import { useRounds, type NumberedAnswer } from './use-rounds.ts';
import { useVisualizer } from './visualizer-store.ts';
import { WhatIfTab } from './what-if-tab.tsx';
import './visualizer.css';

const text = visualizerText;

export function VisualizerPanel({ onClose }: { onClose(): void }) {
  const chat = useChat((state) => state.chat);
  const earlier = chat?.earlier ?? 0;
  const answers = useMemo(() => answersOf(chat?.messages ?? [], earlier), [chat?.messages, earlier]);
  const scope = useVisualizer((state) => state.scope);
  const chosenId = useVisualizer((state) => state.messageId);
  const chatId = chat?.id ?? null;
  const latest = answers.at(-1) ?? null;
  const chosen = answers.find(({ message }) => message.id === chosenId) ?? latest;
  const shown = useMemo(() => (scope === 'chat' ? answers : chosen ? [chosen] : []), [scope, answers, chosen]);
  const known = useRounds(chatId, shown);
  const trace = known.status === 'known' ? known.trace : null;
  const figures = useMemo(() => trace && sumUp(trace, speedOf(trace.answers)), [trace]);
  const model = useModel((state) => state.state);
  const titleId = useId();
  return (
    <section aria-labelledby={titleId} data-testid="visualizer" className="@container flex h-full min-h-0 flex-col bg-paper">
      <div className="flex items-center gap-2 border-b border-line px-4 py-2">
        <h2 id={titleId} className="text-[15px] font-semibold">
          {text.title}
        </h2>
        <div className="flex-1" />
        {trace && figures && figures.rounds > 0 && <Export trace={trace} figures={figures} />}
        <button
          type="button"
          className="button-icon"
          aria-label={text.close}
          title={text.close}
          data-testid="visualizer-close"
          onClick={onClose}
        >
          <X size={18} aria-hidden />
        </button>
      </div>
      <div className="min-h-0 flex-1 space-y-5 overflow-y-auto px-4 pt-4 pb-10">
        {latest && <AnswerPicker answers={answers} chosen={chosen} />}
        {latest === null ? (
          <>
            <EmptyState title={text.states.emptyTitle} testId="visualizer-empty">
              {text.states.emptyText}
            </EmptyState>
            <Standing rounds={[]} model={model} slower={false} />
          </>
        ) : known.status === 'loading' ? (
          <LoadingState />
        ) : known.status === 'failed' ? (
          <Notice
            tone="danger"
            title={text.states.failedTitle}
            testId="visualizer-failed"
            actions={
              <button type="button" className="button" onClick={known.retry}>
                {text.states.retry}
              </button>
            }
          >
            {known.error.message}
          </Notice>
        ) : (
          trace &&
          figures && (
            <Known
              trace={trace}
              figures={figures}
              chatId={chatId ?? ''}
              answer={chosen?.message ?? null}
              streaming={isStreaming(shown)}
              totalsVersion={versionOf(latest.message, answers.length)}
            />
          )
        )}
      </div>
    </section>
  );
}

const isStreaming = (answers: readonly NumberedAnswer[]) => answers.some(({ message }) => message.status === 'streaming');

/** Of the messages that are not here, every other one is an answer. */
function answersOf(messages: readonly Message[], earlier: number): NumberedAnswer[] {
  const before = Math.floor(earlier / 2);
  return messages.filter(({ role }) => role === 'assistant').map((message, at) => ({ message, number: before + at + 1 }));
}

/** The costs that are of the model which gave these answers. */
function useCosts({ answers }: Trace) {
  const model = useModel((state) => state.state);
  return costsFor(model, answers.at(-1)?.modelName ?? null);
}

function Export({ trace, figures }: { trace: Trace; figures: SummaryFigures }) {
  const costs = useCosts(trace);
  return <ExportMenu trace={trace} costs={costs} figures={figures} />;
}

/** Changes when an answer has ended, or another branch is shown. */
const versionOf = ({ id, status }: Message, answers: number) => `${id} ${status} ${answers}`;

interface KnownProps {
  trace: Trace;
  figures: SummaryFigures;
  chatId: string;
  /** The answer that can be proven. */
  answer: Message | null;
  streaming: boolean;
  totalsVersion: string;
}

function Known({ trace, figures, chatId, answer, streaming, totalsVersion }: KnownProps) {
  const tab = useVisualizer((state) => state.tab);
  const model = useModel((state) => state.state);
  const costs = useCosts(trace);
  const key = trace.answers.map(({ messageId }) => messageId).join(' ');
  if (trace.rounds.length === 0 && !streaming) {
    return (
      <EmptyState title={text.states.noRoundsTitle} testId="visualizer-no-rounds">
        {text.states.noRoundsText}
      </EmptyState>
    );
  }
  const faces: Record<typeof tab, ReactNode> = {
    rounds: <RoundsTab key={key} trace={trace} streaming={streaming} />,
    acceptance: <AcceptanceTab trace={trace} sampled={isSampled(trace.answers)} />,
    speed: <SpeedTab trace={trace} costs={costs} />,
    whatIf: <WhatIfTab trace={trace} costs={costs} />,
    proof: <ProofTab chatId={chatId} message={answer} />,
  };
  return (
    <>
      <p className="sr-only">{summaryWords(figures).join('. ')}</p>
      <div>
        <Summary figures={figures} trace={trace} />
        <SavedTotals chatId={chatId} version={totalsVersion} />
      </div>
      <Standing rounds={trace.rounds} model={model} slower={(figures.speed?.interval?.high ?? 1) < 1} />
      <Tabs>{faces[tab]}</Tabs>
    </>
  );
}
