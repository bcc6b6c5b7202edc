// A pipe over a WebSocket, the browser's or the `ws` package's: one JSON text frame per message, nothing else is taken.
import { createPipe, type Pipe } from './pipe.ts';

/** What the browser's `WebSocket` and `ws` have in common. */
export interface SocketLike {
  readonly readyState: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
}

const connecting = 0;
const open = 1;

/** Close codes of RFC 6455. */
const normal = 1000;
const unsupportedData = 1003;
const invalidPayload = 1007;

export function webSocketPipe(socket: SocketLike): Pipe {
  let waiting: string[] = [];
  let closeCode = normal;

  const control = createPipe({
    send(message) {
      const text = JSON.stringify(message);
      if (socket.readyState === connecting) waiting.push(text);
      else if (socket.readyState === open) socket.send(text);
    },
    // A close frame carries at most 123 bytes of reason.
    close: (reason) => socket.close(closeCode, reason.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 120)),
  });

  function refuse(code: number, reason: string): void {
    closeCode = code;
    control.pipe.close(reason);
  }

  socket.addEventListener('open', () => {
    for (const text of waiting) socket.send(text);
    waiting = [];
  });
  socket.addEventListener('message', ({ data }) => {
    if (typeof data !== 'string') return refuse(unsupportedData, 'only text frames are understood');
    let message: unknown;
    try {
      message = JSON.parse(data);
    } catch {
      return refuse(invalidPayload, 'a frame was not JSON');
    }
    control.deliver(message);
  });
  socket.addEventListener('close', ({ code, reason }) => {
    control.closed(reason === '' ? `the connection was closed (${code})` : reason);
  });
  // A close event always follows; without a listener `ws` would throw.
  socket.addEventListener('error', () => {});
  return control.pipe;
}
