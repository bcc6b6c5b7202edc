// What of a chat the model is told.
import type { Message } from '../../contract/chats.ts';
import type { ChatTurn } from '../../contract/engine.ts';

/**
 * The turns up to an answer. Answers that were stopped or failed count with what they say; those that say nothing are left
 * out, and the questions around them become one: many templates insist on turns that alternate.
 */
export function turnsOf(messages: readonly Message[]): ChatTurn[] {
  const turns: ChatTurn[] = [];
  for (const { role, text } of messages) {
    if (text.trim() === '') continue;
    const last = turns.at(-1);
    if (last?.role === role) last.content += `\n\n${text}`;
    else turns.push({ role, content: text });
  }
  return turns;
}

const longestTitle = 60;

/** A chat's title: the beginning of its first question, in one line. */
export function titleOf(text: string): string {
  const line = Array.from(text.trim().replaceAll(/\s+/g, ' '));
  return line.length > longestTitle
    ? `${line
        .slice(0, longestTitle - 1)
        .join('')
        .trimEnd()}…`
    : line.join('');
}
