// Messages as rows: what is stored of each, and back.
import type { AttachmentInfo, Message } from '../../contract/chats.ts';

/** A message without its place in the tree, which the database knows. */
export type MessageContent = Omit<Message, 'parentId' | 'siblingIds' | 'attachments' | 'rounds' | 'roundCount'>;

export interface MessageRow {
  key: number;
  id: string;
  chat_key: number;
  parent_key: number | null;
  parent_id: string | null;
  depth: number;
  role: Message['role'];
  text: string;
  status: Message['status'];
  created_at_ms: number;
  round_count: number;
  stats_json: string | null;
  continuations: number;
  time_to_first_token_ms: number | null;
  stop_reason: string | null;
  error_json: string | null;
  speedup: number | null;
  model_name: string | null;
  answered_with_json: string | null;
}

export const messageColumns =
  'm.key, m.id, m.chat_key, m.parent_key, (SELECT id FROM messages WHERE key = m.parent_key) AS parent_id, m.depth, m.role, ' +
  'm.text, m.status, m.created_at_ms, m.round_count, m.stats_json, m.continuations, m.time_to_first_token_ms, m.stop_reason, ' +
  'm.error_json, m.speedup, m.model_name, m.answered_with_json';

const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
const parsed = <T>(text: string | null) => (text === null ? null : (JSON.parse(text) as T));

/** Named parameters of what may change while a message lives. `textBefore`: what a streaming answer said before its rounds. */
export function stateOf(message: MessageContent, textBefore = ''): Record<string, unknown> {
  return {
    id: message.id,
    text: message.status === 'streaming' ? textBefore : message.text,
    status: message.status,
    stats: json(message.stats),
    continuations: message.continuations,
    timeToFirstTokenMs: message.timeToFirstTokenMs,
    stopReason: message.stopReason,
    error: json(message.error),
    speedup: message.speedup,
    modelName: message.modelName,
    answeredWith: json(message.answeredWith),
  };
}

export function messageOf(row: MessageRow, siblingIds: string[], attachments: AttachmentInfo[]): Message {
  return {
    id: row.id,
    parentId: row.parent_id,
    siblingIds,
    role: row.role,
    text: row.text,
    attachments,
    status: row.status,
    createdAtMs: row.created_at_ms,
    rounds: [],
    roundCount: row.round_count,
    stats: parsed<NonNullable<Message['stats']>>(row.stats_json),
    continuations: row.continuations,
    timeToFirstTokenMs: row.time_to_first_token_ms,
    stopReason: row.stop_reason as Message['stopReason'],
    error: parsed<NonNullable<Message['error']>>(row.error_json),
    speedup: row.speedup,
    modelName: row.model_name,
    answeredWith: parsed<NonNullable<Message['answeredWith']>>(row.answered_with_json),
  };
}
