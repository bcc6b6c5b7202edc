// The quantisations of a repository, one a row: to choose one whose fit is shown, and to download it.
import { Download as DownloadIcon } from 'lucide-react';
import { useId } from 'react';
import type { Fit } from '../../../electron/contract/fit.ts';
import type { HubRepository, HubVariant } from '../../../electron/contract/hub.ts';
import { bytesText, percentText } from '../../number-text.ts';
import { hrefOf } from '../../route.ts';
import { fractionOf } from '../downloads/download-state.ts';
import { useDownloads } from '../downloads/downloads-store.ts';
import { useLibrary } from '../library/library-store.ts';
import { ChatButton } from '../library/model-row.tsx';
import { FitBadge } from '../memory/fit-view.tsx';
import { Badge } from '../page-parts.tsx';
import { modelsText } from '../strings.ts';
import { downloadOf } from './hub-names.ts';

const text = modelsText.repository;

interface VariantsProps {
  page: HubRepository;
  chosen: string | null;
  recommended: string | null;
  /** Of the chosen one. */
  fit: Fit | null;
  onChoose: (file: string) => void;
}

export function Variants({ page, chosen, recommended, fit, onChoose }: VariantsProps) {
  const id = useId();
  const freeBytes = useLibrary(({ state }) => state?.folders.find(({ isDefault }) => isDefault)?.freeBytes ?? null);
  const chosenBytes = page.variants.find(({ file }) => file === chosen)?.sizeBytes ?? 0;
  return (
    <ul data-testid="variants" className="divide-y divide-line overflow-hidden rounded-2xl border border-line bg-raised">
      {page.variants.map((variant, index) => {
        const isChosen = variant.file === chosen;
        return (
          <li
            key={variant.file}
            data-testid="variant"
            className={`flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2.5 ${isChosen ? 'bg-accent-soft/50' : ''}`}
          >
            <div className="flex min-w-52 flex-1 items-start gap-3">
              <input
                id={`${id}-${index}`}
                type="radio"
                name={id}
                className="mt-1 size-4 shrink-0 accent-accent"
                checked={isChosen}
                aria-describedby={`${id}-${index}-about`}
                onChange={() => onChoose(variant.file)}
              />
              <div className="min-w-0 flex-1">
                <div className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
                  <label htmlFor={`${id}-${index}`} className="cursor-pointer font-medium wrap-anywhere">
                    {variant.quantisation || variant.file}
                  </label>
                  {variant.file === recommended && <Badge tone="accent">{text.recommended}</Badge>}
                  {isChosen && fit && <FitBadge verdict={fit.verdict} />}
                </div>
                <p id={`${id}-${index}-about`} className="text-[13px] text-ink-soft tabular-nums">
                  {modelsText.library.meta([
                    bytesText(variant.sizeBytes),
                    variant.quality && text.qualities[variant.quality],
                    variant.files.length > 1 ? text.parts(variant.files.length) : null,
                    fit && !isChosen ? needOf(fit, variant.sizeBytes - chosenBytes) : null,
                  ])}
                  {variant.modelId === null && variant.sizeBytes > (freeBytes ?? Infinity) && (
                    <span data-testid="no-room" className="block text-slow">
                      {text.noRoom(freeBytes ?? 0)}
                    </span>
                  )}
                </p>
              </div>
            </div>
            <VariantAction page={page} variant={variant} />
          </li>
        );
      })}
    </ul>
  );
}

/** Variants of one model differ in their weights alone, so the need of one tells that of the others. */
function needOf(fit: Fit, moreBytes: number): string {
  const bytes = fit.totalBytes + moreBytes;
  const free = fit.ram.freeBytes + (fit.gpu?.freeBytes ?? 0);
  return bytes > free ? `${text.about(bytes)}, ${text.moreThanFree}` : text.about(bytes);
}

function VariantAction({ page, variant }: { page: HubRepository; variant: HubVariant }) {
  const library = useLibrary((state) => state.state);
  const queued = useDownloads(({ downloads }) => downloadOf(downloads, page.repository, variant.file));
  const download = useDownloads((state) => state.download);
  const model = library?.models.find(({ id }) => id === variant.modelId) ?? null;
  if (model) return <ChatButton model={model} />;
  if (queued && queued.status !== 'completed') {
    return (
      <a className="button tabular-nums" href={hrefOf({ view: 'downloads' })} data-testid="see-download">
        {queued.status === 'downloading' ? percentText(fractionOf(queued)) : modelsText.downloads.statuses[queued.status]}
      </a>
    );
  }
  return (
    <button
      type="button"
      className="button"
      data-testid="download-variant"
      aria-label={text.downloadLabel(variant.file, variant.sizeBytes)}
      disabled={!page.access.granted}
      onClick={() => void download(page.repository, variant.file)}
    >
      <DownloadIcon size={15} aria-hidden />
      {text.download(variant.sizeBytes)}
    </button>
  );
}
