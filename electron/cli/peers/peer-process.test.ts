import { afterEach, expect, test } from 'vitest';
import { PeerProcess } from './peer-process.ts';
import type { OpenRequest } from './protocol.ts';

const request: OpenRequest = {
  type: 'open',
  modelPath: 'model.gguf',
  adapterPath: 'adapter.gguf',
  drafterPath: null,
  contextSize: 64,
  threads: 1,
  gpuLayers: 0,
  peers: [{ name: 'one', kind: 'plain', settings: {} }],
};

/** A child whose reply to every request is what the given function's body returns; nothing where that is undefined. */
function child(body: string): PeerProcess {
  const script = `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const reply = ((request) => { ${body} })(JSON.parse(line));
    if (reply !== undefined) console.log(typeof reply === 'string' ? reply : JSON.stringify(reply));
  });`;
  started = new PeerProcess('A peer', process.execPath, ['--eval', script]);
  return started;
}

let started: PeerProcess | null = null;
afterEach(() => started?.close());

const answer = `{ type: 'answer', tokenIds: [1, 2], promptMs: 1, ms: 2, rounds: null, drafted: 0, accepted: 0 }`;

test('a reply for every request, in order; what a library prints is no reply', async () => {
  const peer = child(`console.log('loading'); return request.type === 'open'
    ? { type: 'opened', parameters: { one: request.modelPath } } : { ...${answer}, tokenIds: request.promptIds };`);
  expect((await peer.open(request)).parameters).toEqual({ one: 'model.gguf' });
  expect((await peer.generate('one', [5, 6], 8)).tokenIds).toEqual([5, 6]);
  expect((await peer.generate('one', [7], 8)).tokenIds).toEqual([7]);
});

test('a failure is the error that the child says', async () => {
  const peer = child(`return { type: 'failed', message: 'no such model' };`);
  await expect(peer.open(request)).rejects.toMatchObject({ code: 'internal', message: 'A peer: no such model' });
});

test('replies that cannot be read, or do not belong, are errors', async () => {
  await expect(child(`return '{"type":';`).open(request)).rejects.toThrow('cannot be read');
  await started?.close();
  await expect(child(`return { type: 'answer', tokenIds: [] };`).open(request)).rejects.toThrow('cannot be read');
  await started?.close();
  await expect(child(`return ${answer};`).open(request)).rejects.toThrow('it replied "answer"');
});

test('only one request at a time', async () => {
  const peer = child('');
  const first = peer.open(request);
  first.catch(() => {});
  await expect(peer.generate('one', [1], 1)).rejects.toMatchObject({ code: 'busy' });
  await peer.close();
  await expect(first).rejects.toMatchObject({ code: 'engine-crashed' });
});

test('the death of a child rejects what is pending and all that follows, with its last words', async () => {
  const peer = child(`process.stderr.write('out of memory'); process.exitCode = 3; process.stdin.destroy();`);
  const error = { code: 'engine-crashed', message: 'A peer is gone: it ended with code 3.', detail: 'out of memory' };
  await expect(peer.open(request)).rejects.toMatchObject(error);
  await expect(peer.generate('one', [1], 1)).rejects.toMatchObject(error);
});

test('a program that is not there', async () => {
  started = new PeerProcess('A peer', '/nowhere/peer', []);
  await expect(started.open(request)).rejects.toMatchObject({ code: 'engine-crashed' });
});
