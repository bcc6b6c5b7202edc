// What a search of the hub found: repositories, each with what tells them apart.
import { Download, Heart, Lock } from 'lucide-react';
import type { HubResult } from '../../../electron/contract/hub.ts';
import { dayText, parametersText, roughText } from '../../number-text.ts';
import { hrefOf } from '../../route.ts';
import { strings } from '../../strings.ts';
import { Notice } from '../../ui/notice.tsx';
import { Badge, Section, Skeletons } from '../page-parts.tsx';
import { modelsText } from '../strings.ts';
import { useHub } from './hub-store.ts';

const text = modelsText.find;

export function SearchResults() {
  const { searched, results, next, searching, error, search, searchMore } = useHub();
  return (
    <Section title={text.resultsTitle(searched?.text ?? '')} testId="results">
      {results.length > 0 && (
        <ul className="divide-y divide-line rounded-2xl border border-line bg-raised">
          {results.map((result) => (
            <Result key={result.repository} result={result} />
          ))}
        </ul>
      )}
      {error ? (
        <div className="mt-3">
          <Notice
            tone="danger"
            title={text.failed}
            testId="search-error"
            actions={
              <button type="button" className="button" onClick={() => void (results.length > 0 ? searchMore() : search())}>
                {strings.tryAgain}
              </button>
            }
          >
            {error.message}
            {error.code === 'hub-unreachable' && `\n${text.offline}`}
          </Notice>
        </div>
      ) : searching && results.length === 0 ? (
        <Skeletons label={text.searching} rows={6} />
      ) : results.length === 0 ? (
        <p
          role="status"
          className="rounded-2xl border border-dashed border-line px-6 py-10 text-center text-pretty text-ink-soft"
        >
          {text.noResults(searched?.text ?? '')}
        </p>
      ) : (
        next !== null && (
          <div className="mt-4 text-center">
            <button type="button" className="button" disabled={searching} data-testid="more" onClick={() => void searchMore()}>
              {searching ? text.searching : text.more}
            </button>
          </div>
        )
      )}
    </Section>
  );
}

function Result({ result }: { result: HubResult }) {
  const [, name = result.repository] = result.repository.split('/');
  const { support } = result;
  return (
    <li>
      <a
        href={hrefOf({ view: 'find', repository: result.repository })}
        data-testid="result"
        className="block px-4 py-3 transition-colors hover:bg-sunken/60"
      >
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="min-w-0 wrap-anywhere">
            <span className="text-ink-soft">{result.author}/</span>
            <span className="font-medium">{name}</span>
          </span>
          {result.gated && (
            <Badge tone="slow" title={text.gatedTitle}>
              <Lock size={11} aria-hidden />
              {text.gated}
            </Badge>
          )}
          {support?.support === 'drafts' && <Badge tone="accent">{modelsText.support.draftsShort}</Badge>}
          {support?.support === 'not-supported' && (
            <Badge tone="danger" title={support.reason}>
              {modelsText.support['not-supported']}
            </Badge>
          )}
        </span>
        <span className="mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-0.5 text-[13px] text-ink-soft tabular-nums">
          {result.parameters !== null && <span>{parametersText(result.parameters)}</span>}
          {result.architecture !== null && <span>{result.architecture}</span>}
          {result.licence !== null && <span>{result.licence}</span>}
          <span className="inline-flex items-center gap-1">
            <Download size={13} aria-hidden />
            <span className="sr-only">{text.downloads(result.downloads)}</span>
            <span aria-hidden>{roughText(result.downloads)}</span>
          </span>
          <span className="inline-flex items-center gap-1">
            <Heart size={13} aria-hidden />
            <span className="sr-only">{text.likes(result.likes)}</span>
            <span aria-hidden>{roughText(result.likes)}</span>
          </span>
          {result.updatedAt !== null && <span>{dayText(result.updatedAt)}</span>}
        </span>
      </a>
    </li>
  );
}
