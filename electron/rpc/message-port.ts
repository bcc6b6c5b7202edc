// Pipes over message ports: the DOM's, worker_threads', Electron's main-process kind and its utility processes.
// All are typed by what they do, so that nothing here imports `electron`.
import { createPipe, type Pipe } from './pipe.ts';

/** A DOM `MessagePort`, or one of `node:worker_threads`. */
export interface EventTargetPort {
  postMessage(message: unknown): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
  start(): void;
  close(): void;
}

/** Electron's `MessagePortMain`; and `process.parentPort` of a utility process, which has no `start` and no `close`. */
export interface EmitterPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start?(): void;
  close?(): void;
}

/** Electron's `UtilityProcess`, as its parent holds it: messages arrive bare. */
export interface UtilityProcessLike {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
}

const peerClosed = 'the other side closed the port';

export function messagePortPipe(port: EventTargetPort): Pipe {
  const control = createPipe({
    send: (message) => port.postMessage(message),
    close: () => port.close(),
  });
  port.addEventListener('message', (event) => control.deliver((event as MessageEvent<unknown>).data));
  port.addEventListener('messageerror', () => control.pipe.close('a message could not be read'));
  port.addEventListener('close', () => control.closed(peerClosed));
  port.start();
  return control.pipe;
}

export function emitterPortPipe(port: EmitterPort): Pipe {
  const control = createPipe({
    send: (message) => port.postMessage(message),
    close: () => port.close?.(),
  });
  port.on('message', (event) => control.deliver(event.data));
  port.on('close', () => control.closed(peerClosed));
  port.start?.();
  return control.pipe;
}

/** Closing this pipe does not end the process: its owner kills it. */
export function utilityProcessPipe(child: UtilityProcessLike): Pipe {
  const control = createPipe({ send: (message) => child.postMessage(message), close: () => {} });
  child.on('message', (message) => control.deliver(message));
  child.on('exit', (code) => control.closed(`the process ended with code ${code}`));
  return control.pipe;
}
