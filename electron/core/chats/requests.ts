// What pages send about chats, checked: texts, attachments, settings, names.
import { z } from 'zod';
import type { AnswerOptions, Attachment, ChatSettings, SendOptions } from '../../contract/chats.ts';
import type { Preset } from '../../contract/chat-list.ts';
import { KangarooError } from '../../contract/errors.ts';
import type { ExportRequest } from '../../contract/exchange.ts';
import { flag, oneOf, parseArgument, text } from '../arguments.ts';
import { overridesSchema, systemPromptSchema } from '../settings.ts';

/** The longest message, in bytes of UTF-8. */
const longestTextBytes = 1_000_000;
const mostAttachments = 20;
/** Of all attachments of a message together. */
const longestAttachmentsBytes = 2_000_000;
/** Of its characters, control characters that a text file may hold by accident: more, and it is none. */
const mostControlShare = 0.01;

function invalid(message: string): KangarooError {
  return new KangarooError('invalid-argument', message);
}

export function parseText(value: unknown): string {
  if (typeof value !== 'string') throw invalid('A message must be text.');
  if (value.trim() === '') throw invalid('The message is empty. Write something first.');
  const bytes = Buffer.byteLength(value);
  if (bytes > longestTextBytes) {
    throw invalid(`The message is too long: ${bytes} bytes, and ${longestTextBytes} are the most. Send a shorter one.`);
  }
  return value.toWellFormed();
}

const mode = { decodingMode: oneOf('auto', 'kangaroo', 'plain').optional() };
const answerOptions = z.strictObject(mode);
const attachment = z.strictObject({ name: text(1, 255), text: z.string({ error: 'must be text' }) });
const attachmentList = z.array(attachment, { error: 'must be a list of files' });
const sendOptions = z.strictObject({ ...mode, attachments: attachmentList.optional() });

export function parseAnswerOptions(value: unknown): AnswerOptions {
  const { decodingMode } = parseArgument(answerOptions, value ?? {}, 'options');
  return decodingMode ? { decodingMode } : {};
}

export function parseSendOptions(value: unknown): SendOptions {
  const { attachments, decodingMode } = parseArgument(sendOptions, value ?? {}, 'options');
  return { ...(decodingMode && { decodingMode }), ...(attachments && { attachments: checkAttachments(attachments) }) };
}

function checkAttachments(attachments: Attachment[]): Attachment[] {
  if (attachments.length > mostAttachments) {
    throw invalid(`${attachments.length} files are too many for one message: ${mostAttachments} are the most.`);
  }
  const bytes = attachments.reduce((sum, each) => sum + Buffer.byteLength(each.text), 0);
  if (bytes > longestAttachmentsBytes) {
    throw invalid(`The files are too long: ${bytes} bytes, and ${longestAttachmentsBytes} are the most. Attach less.`);
  }
  return attachments.map(({ name, text }) => {
    if (isBinary(text)) throw invalid(`"${name}" is no text file. Only text can be attached.`);
    // The name becomes a line of the prompt.
    return { name: name.replaceAll(/[\p{Cc}"]/gu, '_'), text: text.toWellFormed() };
  });
}

/** A file that was read as text though it is none: zero bytes, or too much that no text is made of. */
function isBinary(text: string): boolean {
  if (text.includes('\0')) return true;
  // eslint-disable-next-line no-control-regex
  const strange = text.match(/[\u0001-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/g)?.length ?? 0;
  return strange > text.length * mostControlShare;
}

const settingsPatch = z.strictObject({
  systemPrompt: systemPromptSchema.nullable().optional(),
  overrides: overridesSchema.optional(),
});

/** An absent value and `undefined` are the same. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never;
}

export function parseChatSettings(value: unknown): Partial<ChatSettings> {
  const { systemPrompt, overrides } = parseArgument(settingsPatch, value, 'settings');
  return withoutUndefined({ systemPrompt, overrides: overrides && withoutUndefined(overrides) }) as Partial<ChatSettings>;
}

/** One line of text that says something. */
const name = (longest: number) =>
  z.custom<string>(
    (value) =>
      typeof value === 'string' &&
      value.isWellFormed() &&
      value.trim() !== '' &&
      value.length <= longest &&
      !/\p{Cc}/u.test(value),
    { error: `must be one line of 1 to ${longest} characters` },
  );

const folderName = name(100);
const title = name(200);

export const parseFolderName = (value: unknown) => parseArgument(folderName, value, 'name').trim();
export const parseTitle = (value: unknown) => parseArgument(title, value, 'title').trim();
export const parsePinned = (value: unknown) => parseArgument(flag(), value, 'pinned');
export const parseQuery = (value: unknown) => parseArgument(text(0, 500), value, 'query');

const draft = z.custom<string>((value) => typeof value === 'string' && Buffer.byteLength(value) <= longestTextBytes, {
  error: `must be text of at most ${longestTextBytes} bytes`,
});
/** What is to be counted: a message or an attachment. */
const countable = z.custom<string>((value) => typeof value === 'string' && Buffer.byteLength(value) <= longestAttachmentsBytes, {
  error: `must be text of at most ${longestAttachmentsBytes} bytes`,
});
export const parseCountable = (value: unknown) => parseArgument(countable, value, 'text').toWellFormed();
export const parseDraft = (value: unknown) => parseArgument(draft, value, 'text').toWellFormed();

const preset = z.strictObject({
  id: text(1, 100).optional(),
  name: name(100),
  systemPrompt: systemPromptSchema,
  overrides: overridesSchema,
});

export function parsePreset(value: unknown): Omit<Preset, 'id'> & { id: string | null } {
  const { id = null, name: called, systemPrompt, overrides } = parseArgument(preset, value, 'preset');
  return { id, name: called.trim(), systemPrompt, overrides: withoutUndefined(overrides) as Preset['overrides'] };
}

const exportRequest = z.strictObject({
  chatIds: z.array(text(1, 100)).max(100_000).nullable(),
  format: oneOf('markdown', 'json'),
  rounds: flag(),
}) satisfies z.ZodType<ExportRequest>;

export const parseExportRequest = (value: unknown): ExportRequest => parseArgument(exportRequest, value, 'request');
