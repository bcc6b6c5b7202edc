// An element that moves in the page loses the focus: the button that moved it gets it back.
import { useCallback, useEffect, useRef } from 'react';

/**
 * `order` changes when the list does. `onMove` is told the `data-move` of the button just before it moves its item; where that
 * button cannot be pressed again, at the end of the list, the one beside it gets the focus.
 */
export function useKeptFocus(order: string) {
  const list = useRef<HTMLUListElement>(null);
  const moved = useRef<string | null>(null);
  const shownOrder = useRef('');

  useEffect(() => {
    const reordered = shownOrder.current !== order;
    shownOrder.current = order;
    if (!reordered || moved.current === null) return;
    const button = list.current?.querySelector<HTMLButtonElement>(`[data-move="${CSS.escape(moved.current)}"]`);
    moved.current = null;
    if (button?.disabled === false) button.focus();
    else button?.parentElement?.querySelector<HTMLButtonElement>('[data-move]:not(:disabled)')?.focus();
  }, [order]);

  const onMove = useCallback((key: string) => {
    moved.current = key;
  }, []);
  return { list, onMove };
}
