// What the user has written but not sent, per chat, kept for as long as the window lives.

function keyOf(chatId: string): string {
  return `kangaroo-draft-${chatId}`;
}

export function loadDraftText(chatId: string): string {
  try {
    return sessionStorage.getItem(keyOf(chatId)) ?? '';
  } catch {
    return '';
  }
}

export function saveDraftText(chatId: string, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(keyOf(chatId));
    else sessionStorage.setItem(keyOf(chatId), text);
  } catch {
    // Storage may be forbidden or full: then the text lives only in the box.
  }
}
