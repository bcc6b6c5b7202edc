// The arrangement of the window: kept from visit to visit, sensible whatever was kept.
import { beforeEach, expect, test, vi } from 'vitest';

const kept = new Map<string, string>();
let room = true;
vi.stubGlobal('localStorage', {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
  removeItem: (key: string) => void kept.delete(key),
});
vi.stubGlobal('window', { localStorage, matchMedia: () => ({ matches: room }) });

async function freshStore() {
  vi.resetModules();
  return (await import('./view-store.ts')).useView;
}

beforeEach(() => {
  kept.clear();
  room = true;
});

test('a panel that was closed and made wider is found so again', async () => {
  const first = await freshStore();
  first.getState().toggle('sidebar');
  first.getState().setWidth('panel', 512);
  const second = await freshStore();
  expect(second.getState().open).toEqual({ sidebar: false, panel: false });
  expect(second.getState().widths.panel).toBe(512);
});

test('widths stay within their limits, also those that were kept', async () => {
  const store = await freshStore();
  store.getState().setWidth('sidebar', 5000);
  expect(store.getState().widths.sidebar).toBe(440);
  kept.set('kangaroo-view', JSON.stringify({ state: { widths: { sidebar: 'wide', panel: 1 }, open: 7 }, version: 0 }));
  expect((await freshStore()).getState()).toMatchObject({ widths: { sidebar: 268, panel: 320 }, open: { sidebar: true } });
});

test('without room a panel comes over the chat, one at a time, and is not there after a reload', async () => {
  room = false;
  const store = await freshStore();
  store.getState().toggle('sidebar');
  expect(store.getState().drawer).toBe('sidebar');
  store.getState().toggle('panel');
  expect(store.getState().drawer).toBe('panel');
  expect((await freshStore()).getState().drawer).toBeNull();
  store.getState().close('panel');
  expect(store.getState()).toMatchObject({ drawer: null, open: { sidebar: true, panel: false } });
});
