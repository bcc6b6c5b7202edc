// A pipe over the IPC channel between a Node process and a child that it forked; the same on both ends.
import { createPipe, type Pipe } from './pipe.ts';

/** `process` in the child, the `ChildProcess` in its parent. */
export interface IpcProcess {
  connected?: boolean;
  send?(message: unknown, callback: (error: Error | null) => void): unknown;
  disconnect?(): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
}

export function processPipe(ipc: IpcProcess): Pipe {
  const control = createPipe({
    // With a callback a send that comes too late is reported to it, and not thrown as an 'error' event.
    send: (message) => ipc.send?.(message, () => {}),
    close: () => {
      if (ipc.connected) ipc.disconnect?.();
    },
  });
  ipc.on('message', (message) => control.deliver(message));
  ipc.on('disconnect', () => control.closed('the IPC channel was disconnected'));
  if (!ipc.connected) control.closed('there is no IPC channel');
  return control.pipe;
}
