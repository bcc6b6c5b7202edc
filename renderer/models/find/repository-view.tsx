// A model's page: what it is, whether its files may be fetched, its quantisations, and whether the chosen one would fit.
import { ChevronLeft, ExternalLink, Lock } from 'lucide-react';
import { useState } from 'react';
import type { FitChoices } from '../../../electron/contract/fit.ts';
import type { HubAccess, HubRepository } from '../../../electron/contract/hub.ts';
import { openLink } from '../../markdown/link-prompt.ts';
import { parametersText } from '../../number-text.ts';
import { hrefOf } from '../../route.ts';
import { Notice } from '../../ui/notice.tsx';
import { useAnswer } from '../../use-answer.ts';
import { useDownloads } from '../downloads/downloads-store.ts';
import { useLibrary } from '../library/library-store.ts';
import { FitPanel } from '../memory/fit-panel.tsx';
import { Badge, FailedAnswer, Section, Skeletons } from '../page-parts.tsx';
import { modelsText } from '../strings.ts';
import { SupportText } from '../support-text.tsx';
import { modelNameOf, recommendedVariant } from './hub-names.ts';
import { useHub } from './hub-store.ts';
import { useTokenDialog } from './token-dialog.ts';
import { Variants } from './variants.tsx';

const text = modelsText.repository;

export function RepositoryView({ repository }: { repository: string }) {
  // A token that was set or forgotten, and a model that has come, change what may be done here.
  const account = useHub(({ status }) => status && `${status.endpoint} ${status.token.kept} ${status.token.account}`);
  const models = useLibrary(({ state }) => state?.models.length ?? 0);
  const page = useAnswer(`repository ${repository}`, (client) => client.hub.repository(repository), `${account} ${models}`);
  return (
    <>
      <a href={hrefOf({ view: 'find', repository: null })} className="button-ghost -mb-4 -ml-1.5 w-fit">
        <ChevronLeft size={16} aria-hidden />
        {text.back}
      </a>
      {page.value ? (
        <Page key={repository} page={page.value} askAgain={page.askAgain} />
      ) : page.error ? (
        <FailedAnswer title={text.failed} error={page.error} askAgain={page.askAgain} testId="repository-error" />
      ) : (
        <Skeletons label={modelsText.loading} rows={5} />
      )}
    </>
  );
}

function Page({ page, askAgain }: { page: HubRepository; askAgain: () => void }) {
  const problem = useDownloads((state) => state.problem);
  const dismissProblem = useDownloads((state) => state.dismissProblem);
  const [file, setFile] = useState<string | null>(null);
  const [choices, setChoices] = useState<FitChoices>({});
  const curated = useAnswer('curated', (client) => client.hub.curated());
  const recommended = recommendedVariant(
    page.variants,
    curated.value?.find(({ repository }) => repository === page.repository)?.files ?? [],
  );
  const chosen = page.variants.find((variant) => variant.file === file) ?? recommended;
  const asks = chosen !== null && page.access.granted;
  const fit = useAnswer(
    asks ? `fit ${page.repository} ${page.revision} ${chosen.file} ${JSON.stringify(choices)}` : null,
    (client) => client.hub.fit(page.repository, chosen?.file ?? '', choices),
  );
  const support = fit.value?.support ?? page.support;
  return (
    <>
      <div>
        <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
          <h2 className="text-[24px] leading-tight font-semibold tracking-tight wrap-anywhere">{modelNameOf(page.repository)}</h2>
          {page.gated && (
            <Badge tone="slow" title={modelsText.find.gatedTitle}>
              <Lock size={11} aria-hidden />
              {modelsText.find.gated}
            </Badge>
          )}
        </div>
        <p className="mt-1 text-[14px] text-ink-soft wrap-anywhere tabular-nums">
          {modelsText.library.meta([
            page.author,
            page.parameters === null ? null : modelsText.library.parameters(page.parameters),
            page.architecture,
            page.licence === null ? modelsText.find.unknownLicence : modelsText.find.licence(page.licence),
            modelsText.find.downloads(page.downloads),
            page.updatedAt === null ? null : modelsText.find.updated(page.updatedAt),
          ])}
        </p>
        {page.baseModel !== null && <p className="text-[14px] text-ink-soft wrap-anywhere">{text.base(page.baseModel)}</p>}
        <div className="mt-2.5 flex flex-wrap items-center gap-x-4 gap-y-2">
          {support && <SupportText support={support} />}
          <button type="button" className="button-ghost -ml-1.5 text-accent" onClick={() => openLink(page.url)}>
            <ExternalLink size={14} aria-hidden />
            {text.onHub}
          </button>
        </div>
      </div>
      {problem && (
        <Notice tone="danger" title={modelsText.notDone} onDismiss={dismissProblem} testId="download-problem">
          {problem.message}
        </Notice>
      )}
      {!page.access.granted && <Access access={page.access} askAgain={askAgain} />}
      {page.variants.length === 0 ? (
        <p className="rounded-2xl border border-dashed border-line px-6 py-10 text-center text-ink-soft">{text.none}</p>
      ) : (
        <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_21rem]">
          <Section title={text.variants} note={text.variantsText}>
            <Variants
              page={page}
              chosen={chosen?.file ?? null}
              recommended={recommended?.file ?? null}
              fit={fit.value?.fit ?? null}
              onChoose={setFile}
            />
          </Section>
          {asks && (
            <div className="rounded-2xl border border-line bg-raised p-4 lg:sticky lg:top-4">
              <p className="mb-1 text-[13.5px] text-ink-soft">
                {chosen.quantisation}
                {fit.value && ` · ${parametersText(fit.value.parameters)}`}
              </p>
              <FitPanel
                choices={choices}
                onChange={setChoices}
                trainedContext={fit.value?.trainedContext ?? 0}
                answer={{ ...fit, value: fit.value?.fit ?? null }}
              />
            </div>
          )}
        </div>
      )}
    </>
  );
}

function Access({ access, askAgain }: { access: Extract<HubAccess, { granted: false }>; askAgain: () => void }) {
  const enterToken = useTokenDialog((state) => state.open);
  const { code } = access.error;
  const needsToken = code === 'hub-token-missing' || code === 'hub-token-invalid' || code === 'hub-access-denied';
  return (
    <Notice
      tone="info"
      title={text.access.title}
      testId="access"
      actions={
        <>
          {needsToken && (
            <button type="button" className="button-accent" data-testid="enter-token" onClick={() => enterToken(askAgain)}>
              {text.access.enterToken}
            </button>
          )}
          <button type="button" className="button" onClick={() => openLink(access.url)}>
            <ExternalLink size={14} aria-hidden />
            {text.access.openPage}
          </button>
          <button type="button" className="button" onClick={askAgain}>
            {text.access.askAgain}
          </button>
        </>
      }
    >
      {access.error.message}
    </Notice>
  );
}
