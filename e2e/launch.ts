// Starts the browser shell as people do, as a child process with a data folder of its own, and finds its engine among its children.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Message } from '../electron/contract/chats.ts';
import type { Settings } from '../electron/contract/settings.ts';
import { openStore } from '../electron/core/chats/store.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface Shell {
  /** The printed link. */
  url: string;
  pid: number;
  dataDir: string;
  /** The process that runs the engine now; throws while there is none. */
  enginePid(): number;
  /** Ends it with Ctrl-C and resolves with its exit code. */
  close(): Promise<number | null>;
}

export interface Before {
  /** A folder that the caller keeps, to start the app on it again; else one that goes with the app. */
  dataDir?: string;
  /** The environment, besides the test's own. */
  environment?: Record<string, string>;
  /** The messages of a chat that is there already. */
  stored?: Message[];
}

/** Resolves when the link is printed; rejects with what was said instead. `settings`: as if they had been chosen before. */
export async function launchBrowserShell(
  settings: Partial<Settings> = {},
  { dataDir: kept, environment = {}, stored = [] }: Before = {},
): Promise<Shell> {
  const dataDir = kept ?? mkdtempSync(join(tmpdir(), 'kangaroo-e2e-'));
  writeFileSync(join(dataDir, 'settings.json'), JSON.stringify(settings));
  if (stored.length > 0) store(dataDir, stored);
  const child = spawn(process.execPath, [join(root, 'electron', 'web', 'main.ts'), '--no-open'], {
    cwd: root,
    env: { ...process.env, ...environment, KANGAROO_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => {
    child.on('exit', (code) => {
      if (kept === undefined) rmSync(dataDir, { recursive: true, force: true });
      resolve(code);
    });
  });
  const url = await printedLink(child);
  const { pid } = child;
  if (pid === undefined) throw new Error('the shell has no process id');
  return {
    url,
    pid,
    dataDir,
    enginePid() {
      const [engine] = childrenOf(pid);
      if (engine === undefined) throw new Error('the engine is not running');
      return engine;
    },
    async close() {
      child.kill('SIGINT');
      return exited;
    },
  };
}

function store(dataDir: string, messages: Message[]): void {
  const { chats, messages: tree, transact, close } = openStore(dataDir);
  const chat = chats.insert({ id: 'stored', title: 'Stored', titleSource: 'user', createdAtMs: Date.now() });
  // At once: each message on its own would wait for the disk.
  transact(() => {
    let parent: number | null = null;
    for (const message of messages) {
      parent = tree.append(chat.key, parent, message);
      tree.update(message, message.rounds);
    }
  });
  close();
}

function printedLink(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (chunk: Buffer) => {
      said += String(chunk);
      const url = /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/.exec(said)?.[0];
      if (url !== undefined) resolve(url);
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the shell ended with code ${code}: ${said}`)));
  });
}

/** Ids of the processes that a process started and that still run, from Linux's /proc. */
export function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const status = statusOf(Number(name));
      return status !== null && status.parent === parent && status.state !== 'Z';
    })
    .map(Number);
}

/** True while a process exists and is no zombie. */
export function isRunning(pid: number): boolean {
  const status = statusOf(pid);
  return status !== null && status.state !== 'Z';
}

function statusOf(pid: number): { state: string; parent: number } | null {
  try {
    // pid (name) state parent …: the name may hold spaces and brackets, so the fields are counted from its end.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', parent = ''] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return null;
  }
}
