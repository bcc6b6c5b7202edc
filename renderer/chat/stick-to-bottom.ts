// Keeps a scrolling area at its end while its content grows, until the user scrolls up; scrolling back down takes it up again.
import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from 'react';

/** Nearer to the end than this counts as at the end. */
const nearPixels = 48;

export interface StickToBottom {
  scroller: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  /** False when the user has scrolled away from the end. */
  atBottom: boolean;
  scrollToBottom(behavior: ScrollBehavior): void;
  /** The end is not followed any more: the reader is taken elsewhere. */
  letGo(): void;
}

export function useStickToBottom(): StickToBottom {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [atBottom, setAtBottom] = useState(true);
  const sticking = useRef(true);

  const scrollToBottom = useCallback((behavior: ScrollBehavior) => {
    sticking.current = true;
    setAtBottom(true);
    const area = scroller.current;
    area?.scrollTo({ top: area.scrollHeight, behavior });
  }, []);

  const letGo = useCallback(() => {
    sticking.current = false;
    setAtBottom(false);
  }, []);

  useLayoutEffect(() => {
    const area = scroller.current;
    const inside = content.current;
    if (!area || !inside) return;
    let lastTop = area.scrollTop;

    function onScroll(): void {
      if (!area) return;
      const distance = area.scrollHeight - area.clientHeight - area.scrollTop;
      // Only going up lets go: content that grows moves the end away without the user having done anything.
      if (area.scrollTop < lastTop - 1 && distance > nearPixels) sticking.current = false;
      else if (distance <= nearPixels) sticking.current = true;
      lastTop = area.scrollTop;
      setAtBottom(sticking.current);
    }

    const observer = new ResizeObserver(() => {
      if (sticking.current) area.scrollTop = area.scrollHeight;
      else onScroll();
    });
    observer.observe(inside);
    observer.observe(area);
    area.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      observer.disconnect();
      area.removeEventListener('scroll', onScroll);
    };
  }, []);

  return { scroller, content, atBottom, scrollToBottom, letGo };
}
