// The real page on a scripted core, over the real server and rpc: for states that the real core reaches only with bad luck.
import { test as base, expect } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import { appShape } from '../electron/contract/index.ts';
import { defaultSettings } from '../electron/contract/settings.ts';
import { serve } from '../electron/rpc/server.ts';
import { webSocketPipe } from '../electron/rpc/web-socket.ts';
import { startServer } from '../electron/web/server.ts';
import { makeHubStatus, makeLibrary, makeMemory } from '../renderer/testing/make-models.ts';
import { makeChat } from '../renderer/testing/make-round.ts';
import { ScriptedCore } from '../renderer/testing/scripted-core.ts';

const pageFolder = fileURLToPath(new URL('../renderer/dist', import.meta.url));

interface Fixtures {
  core: ScriptedCore;
  /** The link that signs the page in. */
  link: string;
}

export const test = base.extend<Fixtures>({
  core: async ({}, use) => {
    const core = new ScriptedCore();
    const chat = makeChat();
    core.answer('info.get', () => ({ name: 'Kangaroo Chat', version: '0', shell: 'browser', engine: 'scripted', notices: [] }));
    core.answer('chats.current', () => chat);
    core.tell('chats.watch', { type: 'snapshot', chat });
    core.answer('models.list', () => []);
    core.tell('settings.watch', defaultSettings);
    core.tell('models.watch', { status: 'unloaded' });
    core.tell('models.watchMemory', makeMemory({ parts: [] }));
    core.tell('library.watch', makeLibrary());
    core.tell('downloads.watch', []);
    core.answer('downloads.speedLimit', () => null);
    core.tell('hub.watch', makeHubStatus());
    core.tell('adapters.watch', { models: [], adapters: [], trash: [], jobs: [] });
    await use(core);
  },
  link: async ({ core }, use) => {
    const server = await startServer({
      port: 0,
      folder: pageFolder,
      onConnection: (socket) => serve(webSocketPipe(socket), core.services, appShape),
    });
    await use(server.url);
    await server.close();
  },
});

export { expect };
