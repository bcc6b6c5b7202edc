// What of a chat the model is told, and what of a text stands for the whole.
import type { Attachment, Message } from '../../contract/chats.ts';
import type { ChatTurn } from '../../contract/engine.ts';

/** What a message says to the model. */
export interface Said {
  role: Message['role'];
  text: string;
  attachments: readonly Attachment[];
}

/**
 * The turns up to an answer. Answers that were stopped or failed count with what they say; those that say nothing are left
 * out, and the questions around them become one: many templates insist on turns that alternate.
 */
export function turnsOf(messages: readonly Said[]): ChatTurn[] {
  const turns: ChatTurn[] = [];
  for (const { role, text, attachments } of messages) {
    if (text.trim() === '' && attachments.length === 0) continue;
    const content = [...attachments.map(attachmentText), text].join('\n\n');
    const last = turns.at(-1);
    if (last?.role === role) last.content += `\n\n${content}`;
    else turns.push({ role, content });
  }
  return turns;
}

/** The system prompt as turns: '' is none. */
export function systemTurns(systemPrompt: string): ChatTurn[] {
  return systemPrompt.trim() === '' ? [] : [{ role: 'system', content: systemPrompt }];
}

/** As the model reads it: its name, and its text in a fence that is longer than every one inside. */
export function attachmentText({ name, text }: Attachment): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `File "${name}":\n${fence}\n${text}${text.endsWith('\n') ? '' : '\n'}${fence}`;
}

const longestTitle = 60;
const longestFirstWords = 120;

/** A chat's title: the beginning of its first question, in one line. */
export function titleOf(text: string): string {
  return shortened(text, longestTitle);
}

/** The beginning of a text, in one line. */
export function firstWordsOf(text: string): string {
  return shortened(text, longestFirstWords);
}

function shortened(text: string, longest: number): string {
  const line = Array.from(text.trim().replaceAll(/\s+/g, ' '));
  if (line.length <= longest) return line.join('');
  const beginning = line.slice(0, longest - 1).join('');
  return `${beginning.trimEnd()}…`;
}
