// Which elements are on the screen or not far from it: only there text need be painted. The page marks every painted range
// anew at each change of any, so that a long answer that grows would cost more with every token.

/** Pixels beyond the screen: far enough for a reader who scrolls in a hurry. */
const beyond = 300;

const watched = new Map<Element, (near: boolean) => void>();
let observer: IntersectionObserver | null = null;

/** Tells, soon and at every change, whether `element` is near the screen, until the returned function is called. */
export function watchNearScreen(element: Element, onChange: (near: boolean) => void): () => void {
  if (typeof IntersectionObserver !== 'function') return () => {};
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) watched.get(target)?.(isIntersecting);
    },
    // The chat scrolls in an element of its own, which has its own margin.
    { rootMargin: `${beyond}px 0px`, scrollMargin: `${beyond}px 0px` },
  );
  watched.set(element, onChange);
  observer.observe(element);
  return () => {
    watched.delete(element);
    observer?.unobserve(element);
  };
}
