// Hands a file to the browser, which saves it where its user wants it.

export function saveFile(name: string, content: Blob | string, type = 'text/plain'): void {
  const blob = typeof content === 'string' ? new Blob([content], { type: `${type};charset=utf-8` }) : content;
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the content once it has begun.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** `kangaroo-proof-2026-11-25-14-03.json` */
export function fileName(what: string, ending: string, atMs = Date.now()): string {
  const stamp = new Date(atMs).toISOString().slice(0, 16).replaceAll(/[T:]/g, '-');
  return `kangaroo-${what}-${stamp}.${ending}`;
}
