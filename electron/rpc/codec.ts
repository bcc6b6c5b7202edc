// The messages of the rpc, and reading them: a peer is not trusted, so what does not match is refused, never acted on.
import { z } from 'zod';
import { errorCodes, type ErrorShape } from '../contract/errors.ts';

/** Items that a server may send on a stream before the client has taken any: what a slow reader costs at most. */
export const streamWindow = 64;

const id = z.int().min(0);
const method = z.string().min(1).max(100);
const args = z.array(z.unknown()).max(8);

const request = z.discriminatedUnion('t', [
  z.strictObject({ t: z.literal('call'), id, method, args }),
  z.strictObject({ t: z.literal('open'), id, method, args }),
  /** The reader of a stream took `count` more items. */
  z.strictObject({ t: z.literal('more'), id, count: z.int().min(1).max(streamWindow) }),
  z.strictObject({ t: z.literal('cancel'), id }),
]);

const error = z.object({
  // A code of a later version is better shown as `internal` than not at all.
  code: z.enum(errorCodes).catch('internal'),
  message: z.string(),
  detail: z.string().optional(),
});

const response = z.discriminatedUnion('t', [
  // JSON leaves `undefined` out: a call without a value answers without one.
  z.strictObject({ t: z.literal('result'), id, value: z.unknown().optional() }),
  z.strictObject({ t: z.literal('error'), id, error }),
  z.strictObject({ t: z.literal('item'), id, value: z.unknown().optional() }),
  z.strictObject({ t: z.literal('end'), id }),
]);

/** From client to server. */
export type Request = z.infer<typeof request>;

/** From server to client. */
export type Response =
  | { t: 'result'; id: number; value: unknown }
  | { t: 'error'; id: number; error: ErrorShape }
  | { t: 'item'; id: number; value: unknown }
  | { t: 'end'; id: number };

/** Null for anything that is not a request. */
export function parseRequest(message: unknown): Request | null {
  return request.safeParse(message).data ?? null;
}

/** Null for anything that is not a response. */
export function parseResponse(message: unknown): Response | null {
  const parsed = response.safeParse(message).data;
  if (!parsed) return null;
  if (parsed.t === 'end') return parsed;
  if (parsed.t !== 'error') return { ...parsed, value: parsed.value };
  const { code, message: text, detail } = parsed.error;
  return { ...parsed, error: { code, message: text, ...(detail === undefined ? {} : { detail }) } };
}
