// Before the first message: some things to ask; and what stands there until the chat has been read.
import { useModel } from '../model/model-store.ts';
import { strings } from '../strings.ts';
import { Mark } from '../ui/mark.tsx';

export function EmptyChat({ onPick }: { onPick: (text: string) => void }) {
  const starter = useModel(({ state }) => (state && state.status !== 'unloaded' ? (state.model?.builtIn ?? false) : false));
  return (
    <section className="rise my-auto flex flex-col items-center py-6 text-center" aria-labelledby="empty-title">
      <Mark size={60} className="text-accent" />
      <h2 id="empty-title" className="mt-4 text-[26px] leading-tight font-semibold tracking-tight text-balance">
        {strings.chat.emptyTitle}
      </h2>
      <p className="mt-2 max-w-[46ch] text-pretty text-ink-soft">
        {starter ? strings.chat.emptyTextStarter : strings.chat.emptyText}
      </p>
      <ul className="mt-8 grid w-full max-w-[40rem] gap-2.5 sm:grid-cols-2" aria-label={strings.chat.examplesLabel}>
        {strings.chat.examples.map((example) => (
          <li key={example}>
            <button
              type="button"
              data-testid="example"
              className="h-full w-full rounded-xl border border-line bg-raised px-4 py-3 text-start text-[14.5px] leading-snug transition-colors hover:border-accent"
              onClick={() => onPick(example)}
            >
              {example}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function LoadingChat() {
  return (
    <div role="status" className="space-y-7 pt-6">
      <span className="sr-only">{strings.chat.loading}</span>
      <div aria-hidden className="flex justify-end">
        <div className="skeleton h-11 w-2/5" />
      </div>
      <div aria-hidden className="space-y-2.5 sm:pl-12">
        <div className="skeleton h-4 w-11/12" />
        <div className="skeleton h-4 w-4/5" />
        <div className="skeleton h-4 w-3/5" />
      </div>
    </div>
  );
}
