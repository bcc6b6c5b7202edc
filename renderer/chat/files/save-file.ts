// Hands a file to the browser to save: in the desktop window the system asks where to.

/** The address is kept this long: the download begins only after the click has been handled. */
const keptMs = 60_000;

export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), keptMs);
}
