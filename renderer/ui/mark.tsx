// The app's mark: a kangaroo.

/** One shape, drawn in the current colour. `icon.svg` has the same. */
const outline =
  'M29.3 9.4c-.2-.9-1.3-1.5-2.6-1.9-.3-.1-.5-.3-.5-.6L26 3.6c0-.6-.8-.8-1-.2l-.9 2.2-1.5-1.9c-.4-.5-1.1-.1-1 .5l.7 2.9c-.2 1-.8 1.7-1.7 2.3-1.3.9-2.6 1.3-4 2.2-3.1 2-4.5 5.1-5.3 8.2-.9 3.3-3.6 5-7.9 4.6-.8-.1-1 .9-.3 1.2 4.2 1.5 8.3.4 10.5-2.4.6.9 1.5 1.5 2.6 1.9l-1.5 2.3c-.4.7.1 1.5.9 1.5h5.4c.6 0 1-.5 1-1 0-.6-.4-1-1-1h-2.5l2.1-3.3c.5-.8.3-1.7-.4-2.3 1.2-1.3 2-2.9 2.3-4.7l1.7.7.9 1.9c.4.9 1.7.3 1.4-.6l-.9-2.6c-.1-.3-.3-.5-.6-.6l-2.3-.9c.2-1.4.9-2.3 2.1-2.8 1.3.1 2.5-.1 3.6-.8.4-.3.6-.6.5-1Z';

export function Mark({ size, className }: { size: number; className?: string }) {
  return (
    <svg width={size} height={size} viewBox="4 2 27 27" aria-hidden className={className}>
      <path fill="currentColor" d={outline} />
    </svg>
  );
}
