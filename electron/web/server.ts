// The browser shell's HTTP server: loopback only, the page's files behind a token, and one WebSocket per open page at /rpc.
import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { findPageFile, securityHeaders } from '../core/page.ts';
import { Gate, type Refusal } from './token.ts';

/** A page that sends more than this in one message is not ours; a long pasted text is far below. */
const maxMessageBytes = 4 * 1024 * 1024;
const maxConnections = 32;
/** WebSocket close codes; the page tells them apart to say what to do. */
const closeCodes = { badToken: 4401, goingAway: 1001 } as const;

export interface WebServerOptions {
  /** 0: any free port. */
  port: number;
  /** Folder of the built page. */
  folder: string;
  /** Called for every page that connected and may. */
  onConnection: (socket: WebSocket) => void;
}

export interface WebServer {
  port: number;
  /** The link to print: it carries the token. */
  url: string;
  /** A link that works once, for opening the browser. */
  createOnceUrl(): string;
  /** Closes every connection, then the server. */
  close(): Promise<void>;
}

const refusals: Record<Refusal, { status: number; title: string; text: string }> = {
  host: {
    status: 403,
    title: 'Not here',
    text: 'Kangaroo Chat answers only under the address of this machine: 127.0.0.1 or localhost.',
  },
  origin: { status: 403, title: 'Not from there', text: 'Another page tried to reach Kangaroo Chat. It was turned away.' },
  token: {
    status: 401,
    title: 'Please use the printed link',
    text: 'Kangaroo Chat prints a link with a token when it starts. Copy the whole link from the terminal. A link of an earlier start no longer works.',
  },
};

/** Starts to listen on 127.0.0.1. Rejects with the system's error where the port is taken. */
export async function startServer(options: WebServerOptions): Promise<WebServer> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      if (!response.headersSent) sendText(response, 500, 'text/plain; charset=utf-8', 'The page could not be read.');
      else response.destroy();
    });
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false });

  const port = await new Promise<number>((resolvePort, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: options.port }, () => {
      server.off('error', reject);
      const address = server.address();
      resolvePort(typeof address === 'object' && address !== null ? address.port : options.port);
    });
  });
  const gate = new Gate(port);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const source = gate.refusesSource(request, false);
    if (source) return refuse(request, response, source);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return sendText(response, 405, 'text/plain; charset=utf-8', 'Only GET and HEAD.');
    }
    // Not `new URL`: it would tidy `..` away before it can be refused.
    const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
    const given = path === '/' ? new URLSearchParams(query).get('token') : null;
    if (given !== null) {
      if (!gate.isLinkToken(given)) return refuse(request, response, 'token', 403);
      response.writeHead(303, { ...securityHeaders, 'cache-control': 'no-store', 'set-cookie': gate.cookie(), location: '/' });
      response.end();
      return;
    }
    const refusal = gate.refuses(request, false);
    if (refusal) return refuse(request, response, refusal);

    const file = await findPageFile(options.folder, path);
    if (!file) return sendText(response, 404, 'text/plain; charset=utf-8', 'There is no such file.', request.method);
    response.writeHead(200, {
      ...securityHeaders,
      'content-type': file.mediaType,
      'content-length': file.sizeBytes,
      'cache-control': file.cacheControl,
    });
    if (request.method === 'HEAD') return void response.end();
    createReadStream(file.path)
      .on('error', () => response.destroy())
      .pipe(response);
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const source = gate.refusesSource(request, true);
    if (source) return refuseUpgrade(socket, 403, 'Forbidden');
    if (request.url !== '/rpc') return refuseUpgrade(socket, 404, 'Not Found');
    if (sockets.clients.size >= maxConnections) return refuseUpgrade(socket, 503, 'Service Unavailable');
    const refusal = gate.refuses(request, true);
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => client.terminate());
      // A page cannot read the status of a refused handshake, but it can read this code, and so say what to do.
      if (refusal) client.close(closeCodes.badToken, 'Please use the printed link.');
      else options.onConnection(client);
    });
  });

  return {
    port,
    url: `http://127.0.0.1:${port}/?token=${gate.linkToken}`,
    createOnceUrl: () => `http://127.0.0.1:${port}/?token=${gate.createOnceToken()}`,
    async close() {
      for (const client of sockets.clients) {
        client.close(closeCodes.goingAway, 'Kangaroo Chat was closed.');
      }
      await new Promise<void>((resolveClose) => {
        // Pages get a moment to read the close frame; whoever does not answer it is cut off.
        const cutOff = setTimeout(() => {
          for (const client of sockets.clients) client.terminate();
          server.closeAllConnections();
        }, 200);
        server.close(() => {
          clearTimeout(cutOff);
          resolveClose();
        });
      });
    },
  };
}

function sendText(response: ServerResponse, status: number, mediaType: string, text: string, method = 'GET'): void {
  response.writeHead(status, {
    ...securityHeaders,
    'content-type': mediaType,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(method === 'HEAD' ? undefined : text);
}

function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal, status?: number): void {
  const { title, text, status: usual } = refusals[refusal];
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>\n`;
  sendText(response, status ?? usual, 'text/html; charset=utf-8', page, request.method);
}

function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
