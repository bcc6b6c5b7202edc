// The faults that the test hub injects, and how it sends a body with or without them.
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HubContent } from './hub-content.ts';

/** `hub` answers the API and redirects, `cdn` has the bytes. */
export type HubHost = 'hub' | 'cdn';

export type HubFault =
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  /** The connection breaks before anything is answered. */
  | { kind: 'refuse' }
  /** The connection breaks after so many bytes of the body. */
  | { kind: 'cut'; afterBytes: number }
  /** The connection stays, and nothing comes after so many bytes of the body. */
  | { kind: 'stall'; afterBytes: number }
  /** One byte at a time. */
  | { kind: 'slow-loris'; everyMs: number }
  /** The bit of one byte of the body is another. */
  | { kind: 'corrupt'; atByte: number }
  /** `Content-Length` and the body are shorter than what was asked for. */
  | { kind: 'short'; byBytes: number }
  /** `Content-Range` names another size of the whole file. */
  | { kind: 'wrong-total'; byBytes: number }
  /** A range that begins elsewhere than the one that was asked for. */
  | { kind: 'wrong-range'; byBytes: number }
  /** The range is ignored: 200 and the whole file. */
  | { kind: 'no-range' }
  /** The signed link has run out. */
  | { kind: 'expired' };

export interface PlannedFault {
  on: HubHost;
  fault: HubFault;
  /** How many requests it meets; 1 unless said otherwise. */
  times?: number;
}

export interface BodyOptions {
  fault: HubFault | null;
  /** Of one connection; null as fast as it goes. */
  bytesPerSecond: number | null;
}

/** Sends `[start, end)`; ends early, never or with other bytes where a fault says so. */
export async function sendBody(
  response: ServerResponse,
  content: HubContent,
  start: number,
  end: number,
  options: BodyOptions,
): Promise<void> {
  const { fault, bytesPerSecond } = options;
  let sent = 0;
  const limit = fault?.kind === 'cut' || fault?.kind === 'stall' ? fault.afterBytes : Infinity;
  while (start + sent < end && !response.destroyed) {
    if (sent >= limit) {
      if (fault?.kind === 'cut') response.socket?.destroy();
      return;
    }
    const most = fault?.kind === 'slow-loris' ? 1 : bytesPerSecond === null ? Infinity : Math.max(1, bytesPerSecond / 50);
    let piece = content.read(start + sent, Math.min(end, start + sent + Math.min(most, limit - sent)));
    if (fault?.kind === 'corrupt' && fault.atByte >= sent && fault.atByte < sent + piece.length) {
      piece = Buffer.from(piece);
      piece[fault.atByte - sent] = (piece[fault.atByte - sent] ?? 0) ^ 0x01;
    }
    const flowing = response.write(piece);
    sent += piece.length;
    if (fault?.kind === 'slow-loris') await sleep(fault.everyMs);
    else if (bytesPerSecond !== null) await sleep((piece.length / bytesPerSecond) * 1000);
    if (!flowing && !response.destroyed) await drained(response);
  }
  if (sent >= limit && fault?.kind === 'cut') response.socket?.destroy();
  else if (!(sent >= limit && fault?.kind === 'stall')) response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
