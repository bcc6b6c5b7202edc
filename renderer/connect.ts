// Keeps the page connected to the core: a MessagePort from the preload script on the desktop, a WebSocket in the browser
// shell. A lost connection is opened again, with growing pauses, until the page goes away.
import { appShape, type AppApi } from '../electron/contract/index.ts';
import { createClient } from '../electron/rpc/client.ts';
import { messagePortPipe } from '../electron/rpc/message-port.ts';
import type { Pipe } from '../electron/rpc/pipe.ts';
import { webSocketPipe } from '../electron/rpc/web-socket.ts';

declare global {
  interface Window {
    /** Set by the preload script; absent in the browser shell. */
    kangaroo?: {
      connect(): void;
      /** Where a file lies that the user has dropped on the page. */
      pathOf(file: File): string;
      /** How large the window shows everything; 1: as usual. */
      zoomFactor(): number;
      setZoomFactor(factor: number): void;
    };
  }
}

export type ConnectionStatus =
  | 'connecting'
  | 'open'
  /** It was open; a new one is being tried. */
  | 'lost'
  /** The server is there but does not know this page: only its printed link helps. */
  | 'refused';

export interface ConnectionHandlers {
  /** A fresh connection. `signal` aborts when it is lost. */
  onClient(client: AppApi, signal: AbortSignal): void;
  onStatus(status: ConnectionStatus): void;
}

/** How one attempt ends: with an open pipe, or with how it was refused. */
export type Attempt = { kind: 'open'; pipe: Pipe } | { kind: 'failed' } | { kind: 'refused' };

export interface ConnectionOptions {
  open: () => Promise<Attempt>;
  /** Waits before the next attempt; resolves early when something makes success likelier. */
  pause: (attempt: number) => Promise<void>;
}

/** Connects, and again after every loss. Returns how to end it. */
export function keepConnected(handlers: ConnectionHandlers, options: ConnectionOptions): () => void {
  let ended = false;
  let current: Pipe | null = null;

  async function run(): Promise<void> {
    let failures = 0;
    let wasOpen = false;
    handlers.onStatus('connecting');
    while (!ended) {
      const attempt = await options.open();
      if (ended) {
        if (attempt.kind === 'open') attempt.pipe.close();
        return;
      }
      if (attempt.kind === 'open') {
        failures = 0;
        wasOpen = true;
        current = attempt.pipe;
        await serve(attempt.pipe);
        current = null;
        if (ended) return;
        handlers.onStatus('lost');
      } else {
        failures += 1;
        if (attempt.kind === 'refused') handlers.onStatus('refused');
        // A first attempt may fail while the app is still starting: that is no loss yet.
        else if (wasOpen || failures > 2) handlers.onStatus('lost');
      }
      await options.pause(failures);
    }
  }

  function serve(pipe: Pipe): Promise<void> {
    const lost = new AbortController();
    const closed = new Promise<void>((resolve) => {
      pipe.onClose(() => {
        lost.abort();
        resolve();
      });
    });
    handlers.onStatus('open');
    handlers.onClient(createClient<AppApi>(pipe, appShape), lost.signal);
    return closed;
  }

  void run();
  return () => {
    ended = true;
    current?.close();
  };
}

/** The connection that this page has: see the head of this file. */
export function pageConnection(): ConnectionOptions {
  const { kangaroo } = window;
  return { open: kangaroo ? () => openPort(kangaroo) : openSocket, pause };
}

/** The preload script answers `connect()` by posting a port to this very window. */
function openPort(kangaroo: { connect(): void }): Promise<Attempt> {
  return new Promise((resolve) => {
    const listener = (event: MessageEvent) => {
      const port = event.ports[0];
      if (event.source !== window || event.data !== 'kangaroo:port' || !port) return;
      window.removeEventListener('message', listener);
      resolve({ kind: 'open', pipe: messagePortPipe(port) });
    };
    window.addEventListener('message', listener);
    kangaroo.connect();
  });
}

/** The browser shell's close code for a page without a valid cookie. */
const badTokenCode = 4401;
/** A refusal comes right behind the handshake; a socket that is still open after this was let in. */
const refusalWindowMs = 60;

function openSocket(): Promise<Attempt> {
  return new Promise((resolve) => {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/rpc`);
    const pipe = webSocketPipe(socket);
    socket.addEventListener('open', () => setTimeout(() => resolve({ kind: 'open', pipe }), refusalWindowMs));
    socket.addEventListener('close', (event) => resolve({ kind: event.code === badTokenCode ? 'refused' : 'failed' }));
  });
}

const firstPauseMs = 250;
const longestPauseMs = 5000;

/** Doubles with each failure; coming back to the page or to the network ends it at once. */
function pause(failures: number): Promise<void> {
  return new Promise((resolve) => {
    const limitMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.max(0, failures - 1));
    const finish = () => {
      clearTimeout(timer);
      window.removeEventListener('online', finish);
      window.removeEventListener('focus', finish);
      resolve();
    };
    const timer = setTimeout(finish, limitMs * (0.75 + Math.random() / 2));
    window.addEventListener('online', finish);
    window.addEventListener('focus', finish);
  });
}
