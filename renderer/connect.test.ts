// The page's connection over real message ports: it serves, is lost, comes back, and ends.
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { AppApi } from '../electron/contract/index.ts';
import { messagePortPipe } from '../electron/rpc/message-port.ts';
import { keepConnected, type Attempt, type ConnectionStatus } from './connect.ts';

/** Attempts that succeed or fail as told; the core's ends of the open ones. */
function makeCore(outcomes: ('open' | 'failed' | 'refused')[]) {
  const coreEnds: MessagePort[] = [];
  const pauses: number[] = [];
  const statuses: ConnectionStatus[] = [];
  const clients: { client: AppApi; signal: AbortSignal }[] = [];
  const changed: (() => void)[] = [];
  const open = (): Promise<Attempt> => {
    const outcome = outcomes.shift();
    // No more outcomes: an attempt that never ends.
    if (outcome === undefined) return new Promise(() => {});
    if (outcome !== 'open') return Promise.resolve({ kind: outcome });
    const { port1, port2 } = new MessageChannel();
    coreEnds.push(port1);
    return Promise.resolve({ kind: 'open', pipe: messagePortPipe(port2) });
  };
  const pause = (failures: number) => {
    pauses.push(failures);
    return Promise.resolve();
  };
  const end = keepConnected(
    {
      onStatus(status) {
        statuses.push(status);
        for (const notify of changed.splice(0)) notify();
      },
      onClient: (client, signal) => clients.push({ client, signal }),
    },
    { open, pause },
  );
  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => changed.push(resolve));
  }
  return { coreEnds, pauses, statuses, clients, end, until };
}

test('a lost connection is opened again, and each connection has its own client and signal', async () => {
  const core = makeCore(['open', 'failed', 'open']);
  await core.until(() => core.statuses.includes('open'));
  core.coreEnds[0]?.close();
  await core.until(() => core.statuses.filter((status) => status === 'open').length === 2);
  expect(core.statuses).toEqual(['connecting', 'open', 'lost', 'lost', 'open']);
  expect(core.clients).toHaveLength(2);
  expect(core.clients[0]?.signal.aborted).toBe(true);
  expect(core.clients[1]?.signal.aborted).toBe(false);
  core.end();
});

test('calls pending when the connection is lost are rejected with `closed`', async () => {
  const core = makeCore(['open']);
  await core.until(() => core.statuses.includes('open'));
  const call = core.clients[0]?.client.info.get();
  core.coreEnds[0]?.close();
  await expect(call).rejects.toMatchObject({ code: 'closed' });
});

test('pauses grow with the failures in a row', async () => {
  const core = makeCore(['failed', 'failed', 'failed', 'open']);
  await core.until(() => core.statuses.includes('open'));
  expect(core.pauses).toEqual([1, 2, 3]);
  // Two failures while the app is starting are no loss yet.
  expect(core.statuses).toEqual(['connecting', 'lost', 'open']);
  core.end();
});

test('a refused page says so', async () => {
  const core = makeCore(['refused']);
  await core.until(() => core.statuses.includes('refused'));
  expect(core.statuses).toEqual(['connecting', 'refused']);
});

test('ending closes the pipe and opens no other', async () => {
  const core = makeCore(['open', 'open']);
  await core.until(() => core.statuses.includes('open'));
  const closed = new Promise((resolve) => core.coreEnds[0]?.once('close', resolve));
  core.end();
  await closed;
  expect(core.coreEnds).toHaveLength(1);
  expect(core.statuses).toEqual(['connecting', 'open']);
});
