// The parts of a model's details: facts, its adapter, its files with their hash, and the long texts of the header.
import { Zap } from 'lucide-react';
import { useRef, useState, type ReactNode } from 'react';
import { toErrorShape } from '../../../electron/contract/errors.ts';
import type { LibraryModel, ModelDetails } from '../../../electron/contract/library.ts';
import { requireClient } from '../../connection-store.ts';
import { bytesText, parametersText, percentText, wholeText } from '../../number-text.ts';
import { hrefOf } from '../../route.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Section } from '../page-parts.tsx';
import { modelsText } from '../strings.ts';
import { SupportText } from '../support-text.tsx';
import { useLibrary } from './library-store.ts';
import { choosePath } from './path-prompt.ts';

const text = modelsText.details;

const card = 'rounded-2xl border border-line bg-raised px-4';

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-4 border-line py-2 not-first:border-t sm:grid-cols-[11rem_minmax(0,1fr)]">
      <dt className="text-[14px] text-ink-soft">{label}</dt>
      <dd className="text-[14px] wrap-anywhere tabular-nums">{children}</dd>
    </div>
  );
}

export function FactsSection({ model, details }: { model: LibraryModel; details: ModelDetails | null }) {
  const { facts } = model;
  return (
    <Section title={text.facts} testId="facts">
      <dl className={card}>
        <Row label={text.size}>
          {bytesText(model.sizeBytes)}
          {model.files > 1 && ` · ${text.allFiles(model.files)}`}
        </Row>
        {facts && (
          <>
            <Row label={text.architecture}>
              {facts.architecture}
              <SupportText support={facts.support} />
            </Row>
            <Row label={text.parameters}>{facts.parameters > 0 ? parametersText(facts.parameters) : text.unknown}</Row>
            <Row label={text.quantisation}>{facts.quantisation || text.unknown}</Row>
            <Row label={text.layers}>{wholeText(facts.layers)}</Row>
            <Row label={text.trainedContext}>{facts.trainedContext > 0 ? text.tokens(facts.trainedContext) : text.unknown}</Row>
            <Row label={text.template}>{facts.hasChatTemplate ? text.hasTemplate : text.noTemplate}</Row>
            <Row label={text.licence}>{facts.licence ?? text.unknown}</Row>
          </>
        )}
        {details?.origin && (
          <Row label={text.origin}>
            {details.origin.repository}
            {details.origin.revision && <span className="text-ink-soft"> {text.revision(details.origin.revision)}</span>}
          </Row>
        )}
      </dl>
    </Section>
  );
}

export function AdapterSection({ model, details }: { model: LibraryModel; details: ModelDetails }) {
  const act = useLibrary((state) => state.act);
  const { adapter, measuredSpeedup } = details;
  const choose = () => void choosePath({ what: 'adapter', take: (library, path) => library.setAdapter(model.id, path) });
  return (
    <Section title={text.drafting} testId="adapter">
      <div className={`${card} flex flex-wrap items-center gap-x-4 gap-y-2.5 py-3 text-[14px]`}>
        <Zap size={18} aria-hidden className={`shrink-0 ${adapter ? 'text-accent' : 'text-ink-soft'}`} />
        <div className="min-w-48 flex-1">
          {adapter ? (
            <>
              <p>{text.adapterFor(adapter.baseName, adapter.exitLayer, adapter.sizeBytes)}</p>
              <p className="font-mono text-[12.5px] text-ink-soft wrap-anywhere">{adapter.path}</p>
            </>
          ) : (
            <p>{text.noAdapter}</p>
          )}
          <p className="text-ink-soft tabular-nums">
            {measuredSpeedup ? text.speedup(measuredSpeedup.speedup, measuredSpeedup.answers) : adapter && text.noSpeedup}
          </p>
        </div>
        {!adapter && (
          <a className="button" href={hrefOf({ view: 'adapters' })}>
            {text.trainAdapter}
          </a>
        )}
        {!model.builtIn && (
          <div className="flex gap-2">
            <button type="button" className="button" data-testid="choose-adapter" onClick={choose}>
              {adapter ? text.changeAdapter : text.chooseAdapter}
            </button>
            {adapter && (
              <button type="button" className="button" onClick={() => void act((library) => library.setAdapter(model.id, null))}>
                {text.removeAdapter}
              </button>
            )}
          </div>
        )}
      </div>
    </Section>
  );
}

