// A transport is no more than `send` and `onMessage`. What arrives before anybody listens is kept, not lost.

/** Both ends of a connection look like this. Closing is final; `send` on a closed pipe does nothing. */
export interface Pipe {
  /** Throws only where the message itself cannot be carried, for example a function. */
  send(message: unknown): void;
  /** Returns how to unsubscribe. */
  onMessage(listener: (message: unknown) => void): () => void;
  /** Called once, with the reason if one is known; at once (in a microtask) on a pipe that is closed already. */
  onClose(listener: (reason: string) => void): () => void;
  close(reason?: string): void;
}

/** What an adapter has to offer. */
export interface Transport {
  send(message: unknown): void;
  close(reason: string): void;
}

/** The adapter's side of a pipe: it reports here what happens on the wire. */
export interface PipeControl {
  pipe: Pipe;
  deliver(message: unknown): void;
  /** The other end went away. */
  closed(reason: string): void;
}

/** A peer that floods a pipe which nobody reads yet is cut off here. */
const maxEarlyMessages = 1024;

export function createPipe(transport: Transport): PipeControl {
  const messageListeners = new Set<(message: unknown) => void>();
  const closeListeners = new Set<(reason: string) => void>();
  let early: unknown[] | null = [];
  let closedReason: string | null = null;

  function closed(reason: string): void {
    if (closedReason !== null) return;
    closedReason = reason;
    for (const listener of closeListeners) listener(reason);
    closeListeners.clear();
    messageListeners.clear();
  }

  function close(reason: string): void {
    if (closedReason !== null) return;
    closed(reason);
    transport.close(reason);
  }

  function deliver(message: unknown): void {
    if (closedReason !== null) return;
    if (early === null) {
      for (const listener of messageListeners) listener(message);
    } else if (early.length < maxEarlyMessages) {
      early.push(message);
    } else {
      close('too many messages before anybody listened');
    }
  }

  const pipe: Pipe = {
    send(message) {
      if (closedReason === null) transport.send(message);
    },
    onMessage(listener) {
      messageListeners.add(listener);
      if (early !== null) {
        const kept = early;
        early = null;
        for (const message of kept) listener(message);
      }
      return () => messageListeners.delete(listener);
    },
    onClose(listener) {
      if (closedReason !== null) {
        const reason = closedReason;
        queueMicrotask(() => listener(reason));
        return () => {};
      }
      closeListeners.add(listener);
      return () => closeListeners.delete(listener);
    },
    close: (reason = 'closed by this side') => close(reason),
  };

  return { pipe, deliver, closed };
}
