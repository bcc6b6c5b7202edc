// The panel's faces, as tabs: arrow keys move between them.
import { useId, type ReactNode } from 'react';
import { visualizerText } from './strings.ts';
import { useVisualizer, type VisualizerTab } from './visualizer-store.ts';

const text = visualizerText.tabs;
const order: VisualizerTab[] = ['rounds', 'acceptance', 'speed', 'whatIf', 'proof'];

export function Tabs({ children }: { children: ReactNode }) {
  const tab = useVisualizer((state) => state.tab);
  const choose = useVisualizer((state) => state.choose);
  const id = useId();

  function move(event: React.KeyboardEvent<HTMLDivElement>): void {
    const at = order.indexOf(tab);
    const target = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: order.length - 1 }[event.key];
    const next = target === undefined ? undefined : order[(target + order.length) % order.length];
    if (next === undefined) return;
    event.preventDefault();
    choose({ tab: next });
    event.currentTarget.querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus();
  }

  return (
    <div>
      <div
        role="tablist"
        tabIndex={-1}
        aria-label={text.label}
        className="flex gap-x-4 overflow-x-auto border-b border-line"
        onKeyDown={move}
      >
        {order.map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            id={`${id}-${each}`}
            aria-controls={`${id}-panel`}
            aria-selected={each === tab}
            tabIndex={each === tab ? 0 : -1}
            data-tab={each}
            data-testid={`tab-${each}`}
            className={`-mb-px shrink-0 border-b-2 px-0.5 pb-1.5 text-[13.5px] focus-visible:-outline-offset-2 ${
              each === tab ? 'border-accent font-semibold text-ink' : 'border-transparent text-ink-soft hover:text-ink'
            }`}
            onClick={() => choose({ tab: each })}
          >
            {text[each]}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${tab}`} className="pt-5">
        {children}
      </div>
    </div>
  );
}
