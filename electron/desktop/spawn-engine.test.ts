// The engine in a utility process, held against a double that is a real Node child: messages, a crash, a kill, an exit.
import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EngineExit, EngineProcess } from '../core/engine/engine-process.ts';
import { spawnUtility, type SpawnOptions } from './spawn-engine.ts';

let folder = '';
let forked: { path: string; args: string[]; options: Record<string, unknown> }[] = [];
let utilities: UtilityDouble[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kangaroo-spawn-'));
  [forked, utilities] = [[], []];
});

afterEach(() => {
  for (const { child } of utilities) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Like Electron's: bare messages, an exit code and no signal. */
class UtilityDouble extends EventEmitter {
  readonly child: ChildProcess;
  readonly stderr: Readable | null;
  constructor(path: string, args: string[]) {
    super();
    this.child = fork(path, args, { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    utilities.push(this);
    this.stderr = this.child.stderr;
    this.child.on('message', (message) => this.emit('message', message));
    this.child.on('close', (code, signal) => this.emit('exit', code ?? (signal === 'SIGKILL' ? 9 : 1)));
  }
  get pid(): number | undefined {
    return this.child.pid;
  }
  postMessage(message: unknown): void {
    this.child.send(message as object);
  }
  kill(): boolean {
    return this.child.kill();
  }
}

function spawnEngine(script: string): EngineProcess {
  const workerPath = join(folder, 'worker.mjs');
  writeFileSync(workerPath, script);
  const utilityProcess = {
    fork: (path: string, args: string[], options: Record<string, unknown>) => {
      forked.push({ path, args, options });
      return new UtilityDouble(path, args);
    },
  };
  return spawnUtility({
    utilityProcess: utilityProcess as unknown as SpawnOptions['utilityProcess'],
    workerPath,
    root: '/root-of-app',
  })();
}

function exitOf(engine: EngineProcess): Promise<EngineExit> {
  return new Promise((resolve) => engine.onExit(resolve));
}

test('the worker is started with the root, and messages go both ways', async () => {
  const engine = spawnEngine("process.on('message', (message) => process.send(['echo', message, process.argv[2]]));");
  const answer = await new Promise((resolve) => {
    engine.pipe.onMessage(resolve);
    engine.pipe.send({ hello: 1 });
  });
  expect(answer).toEqual(['echo', { hello: 1 }, '/root-of-app']);
  expect(engine.pid).toBe(utilities[0]?.pid);
  expect(forked[0]).toMatchObject({ args: ['/root-of-app'], options: { stdio: ['ignore', 'ignore', 'pipe'] } });
  engine.kill();
  await exitOf(engine);
});

test('an engine that ignores a polite end is killed, its pipe closed, and its end told once, also to late listeners', async () => {
  const engine = spawnEngine("process.on('SIGTERM', () => {}); process.send('up'); setInterval(() => {}, 1000);");
  await new Promise((resolve) => engine.pipe.onMessage(resolve));
  const closed = new Promise((resolve) => engine.pipe.onClose(resolve));
  let told = 0;
  engine.onExit(() => (told += 1));
  engine.kill();
  expect(await exitOf(engine)).toMatchObject({ code: 9 });
  await closed;
  expect((await exitOf(engine)).code).toBe(9);
  expect(told).toBe(1);
});

test('what a dying engine said is kept', async () => {
  const engine = spawnEngine("console.error('the last words'); process.exit(3);");
  expect(await exitOf(engine)).toMatchObject({ code: 3, lastWords: expect.stringContaining('the last words') });
});

test('an error of V8 is remembered and does not throw', async () => {
  const engine = spawnEngine('setInterval(() => {}, 1000);');
  utilities[0]?.emit('error', 'FatalError', 'v8::Heap', '{}');
  engine.kill();
  expect(await exitOf(engine)).toMatchObject({ lastWords: expect.stringContaining('FatalError in v8::Heap') });
});
