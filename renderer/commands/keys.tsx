// A shortcut as keys.
import { keyNames } from './shortcuts.ts';

export function Keys({ shortcut }: { shortcut: string }) {
  return (
    <span className="flex shrink-0 gap-1">
      {keyNames(shortcut).map((name) => (
        <kbd
          key={name}
          className="min-w-5.5 rounded-md border border-line bg-sunken px-1.5 text-center font-sans text-[12px] leading-5 text-ink-soft"
        >
          {name}
        </kbd>
      ))}
    </span>
  );
}
