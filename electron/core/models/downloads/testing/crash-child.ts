// A process that downloads until it is killed, by its parent or by itself at a step of its own: before or after a call that
// writes to the journal, syncs or renames. Prints one JSON line per event.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { DownloadRequest } from '../../../../contract/downloads.ts';
import { HttpClient } from '../../../net/http.ts';
import { HubClient } from '../../../net/hub-client.ts';
import { openModelsDatabase } from '../../database.ts';
import { Downloads } from '../downloads.ts';
import { DownloadStore } from '../store.ts';
import { smallSizes, smallTimings } from './workbench.ts';

export interface CrashOrder {
  dataDir: string;
  request: DownloadRequest;
  /** Kills itself at this step; null: never. */
  killAtStep: number | null;
}

export type CrashEvent =
  | { type: 'opened'; receivedBytes: number }
  /** On disk for certain. */
  | { type: 'journaled'; receivedBytes: number }
  | { type: 'status'; status: string }
  | { type: 'ended'; status: string; steps: number };

const order = JSON.parse(process.argv[2] ?? '') as CrashOrder;
let steps = 0;

function tell(event: CrashEvent): void {
  fs.writeSync(1, `${JSON.stringify(event)}\n`);
}

function step(): void {
  if (steps++ === order.killAtStep) process.kill(process.pid, 'SIGKILL');
}

/** Calls that change what a later start finds. */
function watchCalls<T extends object>(target: T, names: readonly (keyof T & string)[]): void {
  for (const name of names) {
    const call = target[name] as (...values: unknown[]) => unknown;
    Object.defineProperty(target, name, {
      configurable: true,
      value(this: unknown, ...values: unknown[]) {
        step();
        const result = call.apply(this, values);
        step();
        return result;
      },
    });
  }
}

watchCalls(fs, ['renameSync', 'fsyncSync']);
syncBuiltinESMExports();
watchCalls(DownloadStore.prototype, ['insert', 'update', 'updateFile', 'restartFile', 'saveParts']);

const { database } = openModelsDatabase(order.dataDir);
const store = new DownloadStore(database);
const journaled = () => {
  const files = store.all().flatMap((download) => download.files.map((file) => ({ download, file })));
  return files.reduce(
    (sum, { download, file }) => sum + (file.verified ? file.sizeBytes : store.receivedBytes(download.id, file.position)),
    0,
  );
};
tell({ type: 'opened', receivedBytes: journaled() });
const downloads = new Downloads({
  store,
  hub: new HubClient({ http: new HttpClient({}), token: () => null }),
  timings: smallTimings,
  sizes: smallSizes,
});
if ((await downloads.list()).length === 0) await downloads.add(order.request);
let status = '';
for await (const [download] of downloads.watch()) {
  if (!download) continue;
  if (download.status !== status) tell({ type: 'status', status: (status = download.status) });
  tell({ type: 'journaled', receivedBytes: journaled() });
  if (status !== 'completed' && status !== 'failed') continue;
  tell({ type: 'ended', status, steps });
  break;
}
await downloads.close();
database.close();
