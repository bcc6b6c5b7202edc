// The browser shell: core behind the loopback server, a printed link, the default browser where there is one, and a clean end.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KangarooError } from '../contract/errors.ts';
import { appShape, type AppApi } from '../contract/index.ts';
import { createApp } from '../core/app.ts';
import { spawnNode } from '../core/engine/spawn-node.ts';
import type { GivenModel } from '../core/models/given.ts';
import { pageFolder } from '../core/page.ts';
import { defaultDataDir } from '../core/paths.ts';
import { serve } from '../rpc/server.ts';
import { webSocketPipe } from '../rpc/web-socket.ts';
import { startServer, type WebServer } from './server.ts';

export interface BrowserShellOptions {
  /** Folder of the checkout or of the installed app. */
  root: string;
  /** 0: any free port. */
  port: number;
  /** Open the default browser. */
  open: boolean;
  dataDir?: string;
  /** The model to open instead of the one that the app would choose. */
  model?: GivenModel;
  /** Ends the shell. */
  signal: AbortSignal;
  /** One line for the user. */
  print: (line: string) => void;
}

/**
 * Runs until the signal, then closes pages, engine and store. Rejects with `file-not-found` (the page is not built),
 * `invalid-argument` (the port is taken or not allowed).
 */
export async function runBrowserShell(options: BrowserShellOptions): Promise<void> {
  const { root, signal } = options;
  const folder = pageFolder(root);
  if (!existsSync(join(folder, 'index.html'))) {
    throw new KangarooError('file-not-found', 'The page has not been built yet. Run `npm run build:renderer`, or `npm start`.');
  }
  const dataDir = options.dataDir ?? defaultDataDir();
  const given = options.model ? { model: options.model } : {};
  const app = createApp({ root, dataDir, shell: 'browser', spawnEngine: spawnNode(root), ...given });
  try {
    const server = await listen(options.port, folder, app.services);
    options.print(`Kangaroo Chat is open at ${server.url}`);
    options.print('Only this machine can reach it. Ctrl-C ends it.');
    if (options.open) openBrowser(server.createOnceUrl());
    await aborted(signal);
    await server.close();
  } finally {
    await app.close();
  }
}

/** Serves core's services to every page that connects. */
async function listen(port: number, folder: string, services: AppApi): Promise<WebServer> {
  try {
    return await startServer({
      port,
      folder,
      onConnection: (socket) => serve(webSocketPipe(socket), services, appShape, { stripInternalDetail: true }),
    });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') {
      throw new KangarooError(
        'invalid-argument',
        `Port ${port} is taken. Choose another with --port, or leave it out for a free one.`,
      );
    }
    if (code === 'EACCES') {
      throw new KangarooError(
        'invalid-argument',
        `Port ${port} needs more rights than you have. Choose one above 1023 with --port.`,
      );
    }
    throw error;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Aborted by the first Ctrl-C or SIGTERM; a second one ends the process at once. */
export function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
  return controller.signal;
}

/** Opens the link where there is a screen to open it on. That it cannot be opened is no error: it was printed. */
function openBrowser(url: string): void {
  const { platform, env } = process;
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return;
  const [command, args]: [string, string[]] =
    platform === 'darwin' ? ['open', [url]] : platform === 'win32' ? ['explorer.exe', [url]] : ['xdg-open', [url]];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