export function FilesSection({ model, details }: { model: LibraryModel; details: ModelDetails }) {
  const [computed, setComputed] = useState<string | null>(null);
  const hash = details.sha256 ?? computed;
  return (
    <Section title={text.files} testId="files">
      <dl className={card}>
        {details.paths.map((path, index) => (
          <Row
            key={path}
            label={details.paths.length > 1 ? `${wholeText(index + 1)} / ${wholeText(details.paths.length)}` : text.files}
          >
            <span className="flex items-start justify-between gap-2">
              <span className="font-mono text-[13px]">{path}</span>
              <CopyButton label={text.copyPath} text={() => path} />
            </span>
          </Row>
        ))}
        <Row label={text.hash}>
          {hash === null ? (
            model.status === 'ready' || model.status === 'unread' ? (
              <ComputeHash modelId={model.id} onComputed={setComputed} />
            ) : (
              text.unknown
            )
          ) : (
            <span className="flex items-start justify-between gap-2" data-testid="sha256">
              <span className="font-mono text-[13px]">{hash}</span>
              <CopyButton label={text.copyHash} text={() => hash} />
            </span>
          )}
        </Row>
      </dl>
    </Section>
  );
}

function ComputeHash({ modelId, onComputed }: { modelId: string; onComputed: (sha256: string) => void }) {
  const [fraction, setFraction] = useState<number | null>(null);
  const cancelled = useRef(false);
  async function compute(): Promise<void> {
    cancelled.current = false;
    setFraction(0);
    try {
      for await (const progress of requireClient().library.hash(modelId)) {
        if (cancelled.current) break;
        setFraction(progress.fraction);
        if (progress.sha256 !== null) onComputed(progress.sha256);
      }
    } catch (error) {
      useLibrary.setState({ problem: toErrorShape(error) });
    }
    setFraction(null);
  }
  if (fraction === null) {
    return (
      <button type="button" className="button" data-testid="compute-hash" onClick={() => void compute()}>
        {text.computeHash}
      </button>
    );
  }
  return (
    <span className="flex items-center gap-3">
      <progress className="progress w-40" value={fraction} aria-label={text.computing(fraction)} />
      <span>{percentText(fraction)}</span>
      <button type="button" className="button-ghost" onClick={() => (cancelled.current = true)}>
        {modelsText.cancel}
      </button>
    </span>
  );
}

export function LongTexts({ details }: { details: ModelDetails }) {
  const metadata = Object.entries(details.metadata);
  return (
    <div className="space-y-2">
      {details.chatTemplate !== null && (
        <details className={`${card} py-2.5`}>
          <summary className="text-[14px] font-medium">{text.showTemplate}</summary>
          <pre
            tabIndex={0}
            className="mt-2 max-h-96 overflow-auto rounded-lg bg-sunken p-3 font-mono text-[12.5px] leading-normal whitespace-pre-wrap"
          >
            {details.chatTemplate}
          </pre>
        </details>
      )}
      {metadata.length > 0 && (
        <details className={`${card} py-2.5`}>
          <summary className="text-[14px] font-medium">{text.showMetadata(metadata.length)}</summary>
          <div tabIndex={0} className="mt-2 max-h-96 overflow-auto">
            <table className="w-full text-start text-[12.5px]">
              <thead>
                <tr className="text-ink-soft">
                  <th className="py-1 pr-4 text-start font-medium">{text.key}</th>
                  <th className="py-1 text-start font-medium">{text.value}</th>
                </tr>
              </thead>
              <tbody className="font-mono">
                {metadata.map(([key, value]) => (
                  <tr key={key} className="border-t border-line align-top">
                    <td className="py-1 pr-4 wrap-anywhere">{key}</td>
                    <td className="py-1 wrap-anywhere">{value}</td>
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
