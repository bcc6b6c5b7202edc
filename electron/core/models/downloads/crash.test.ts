// `kill -9` at random moments and at every kind of step: the next start goes on with what the journal claims, the end is
// byte-identical, and at no moment is there a partial file in the library. KANGAROO_KILLS=100 kills more often.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { DownloadRequest } from '../../../contract/downloads.ts';
import { startHubServer } from '../testing/hub-server.ts';
import type { CrashEvent, CrashOrder } from './testing/crash-child.ts';
import { randomFile, repo, sha256Of } from './testing/workbench.ts';

const kills = Number(process.env['KANGAROO_KILLS'] ?? 5);
const child = fileURLToPath(new URL('testing/crash-child.ts', import.meta.url));
const files = { 'joey-00001-of-00002.gguf': randomFile(400_000, 11), 'joey-00002-of-00002.gguf': randomFile(150_000, 12) };

/** Runs until it ends or is killed; `killAfterMs` counts from when it opened its journal. */
async function run(order: CrashOrder, killAfterMs: number | null): Promise<CrashEvent[]> {
  const events: CrashEvent[] = [];
  const started = spawn(process.execPath, [child, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(started, 'exit');
  const lines = createInterface({ input: started.stdout });
  lines.on('line', (line) => {
    // Killed in the middle of a line.
    if (!line.endsWith('}')) return;
    const event = JSON.parse(line) as CrashEvent;
    events.push(event);
    if (event.type === 'opened' && killAfterMs !== null) setTimeout(() => started.kill('SIGKILL'), killAfterMs);
  });
  await Promise.all([exited, once(lines, 'close')]);
  return events;
}

test(`${kills} kills`, { timeout: 60_000 + kills * 60_000 }, async () => {
  const hub = await startHubServer({ repos: [{ id: repo, files }], bytesPerSecond: 400_000 });
  const root = mkdtempSync(join(tmpdir(), 'kangaroo-crash-'));
  const statuses = new Map<string, number>();
  let done = 0;
  let completed = 0;
  try {
    while (done < kills || completed === 0) {
      const dataDir = join(root, `run-${completed}`);
      const folder = join(dataDir, 'models');
      mkdirSync(dataDir, { recursive: true });
      const request: DownloadRequest = {
        name: 'Joey',
        endpoint: hub.origin,
        repo,
        revision: 'main',
        folder,
        files: Object.entries(files).map(([path, bytes]) => ({ path, sizeBytes: bytes.length, sha256: sha256Of(bytes) })),
      };
      let claimed = 0;
      for (let ended = false; !ended;) {
        const last = done >= kills;
        const byStep = Math.random() < 0.5;
        const order = { dataDir, request, killAtStep: !last && byStep ? Math.floor(Math.random() ** 2 * 60) : null };
        const events = await run(order, last || byStep ? null : Math.random() * 900);
        const opened = events.find((event) => event.type === 'opened');
        if (opened) expect(opened.receivedBytes).toBeGreaterThanOrEqual(claimed);
        for (const event of events) if (event.type === 'journaled') claimed = event.receivedBytes;
        const status = events.findLast((event) => event.type === 'status')?.status ?? 'before the first status';
        const end = events.find((event) => event.type === 'ended');
        for (const [name, bytes] of Object.entries(files)) {
          if (existsSync(join(folder, name))) expect(readFileSync(join(folder, name)).equals(bytes)).toBe(true);
        }
        if (end) expect(end.status).toBe('completed');
        else {
          done++;
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
        ended = end !== undefined;
      }
      expect(readdirSync(folder).sort()).toEqual(Object.keys(files));
      completed++;
    }
  } finally {
    await hub.close();
    rmSync(root, { recursive: true, force: true });
  }
  console.log(`${done} kills over ${completed} downloads, by last status seen:`, Object.fromEntries(statuses));
});
