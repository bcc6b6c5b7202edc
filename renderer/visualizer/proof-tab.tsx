// Proving an answer lossless: both runs side by side, the verdict, and a report to share.
import { Check, CircleAlert, Download, ShieldCheck } from 'lucide-react';
import type { Message } from '../../electron/contract/chats.ts';
import type { Token } from '../../electron/contract/engine.ts';
import type { ProofReport, ProofRunName } from '../../electron/contract/proofs.ts';
import { visibleToken } from '../chat/visible-token.ts';
import { Notice } from '../ui/notice.tsx';
import { gapText, proofAsText, recordedText } from './proof-report.ts';
import { useProof } from './proof-store.ts';
import { fileName, saveFile } from '../ui/save-file.ts';
import { visualizerText } from './strings.ts';

const text = visualizerText.proof;

export function ProofTab({ chatId, message }: { chatId: string; message: Message | null }) {
  const proof = useProof();
  if (!message) return <p className="text-[14px] text-ink-soft">{text.noAnswer}</p>;
  const own = proof.messageId === message.id;
  const { running } = proof;
  const streaming = message.status === 'streaming';
  const sampled = (message.answeredWith?.settings.temperature ?? 0) > 0;
  return (
    <section className="space-y-4" aria-label={text.title} data-testid="proof">
      <p className="max-w-[64ch] text-[13px] text-pretty text-ink-soft">{text.caption}</p>
      {sampled && <p className="max-w-[64ch] text-[13px] text-pretty text-ink-soft">{text.sampledNote}</p>}
      <div className="flex flex-wrap items-center gap-2.5">
        {running ? (
          <button type="button" className="button" data-testid="proof-cancel" onClick={proof.cancel}>
            {text.cancel}
          </button>
        ) : (
          <button
            type="button"
            className="button-accent disabled:opacity-50"
            data-testid="proof-start"
            disabled={streaming}
            onClick={() => void proof.start(chatId, message.id)}
          >
            <ShieldCheck size={15} aria-hidden />
            {own && proof.report ? text.again : text.start}
          </button>
        )}
        <span role="status" className="text-[13px] text-ink-soft">
          {running && text.running[proof.said.plain.tokens > 0 ? 'plain' : 'drafting']}
          {streaming && text.busy}
        </span>
      </div>
      {own && proof.error && proof.error.code !== 'cancelled' && (
        <Notice tone="danger" title={text.failed} testId="proof-error">
          {proof.error.message}
        </Notice>
      )}
      {own && proof.report && <Report report={proof.report} />}
      {own && (running || proof.report) && (
        <div className="grid gap-3 @lg:grid-cols-2">
          <Run name="drafting" report={proof.report} />
          <Run name="plain" report={proof.report} />
        </div>
      )}
    </section>
  );
}

function Report({ report }: { report: ProofReport }) {
  const { difference, comparedTokens, drafting, plain, createdAtMs } = report;
  const identical = difference === null;
  const Icon = identical ? Check : CircleAlert;
  const { accepted, drafted } = drafting;
  return (
    <div
      role="status"
      data-testid="proof-verdict"
      data-identical={identical}
      className={`rise space-y-2 rounded-xl px-4 py-3 text-[13.5px] ${identical ? 'bg-accent-soft' : 'bg-danger-soft'}`}
    >
      <p className={`flex items-center gap-2 text-[16px] font-semibold ${identical ? 'text-accent' : 'text-danger'}`}>
        <Icon size={18} aria-hidden />
        {identical ? text.identical : text.differs}
      </p>
      {difference === null && (
        <p>{drafted > 0 ? text.identicalText(comparedTokens, accepted, drafted) : text.nothingDrafted(comparedTokens)}</p>
      )}
      {difference && (
        <>
          <p>{text.differsText(difference.position)}</p>
          <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
            <TokenRow name={text.runs.drafting} token={difference.drafting} />
            <TokenRow name={text.runs.plain} token={difference.plain} />
          </dl>
          <p>{gapText(difference.logitGap)}</p>
        </>
      )}
      <p className="text-ink-soft">{recordedText(report)}</p>
      <p className="text-ink-soft tabular-nums">{text.speeds(drafting.ms, plain.ms)}</p>
      <div className="flex flex-wrap gap-2 pt-1">
        <button
          type="button"
          className="button"
          data-testid="proof-text"
          onClick={() => saveFile(fileName('proof', 'txt', createdAtMs), proofAsText(report))}
        >
          <Download size={14} aria-hidden />
          {text.saveText}
        </button>
        <button
          type="button"
          className="button"
          data-testid="proof-json"
          onClick={() =>
            saveFile(fileName('proof', 'json', createdAtMs), `${JSON.stringify(report, null, 1)}\n`, 'application/json')
          }
        >
          <Download size={14} aria-hidden />
          {text.saveJson}
        </button>
      </div>
    </div>
  );
}

function TokenRow({ name, token }: { name: string; token: Token | null }) {
  return (
    <>
      <dt className="text-ink-soft">{name}</dt>
      <dd>
        <code className="font-mono">{token ? visibleToken(token.text) : text.ended}</code>
      </dd>
    </>
  );
}

function Run({ name, report }: { name: ProofRunName; report: ProofReport | null }) {
  const said = useProof((state) => state.said[name]);
  const tokens = report?.[name].tokens;
  const position = report?.difference?.position;
  return (
    <div className="rounded-xl border border-line bg-raised p-3.5" data-testid={`proof-${name}`}>
      <p className="flex items-baseline justify-between gap-3 text-[13px]">
        <span className="font-semibold">{text.runs[name]}</span>
        <span className="text-ink-soft tabular-nums">{text.tokens(tokens?.length ?? said.tokens)}</span>
      </p>
      <p className="mt-1.5 max-h-72 overflow-y-auto text-[13.5px] leading-relaxed whitespace-pre-wrap wrap-anywhere" tabIndex={0}>
        {tokens && position !== undefined ? <Marked tokens={tokens} position={position} /> : said.text}
      </p>
    </div>
  );
}

/** What is the same, then the token at which they part, then the rest. */
function Marked({ tokens, position }: { tokens: readonly Token[]; position: number }) {
  const joined = (from: number, to?: number) =>
    tokens
      .slice(from, to)
      .map((token) => token.text)
      .join('');
  return (
    <>
      {joined(0, position)}
      <mark className="rounded bg-danger-soft font-semibold text-danger underline">
        {joined(position, position + 1) || text.ended}
      </mark>
      <span className="text-ink-soft">{joined(position + 1)}</span>
    </>
  );
}
