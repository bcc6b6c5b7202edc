// The real page on a core that a script tells what to say, over the real server and rpc.
import { fileURLToPath } from 'node:url';
import type { Chat } from '../electron/contract/chats.ts';
import { appShape } from '../electron/contract/index.ts';
import { defaultSettings } from '../electron/contract/settings.ts';
import { serve } from '../electron/rpc/server.ts';
import { webSocketPipe } from '../electron/rpc/web-socket.ts';
import { startServer } from '../electron/web/server.ts';
import { makeHubStatus, makeLibrary, makeMemory } from '../renderer/testing/make-models.ts';
import { makeChat } from '../renderer/testing/make-round.ts';
import { ScriptedCore } from '../renderer/testing/scripted-core.ts';

const pageFolder = fileURLToPath(new URL('../renderer/dist', import.meta.url));

/** One with this chat, no model and nothing else. */
export function makeScriptedCore(chat: Chat = makeChat()): ScriptedCore {
  const core = new ScriptedCore();
  core.answer('info.get', () => ({ name: 'Kangaroo Chat', version: '0', shell: 'browser', engine: 'scripted', notices: [] }));
  core.answer('chats.current', () => chat);
  core.tell('chats.watch', { type: 'snapshot', chat });
  core.tell('chats.watchList', { type: 'snapshot', chats: [], folders: [] });
  core.answer('models.list', () => []);
  core.tell('settings.watch', defaultSettings);
  core.tell('models.watch', { status: 'unloaded' });
  core.tell('models.watchMemory', makeMemory({ parts: [] }));
  core.tell('library.watch', makeLibrary());
  core.tell('downloads.watch', []);
  core.answer('downloads.speedLimit', () => null);
  core.tell('hub.watch', makeHubStatus());
  core.tell('adapters.watch', { models: [], adapters: [], trash: [], jobs: [] });
  return core;
}

/** Serves the built page to whoever has the link, which signs it in. */
export async function serveScripted(core: ScriptedCore): Promise<{ url: string; close(): Promise<void> }> {
  const server = await startServer({
    port: 0,
    folder: pageFolder,
    onConnection: (socket) => serve(webSocketPipe(socket), core.services, appShape),
  });
  return { url: server.url, close: () => server.close() };
}
