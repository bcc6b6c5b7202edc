// One model of the library, in the list: what it is, whether it can be used, and if not, what to do.
import { ChevronRight, MessageSquare, Trash2, Zap } from 'lucide-react';
import type { LibraryModel } from '../../../electron/contract/library.ts';
import { useModel } from '../../model/model-store.ts';
import { bytesText } from '../../number-text.ts';
import { goTo, hrefOf } from '../../route.ts';
import { Badge } from '../page-parts.tsx';
import { modelsText } from '../strings.ts';
import { useLibrary } from './library-store.ts';
import { ModelProblem } from './model-problem.tsx';

const text = modelsText.library;

export function ModelRow({ model }: { model: LibraryModel }) {
  const { facts } = model;
  const usable = model.status === 'ready' || model.status === 'unread';
  const details = hrefOf({ view: 'library', modelId: model.id });
  return (
    <li data-testid="library-model" data-status={model.status} className="px-4 py-3">
      <div className="flex items-center gap-3">
        <div className="min-w-0 flex-1">
          <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <a href={details} className="min-w-0 rounded font-medium wrap-anywhere hover:underline" data-testid="model-link">
              {model.name}
            </a>
            <ModelBadges model={model} />
          </div>
          <p className="mt-0.5 text-[13.5px] text-ink-soft tabular-nums wrap-anywhere">
            {text.meta([
              facts?.architecture ?? null,
              facts && facts.parameters > 0 ? text.parameters(facts.parameters) : null,
              facts?.quantisation ?? null,
              bytesText(model.sizeBytes),
              model.files > 1 ? text.parts(model.files) : null,
            ])}
          </p>
        </div>
        <div className="flex shrink-0 items-center gap-1">
          {usable && <ChatButton model={model} />}
          {!model.readOnly && model.status !== 'away' && <TrashButton model={model} />}
          <a
            href={details}
            className="button-icon max-sm:hidden"
            aria-label={modelsText.moreAbout(model.name)}
            title={modelsText.moreAbout(model.name)}
          >
            <ChevronRight size={18} aria-hidden />
          </a>
        </div>
      </div>
      <ModelProblem model={model} />
    </li>
  );
}

export function ModelBadges({ model }: { model: LibraryModel }) {
  const loaded = useIsLoaded(model.id);
  return (
    <>
      {loaded && <Badge tone="accent">{modelsText.loaded}</Badge>}
      {model.adapterPath !== null && (
        <Badge title={text.adapterTitle}>
          <Zap size={11} aria-hidden />
          {text.adapter}
        </Badge>
      )}
      {model.status === 'damaged' && <Badge tone="danger">{text.damaged}</Badge>}
      {model.status === 'away' && <Badge tone="slow">{text.away}</Badge>}
      {model.status === 'unread' && <Badge>{text.unread}</Badge>}
      {model.builtIn ? (
        <Badge>{text.builtIn}</Badge>
      ) : (
        model.readOnly && (
          <Badge title={text.readOnly}>{model.source === 'kangaroo' ? text.readOnly : modelsText.sources[model.source]}</Badge>
        )
      )}
      {model.facts?.support.support === 'not-supported' && <Badge tone="danger">{modelsText.support['not-supported']}</Badge>}
    </>
  );
}

export function useIsLoaded(modelId: string): boolean {
  return useModel(({ state }) => (state?.status === 'ready' || state?.status === 'calibrating') && state.model.id === modelId);
}

/** Loads the model, unless it is loaded, and goes to the chat, where its progress shows. */
export function ChatButton({ model, accent = false, onUse }: { model: LibraryModel; accent?: boolean; onUse?: () => void }) {
  const load = useModel((state) => state.load);
  const loaded = useIsLoaded(model.id);
  return (
    <button
      type="button"
      className={accent ? 'button-accent' : 'button'}
      data-testid="chat-with"
      aria-label={modelsText.chatWithLabel(model.name)}
      disabled={model.facts?.support.support === 'not-supported'}
      onClick={() => {
        if (!loaded) void load(model.id);
        onUse?.();
        goTo({ view: 'chat' });
      }}
    >
      <MessageSquare size={15} aria-hidden />
      {modelsText.chatWith}
    </button>
  );
}

function TrashButton({ model }: { model: LibraryModel }) {
  const trash = useLibrary((state) => state.trash);
  const label = `${text.toTrash}: ${model.name}`;
  return (
    <button
      type="button"
      className="button-icon"
      data-testid="trash-model"
      aria-label={label}
      title={text.toTrash}
      onClick={() => void trash(model.id)}
    >
      <Trash2 size={16} aria-hidden />
    </button>
  );
}
