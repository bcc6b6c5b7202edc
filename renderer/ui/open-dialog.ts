// Opens a dialog at its first control. Left to itself, the browser would begin at an area around it that scrolls.

const controls = ['input', 'select', 'textarea', 'button', 'a[href]', '[tabindex="0"]']
  .map((control) => `${control}:not(:disabled, [hidden], [type="radio"]:not(:checked))`)
  .join(', ');

export function openDialog(dialog: HTMLDialogElement): void {
  dialog.showModal();
  dialog.querySelector<HTMLElement>(controls)?.focus();
}
