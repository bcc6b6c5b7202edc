// Plain HTTP connections that are read in large pieces into pooled buffers, and bodies of a known length that are taken
// off such a connection without going through the parser: no copy between the kernel's and the file's. This halves what a
// fast download from the local network costs. Other connections (TLS, proxies) are Node's own.
import { EventEmitter } from 'node:events';
import http from 'node:http';
import net from 'node:net';

const bufferBytes = 1 << 18;
/** A read that fills less than this is copied, so that small reads do not hold large buffers. */
const worthKeepingBytes = 1 << 16;
const mostFreeBuffers = 64;

const free: Uint8Array[] = [];
const pooled = new WeakSet<ArrayBufferLike>();

function takeBuffer(): Uint8Array {
  const buffer = free.pop();
  if (buffer) return buffer;
  const made = Buffer.allocUnsafeSlow(bufferBytes);
  pooled.add(made.buffer);
  return made;
}

/** Gives the memory of pieces back to the connections; they must not be used any more. */
export function releasePieces(pieces: readonly Buffer[]): void {
  for (const { buffer } of pieces) {
    if (pooled.has(buffer) && free.length < mostFreeBuffers) free.push(new Uint8Array(buffer));
  }
}

/** What `drainBody` needs of a body; an `IncomingMessage` is one. */
export interface Body {
  on(event: 'data', listener: (piece: Buffer) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  pause(): unknown;
  resume(): unknown;
  isPaused(): boolean;
  destroy(): unknown;
}

type Tap = (piece: Buffer) => void;
/** Who gets what such a connection reads; null: the parser. */
const taps = new WeakMap<net.Socket, { tap: Tap | null }>();

export class WideAgent extends http.Agent {
  override createConnection(options: http.ClientRequestArgs): net.Socket {
    const state: { tap: Tap | null } = { tap: null };
    const socket: net.Socket = net.connect({
      ...(options as net.TcpNetConnectOpts),
      onread: {
        buffer: takeBuffer,
        callback(bytes, buffer) {
          const piece = Buffer.from(buffer.buffer, buffer.byteOffset, bytes);
          if (state.tap && bytes >= worthKeepingBytes) state.tap(piece);
          else {
            // The parser copies what it hands on.
            if (state.tap) state.tap(Buffer.from(piece));
            else socket.emit('data', piece);
            releasePieces([piece]);
          }
          return true;
        },
      },
    });
    taps.set(socket, state);
    return socket;
  }
}

/** A body that is read past the parser. The connection is closed at its end: the parser does not know that there is one. */
class TappedBody extends EventEmitter implements Body {
  readonly #socket: net.Socket;
  #first: Buffer | null;
  #leftBytes: number;
  #paused = false;

  constructor(socket: net.Socket, state: { tap: Tap | null }, first: Buffer | null, lengthBytes: number) {
    super();
    this.#socket = socket;
    this.#first = first;
    this.#leftBytes = lengthBytes;
    state.tap = (piece) => this.#take(piece);
    socket.once('close', () => this.emit('close'));
    socket.on('error', (error) => this.emit('error', error));
    // Once the listeners are there.
    queueMicrotask(() => {
      if (this.#first) this.#take(this.#first);
      this.#first = null;
      if (!this.#paused) socket.resume();
    });
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#first === null) this.#socket.resume();
  }

  isPaused(): boolean {
    return this.#paused;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(piece: Buffer): void {
    if (this.#leftBytes <= 0) return;
    const wanted = piece.length > this.#leftBytes ? piece.subarray(0, this.#leftBytes) : piece;
    this.#leftBytes -= wanted.length;
    this.emit('data', wanted);
    if (this.#leftBytes > 0) return;
    this.emit('end');
    this.#socket.destroy();
  }
}

/** The body past the parser where its connection and its headers allow that; else the response itself. */
export function tapBody(response: http.IncomingMessage): Body {
  const { socket, headers } = response;
  const state = taps.get(socket);
  const lengthBytes = Number(headers['content-length'] ?? Number.NaN);
  const plain = headers['transfer-encoding'] === undefined && headers['content-encoding'] === undefined;
  if (!state || state.tap || !plain || !(lengthBytes > worthKeepingBytes) || response.complete || socket.destroyed)
    return response;
  // The parser complains that the connection ended too early; the tap knows better.
  response.on('error', () => {});
  const first = response.read() as Buffer | null;
  return new TappedBody(socket, state, first, lengthBytes);
}
