// Files that the user gives along with a message, read as text. What is no text, or too much, is refused by name.
import type { Attachment } from '../../electron/contract/chats.ts';
import { chatText } from './strings.ts';

const text = chatText.composer;

/** What the core takes with one message. */
const attachmentLimits = { count: 20, bytes: 2_000_000 };

export interface ReadFiles {
  attachments: Attachment[];
  /** Why some were not taken, in words. */
  problems: string[];
}

export function sizeOf({ text }: Attachment): number {
  return new TextEncoder().encode(text).byteLength;
}

/** Reads what still fits beside `present`. */
export async function readFiles(files: readonly File[], present: readonly Attachment[]): Promise<ReadFiles> {
  const read: ReadFiles = { attachments: [], problems: [] };
  let count = present.length;
  let bytes = present.reduce((sum, attachment) => sum + sizeOf(attachment), 0);
  for (const file of files) {
    if (count >= attachmentLimits.count) {
      read.problems.push(text.tooMany(attachmentLimits.count));
      break;
    }
    if (bytes + file.size > attachmentLimits.bytes) {
      read.problems.push(text.tooLarge(attachmentLimits.bytes));
      continue;
    }
    const content = await readText(file);
    if (typeof content === 'object') {
      read.problems.push(content.problem);
      continue;
    }
    read.attachments.push({ name: file.name, text: content });
    count += 1;
    bytes += file.size;
  }
  return read;
}

async function readText(file: File): Promise<string | { problem: string }> {
  let buffer: ArrayBuffer;
  try {
    buffer = await file.arrayBuffer();
  } catch {
    // A folder, or a file that has gone meanwhile.
    return { problem: text.unreadable(file.name) };
  }
  try {
    const content = new TextDecoder('utf-8', { fatal: true }).decode(buffer);
    return content.includes('\0') ? { problem: text.notText(file.name) } : content;
  } catch {
    return { problem: text.notText(file.name) };
  }
}
