// Hands a file to the browser to save: in the desktop window the system asks where to.

/** The address is kept this long: the download begins only after the click has been handled. */
const keptMs = 60_000;

export function saveFile(name: string, content: Blob | string, type = 'text/plain'): void {
  const blob = typeof content === 'string' ? new Blob([content], { type: `${type};charset=utf-8` }) : content;
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), keptMs);
}

/** `kangaroo-proof-2026-11-25-14-03.json` */
export function fileName(what: string, ending: string, atMs = Date.now()): string {
  const stamp = new Date(atMs).toISOString().slice(0, 16).replaceAll(/[T:]/g, '-');
  return `kangaroo-${what}-${stamp}.${ending}`;
}
