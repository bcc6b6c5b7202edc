// The child processes of a comparison, one for each family: each has loaded the model once and offers its peers.
import { join } from 'node:path';
import type { CommandContext } from '../command.ts';
import { PeerProcess } from './peer-process.ts';
import type { Answer, OpenRequest } from './protocol.ts';
import { familyLabels, type Family, type Peer } from './roster.ts';

export interface Families {
  /** Settings in words, by peer. */
  parameters: Record<string, string>;
  ask: (peer: Peer, promptIds: readonly number[], maxTokens: number) => Promise<Answer>;
  close: () => Promise<void>;
}

/** Starts what `peers` needs, one after the other; `driver` is llama.cpp's. Rejects, with nothing left running, where one cannot be started. */
export async function startFamilies(
  peers: readonly Peer[],
  request: Omit<OpenRequest, 'type' | 'peers'>,
  driver: string | null,
  { root, signal }: Pick<CommandContext, 'root' | 'signal'>,
): Promise<Families> {
  const processes = new Map<Family, PeerProcess>();
  const parameters: Record<string, string> = {};
  const kill = () => processes.forEach((child) => child.kill());
  const close = async () => {
    signal.removeEventListener('abort', kill);
    await Promise.all([...processes.values()].map((child) => child.close()));
  };
  signal.addEventListener('abort', kill);
  try {
    for (const family of new Set(peers.map((peer) => peer.family))) {
      signal.throwIfAborted();
      const [command, argv] = commandFor(family, root, driver);
      const child = new PeerProcess(familyLabels[family], command, argv);
      processes.set(family, child);
      const own = peers.filter((peer) => peer.family === family);
      const specifications = own.map(({ name, kind, settings }) => ({ name, kind, settings }));
      const opened = await child.open({ ...request, type: 'open', peers: specifications });
      Object.assign(parameters, opened.parameters);
    }
  } catch (error) {
    await close();
    signal.throwIfAborted(); // the children were killed, which is no error of theirs
    throw error;
  }
  return {
    parameters,
    ask: (peer, promptIds, maxTokens) => childOf(processes, peer).generate(peer.name, promptIds, maxTokens),
    close,
  };
}

function childOf(processes: ReadonlyMap<Family, PeerProcess>, { family }: Peer): PeerProcess {
  const child = processes.get(family);
  if (child === undefined) throw new Error(`${family} was not started`);
  return child;
}

function commandFor(family: Family, root: string, driver: string | null): [command: string, argv: string[]] {
  if (family === 'llama.cpp') return [driver ?? family, []];
  const script = family === 'kangaroo-chat' ? 'kangaroo-child.ts' : 'node-llama-cpp-child.ts';
  return [process.execPath, [join(import.meta.dirname, script), root]];
}
