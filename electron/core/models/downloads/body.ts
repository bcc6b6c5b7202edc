// Moves a response's body into a sink in large pieces: at most one piece is being written while the next one fills.
import { NetworkError, networkError } from '../../net/http.ts';
import { releasePieces, type Body } from '../../net/wide-agent.ts';
import { Interruption } from './interruption.ts';

export interface BodyOptions {
  /** Pieces are about this large, so that there are few of them; asked again for each. */
  pieceBytes(): number;
  /** A smaller piece is passed on when it is this old. */
  pieceMs: number;
  /** Fewer than `stallBytes` in `stallMs` of waiting for the server are given up with an `Interruption`. */
  stallMs: number;
  stallBytes: number;
}

/**
 * Calls `write` with what arrived, one call after the other, until the body ends. What arrived before an error is written
 * first. Rejects with the body's error, the sink's, or an `Interruption` (`stalled`); the body is destroyed then.
 */
export async function drainBody(
  body: Body,
  options: BodyOptions,
  write: (pieces: Buffer[], bytes: number) => Promise<void>,
): Promise<void> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  let ended = false;
  let failure: { error: unknown } | null = null;
  let wake: (() => void) | null = null;
  let timer: NodeJS.Timeout | null = null;
  let sinceMark = 0;
  // Only time spent waiting for the server counts: a slow disk or a speed limit is no stall.
  let heldBack = false;

  const wakeUp = () => {
    if (timer) clearTimeout(timer);
    timer = null;
    wake?.();
    wake = null;
  };
  const onData = (piece: Buffer) => {
    pieces.push(piece);
    bytes += piece.length;
    sinceMark += piece.length;
    if (bytes >= options.pieceBytes()) {
      if (!wake) {
        heldBack = true;
        body.pause();
      }
      wakeUp();
    } else if (wake) timer ??= setTimeout(wakeUp, options.pieceMs);
  };
  const fail = (error: unknown) => {
    failure ??= { error };
    wakeUp();
  };
  const onError = (error: unknown) => fail(networkError(error));
  const onEnd = () => {
    ended = true;
    wakeUp();
  };
  const onClose = () => {
    if (!ended) fail(new NetworkError('ECONNRESET', 'The connection broke.'));
  };
  const watch = setInterval(() => {
    if (sinceMark < options.stallBytes && !heldBack && !ended) {
      fail(new Interruption('stalled', 'The server is connected and sends nothing. It is tried again.'));
    }
    sinceMark = 0;
    heldBack = body.isPaused();
  }, options.stallMs);

  body.on('data', onData);
  body.on('end', onEnd);
  body.on('error', onError);
  body.on('close', onClose);
  try {
    for (;;) {
      if (bytes < options.pieceBytes() && !ended && !failure) {
        if (bytes > 0) timer = setTimeout(wakeUp, options.pieceMs);
        await new Promise<void>((resolve) => (wake = resolve));
      }
      const taken = pieces;
      const takenBytes = bytes;
      pieces = [];
      bytes = 0;
      if (body.isPaused()) body.resume();
      if (takenBytes > 0) {
        await write(taken, takenBytes);
        releasePieces(taken);
      } else if (failure) throw (failure as { error: unknown }).error;
      else if (ended) return;
    }
  } finally {
    clearInterval(watch);
    if (timer) clearTimeout(timer);
    if (!ended) body.destroy();
  }
}
