// A panel beside the chat. Where there is no room for it, it lies over the chat as a sheet, which Escape and a click beside it
// close.
import { useEffect, useRef, type ReactNode } from 'react';
import { strings } from '../strings.ts';
import { Splitter } from './splitter.tsx';
import { useRoomFor, type Region } from './use-media.ts';
import { isShown, useView } from './view-store.ts';

export function SideRegion({ region, children }: { region: Region; children: ReactNode }) {
  const room = useRoomFor(region);
  const shown = useView((state) => isShown(region, state, room));
  const width = useView((state) => state.widths[region]);
  if (!shown) return null;
  if (!room) return <Sheet region={region}>{children}</Sheet>;
  const aside = (
    <aside
      key="aside"
      aria-label={strings.layout.regions[region]}
      data-testid={region}
      className="flex min-h-0 shrink-0 flex-col overflow-hidden bg-sunken/55"
      style={{ width }}
    >
      {children}
    </aside>
  );
  const splitter = <Splitter key="splitter" region={region} />;
  return region === 'sidebar' ? [aside, splitter] : [splitter, aside];
}

function Sheet({ region, children }: { region: Region; children: ReactNode }) {
  const close = useView((state) => state.close);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opened = dialog.current;
    opened?.showModal();
    return () => opened?.close();
  }, []);
  const side =
    region === 'sidebar' ? 'sheet-start mr-auto w-[min(22rem,88vw)] border-r' : 'sheet ml-auto w-[min(32rem,96vw)] border-l';
  return (
    <dialog
      ref={dialog}
      aria-label={strings.layout.regions[region]}
      data-testid={region}
      closedby="any"
      className={`m-0 h-dvh max-h-none max-w-none overflow-hidden border-line bg-paper p-0 text-ink shadow-float open:flex open:flex-col ${side}`}
      onClose={() => close(region)}
    >
      {children}
    </dialog>
  );
}
