// Reads prompt files: JSON Lines of Spec-Bench (`turns`), of chats (`messages`) or of single questions (`prompt`),
// and the one conversation of `generate --messages`. Errors name the file and the line.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ChatTurn } from '../contract/engine.ts';
import { KangarooError } from '../contract/errors.ts';

/** A conversation to play. */
export interface Conversation {
  /** Place in the file, from 0, blank lines not counted. */
  index: number;
  category: string;
  /** What is there before the first turn. */
  history: ChatTurn[];
  /** The user's messages, in order; each answer enters the history before the next one. At least one. */
  turns: string[];
}

/** Spec-Bench counts these as one task, as the paper does. Its other categories are tasks themselves. */
const mtBenchCategories = new Set(['writing', 'roleplay', 'reasoning', 'math', 'coding', 'extraction', 'stem', 'humanities']);

const chatTurn = z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() });
const messages = z
  .array(chatTurn)
  .refine((list) => list.at(-1)?.role === 'user', { error: "the last message must be the user's" });
const line = z.object({
  category: z.string().min(1).optional(),
  turns: z.array(z.string().min(1)).min(1).optional(),
  messages: messages.optional(),
  prompt: z.string().min(1).optional(),
});

/** Every conversation of a JSON Lines file. Rejects with `file-not-found`, `file-not-readable`, `file-damaged`. */
export async function readPromptFile(path: string): Promise<Conversation[]> {
  const lines = (await readTextFile(path)).split('\n');
  const conversations: Conversation[] = [];
  for (const [index, content] of lines.entries()) {
    if (content.trim() === '') continue;
    conversations.push(readLine(content, `${path}:${index + 1}`, conversations.length));
  }
  if (conversations.length === 0)
    throw new KangarooError('file-damaged', `${path} holds no prompts: give one JSON object per line.`);
  return conversations;
}

/** The conversation of `generate --messages`: an array of `{role, content}`, or an object with it as `messages`. */
export async function readMessagesFile(path: string): Promise<ChatTurn[]> {
  const value = parseJson(await readTextFile(path), path);
  return check(z.union([messages, z.object({ messages }).transform((object) => object.messages)]), value, path);
}

/** At most `limit` conversations of each category, in their order. */
export function limitPerCategory(conversations: readonly Conversation[], limit: number): Conversation[] {
  const taken = new Map<string, number>();
  return conversations.filter(({ category }) => {
    const count = (taken.get(category) ?? 0) + 1;
    taken.set(category, count);
    return count <= limit;
  });
}

function readLine(content: string, where: string, index: number): Conversation {
  const value = check(line, parseJson(content, where), where);
  if (value.turns !== undefined) {
    const category = value.category ?? 'all';
    return { index, category: mtBenchCategories.has(category) ? 'mt-bench' : category, history: [], turns: value.turns };
  }
  const category = value.category ?? 'all';
  const question = value.messages?.at(-1)?.content ?? value.prompt;
  if (question === undefined) throw damaged(where, 'needs one of "turns", "messages" and "prompt"');
  return { index, category, history: value.messages?.slice(0, -1) ?? [], turns: [question] };
}

async function readTextFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') throw new KangarooError('file-not-found', `${path} does not exist. Check the path.`);
    throw new KangarooError(
      'file-not-readable',
      `${path} cannot be read (${String(code)}). It must be a file that you may read.`,
    );
  }
}

function parseJson(content: string, where: string): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    throw damaged(where, `is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function check<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const at = issue !== undefined && issue.path.length > 0 ? `"${issue.path.join('.')}": ` : '';
  throw damaged(where, `${at}${issue?.message ?? 'has another shape than expected'}`);
}

function damaged(where: string, reason: string): KangarooError {
  return new KangarooError('file-damaged', `${where}: ${reason}.`);
}
