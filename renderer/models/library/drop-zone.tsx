// Files and folders that are dropped on the model pages join the library where they lie.
import { FilePlus2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { modelsText } from '../strings.ts';
import { takeDropped } from './take-dropped.ts';

const text = modelsText.library;

export function DropZone() {
  const [over, setOver] = useState(false);

  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const onDragOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onDragLeave = (event: DragEvent) => {
      // Leaving one element for another inside the window names that one.
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      void takeDropped([...(event.dataTransfer?.files ?? [])]);
    };
    window.addEventListener('dragover', onDragOver);
    window.addEventListener('dragleave', onDragLeave);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragover', onDragOver);
      window.removeEventListener('dragleave', onDragLeave);
      window.removeEventListener('drop', onDrop);
    };
  }, []);

  if (!over) return null;
  return (
    <div
      data-testid="drop-zone"
      className="pointer-events-none fixed inset-3 z-40 flex flex-col items-center justify-center gap-3 rounded-3xl border-2 border-dashed border-accent bg-accent-soft/90 text-accent"
    >
      <FilePlus2 size={40} aria-hidden />
      <p className="px-4 text-center text-[18px] font-semibold">{text.drop}</p>
    </div>
  );
}
