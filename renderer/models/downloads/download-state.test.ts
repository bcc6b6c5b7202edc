// Every state of a download says what it is and offers what helps.
import { expect, test } from 'vitest';
import type { ErrorCode } from '../../../electron/contract/errors.ts';
import { makeDownload } from '../../testing/make-models.ts';
import { downloadStateOf, fractionOf, labelOf, movedIndex } from './download-state.ts';

const failed = (code: ErrorCode) => makeDownload({ status: 'failed', error: { code, message: 'What happened.' } });

test.each<[ErrorCode, string[]]>([
  ['hub-token-missing', ['enter-token', 'resume', 'cancel']],
  ['hub-token-invalid', ['enter-token', 'resume', 'cancel']],
  ['hub-licence-not-accepted', ['open-page', 'resume', 'cancel']],
  ['hub-access-pending', ['open-page', 'resume', 'cancel']],
  ['hub-access-denied', ['enter-token', 'open-page', 'resume', 'cancel']],
  ['checksum-mismatch', ['resume', 'cancel']],
])('a failure by %s offers %j', (code, actions) => {
  expect(downloadStateOf(failed(code))).toMatchObject({ tone: 'danger', explanation: 'What happened.', actions });
});

test('one that waits says for what, and can be tried at once', () => {
  const wait = { reason: 'disk-full', message: 'Make room.', nextTryAtMs: 0 } as const;
  const download = makeDownload({ status: 'waiting', wait });
  const state = downloadStateOf(download);
  expect(state).toMatchObject({ title: 'Waiting for room on the disk', explanation: 'Make room.' });
  expect(state.actions.map((action) => labelOf(action, download))).toEqual(['Try now', 'Pause', 'Cancel']);
});

test('where a pause loses what has arrived, its button says so', () => {
  expect(labelOf('pause', makeDownload({ resumable: false }))).toBe('Pause (begins anew)');
  expect(labelOf('pause', makeDownload({ resumable: null }))).toBe('Pause');
});

test('while the hash is checked, the bar shows what of it is', () => {
  const bytes = { receivedBytes: 100, verifiedBytes: 40, totalBytes: 100 };
  expect(fractionOf(makeDownload({ ...bytes, status: 'verifying' }))).toBe(0.4);
  expect(fractionOf(makeDownload({ ...bytes, status: 'downloading' }))).toBe(1);
  expect(fractionOf(makeDownload({ status: 'queued', receivedBytes: 0, totalBytes: 0 }))).toBe(0);
});

test('an item moves over the completed ones between, and not beyond the ends', () => {
  const list = ['a', 'done', 'b'].map((id) => makeDownload({ id, status: id === 'done' ? 'completed' : 'queued' }));
  expect(movedIndex(list, 'b', -1)).toBe(0);
  expect(movedIndex(list, 'a', 1)).toBe(2);
  expect(movedIndex(list, 'a', -1)).toBeNull();
  expect(movedIndex(list, 'done', 1)).toBeNull();
});
