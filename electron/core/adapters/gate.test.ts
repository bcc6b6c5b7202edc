// Work behind a gate: stopped when it closes, done again when it opens, and ended for good by its signal.
import { expect, test } from 'vitest';
import { Gate } from './gate.ts';

/** Runs until it is stopped, or to its end after some turns of the loop. */
function work(log: string[], turns = 3) {
  let stopped = false;
  const result = (async () => {
    log.push('begins');
    for (let turn = 0; turn < turns && !stopped; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
    log.push(stopped ? 'stopped' : 'done');
    return { stopped };
  })();
  return { result, stop: () => (stopped = true) };
}

const wasStopped = ({ stopped }: { stopped: boolean }) => stopped;

test('an open gate lets it through once', async () => {
  const log: string[] = [];
  const gate = new Gate(new AbortController().signal);
  await gate.run(() => work(log), wasStopped);
  expect(log).toEqual(['begins', 'done']);
});

test('a gate that closes stops it, and it begins again when the gate opens', async () => {
  const log: string[] = [];
  const gate = new Gate(new AbortController().signal);
  const running = gate.run(() => work(log, 20), wasStopped);
  await new Promise((resolve) => setTimeout(resolve, 10));
  gate.hold(true);
  gate.hold(true);
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(log).toEqual(['begins', 'stopped']);
  gate.hold(false);
  await running;
  expect(log).toEqual(['begins', 'stopped', 'begins', 'done']);
});

test('an abort ends it, also behind a closed gate', async () => {
  for (const closed of [false, true]) {
    const log: string[] = [];
    const abort = new AbortController();
    const gate = new Gate(abort.signal);
    gate.hold(closed);
    const running = gate.run(() => work(log, 100), wasStopped);
    await new Promise((resolve) => setTimeout(resolve, 10));
    abort.abort(new Error('paused'));
    await expect(running).rejects.toThrow('paused');
    expect(log).toEqual(closed ? [] : ['begins', 'stopped']);
  }
});

test('its clock stands while it is closed', async () => {
  const gate = new Gate(new AbortController().signal);
  const before = gate.openMs();
  gate.hold(true);
  const closed = gate.openMs();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(gate.openMs()).toBeCloseTo(closed);
  gate.hold(false);
  const opened = gate.openMs();
  expect(opened - before).toBeLessThan(30);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(gate.openMs()).toBeGreaterThan(opened);
});
