// The preload: exposes `connect`, `pathOf` and the zoom, nothing else, and passes a port on to its own origin only.
import { EventEmitter } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, expect, test, vi } from 'vitest';

const double = vi.hoisted(() => ({ exposed: {} as Record<string, unknown>, sent: [] as unknown[][], zoom: 1 }));
const ipc = vi.hoisted(() => ({ renderer: undefined as unknown }));

vi.mock('electron', () => {
  const ipcRenderer = Object.assign(new EventEmitter(), { send: (...args: unknown[]) => void double.sent.push(args) });
  ipc.renderer = ipcRenderer;
  return {
    contextBridge: { exposeInMainWorld: (name: string, api: unknown) => (double.exposed[name] = api) },
    ipcRenderer,
    webUtils: { getPathForFile: (file: { name: string }) => `/dropped/${file.name}` },
    webFrame: { getZoomFactor: () => double.zoom, setZoomFactor: (factor: number) => (double.zoom = factor) },
  };
});

afterEach(() => vi.unstubAllGlobals());

test('the page gets four functions, and its port by a message to its own origin', async () => {
  const postMessage = vi.fn();
  vi.stubGlobal('window', { location: { origin: 'app://kangaroo' }, postMessage });
  await import('./preload.ts');

  expect(Object.keys(double.exposed)).toEqual(['kangaroo']);
  const bridge = double.exposed.kangaroo as Record<
    'connect' | 'pathOf' | 'zoomFactor' | 'setZoomFactor',
    (value?: unknown) => unknown
  >;
  expect(Object.keys(bridge)).toEqual(['connect', 'pathOf', 'zoomFactor', 'setZoomFactor']);
  expect(bridge.pathOf({ name: 'a.gguf' })).toBe('/dropped/a.gguf');
  bridge.setZoomFactor(1.2);
  expect(bridge.zoomFactor()).toBe(1.2);
  expect(bridge.connect()).toBeUndefined();
  expect(double.sent).toEqual([['kangaroo:connect']]);

  const { port1, port2 } = new MessageChannel();
  (ipc.renderer as EventEmitter).emit('kangaroo:port', { ports: [port1] }, 'ignored');
  expect(postMessage.mock.calls).toEqual([['kangaroo:port', 'app://kangaroo', [port1]]]);
  port2.close();
});
