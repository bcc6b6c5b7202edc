// What the turns come to, per prompt set and peer.
import { ratio, spread, type Spread } from '../../core/statistics.ts';
import type { PlayedAnswer, Turn } from './play.ts';
import { baseline, ownPlain, type Family, type Peer } from './roster.ts';

export interface PeerSummary {
  name: string;
  family: Family;
  label: string;
  /** In words: the settings that were in force. */
  parameters: string;
  /** Over tasks and repeats. */
  tokensPerSecond: Spread | null;
  /** Tokens/s over our plain decoding's on the same task in the same repeat. */
  overPlain: Spread | null;
  /** The same over the family's own plain decoding; null for that itself. */
  overOwnPlain: Spread | null;
  /** Tokens after the first over passes of the whole model; null where passes are not known. */
  tokensPerRound: number | null;
  /** Null where nothing was drafted. */
  acceptanceRate: number | null;
  promptMs: Spread | null;
  /** Tasks answered as our plain decoding answers them, in every repeat. */
  identical: number;
  tasks: number;
}

export interface SetSummary {
  set: string;
  tasks: number;
  /** Prompts that do not fit the context. */
  skipped: number;
  peers: PeerSummary[];
}

export function summarizeSets(
  turns: readonly Turn[],
  peers: readonly Peer[],
  parameters: Readonly<Record<string, string>>,
  skipped: ReadonlyMap<string, number>,
): SetSummary[] {
  return [...new Set(turns.map(({ set }) => set))].map((set) => {
    const own = turns.filter((turn) => turn.set === set);
    return {
      set,
      tasks: new Set(own.map(({ task }) => task)).size,
      skipped: skipped.get(set) ?? 0,
      peers: peers.map((peer) => summarizePeer(peer, own, parameters[peer.name] ?? '')),
    };
  });
}

function summarizePeer(peer: Peer, turns: readonly Turn[], parameters: string): PeerSummary {
  const { name, family, label } = peer;
  const played = turns.flatMap((turn) => turn.answers.get(name) ?? []);
  const plain = ownPlain(family)?.name ?? baseline;
  const differing = new Set(turns.filter((turn) => turn.answers.get(name)?.identical === false).map(({ task }) => task));
  const tasks = new Set(turns.map(({ task }) => task)).size;
  const withRounds = played.filter(({ rounds }) => rounds !== null && rounds > 0);
  return {
    name,
    family,
    label,
    parameters,
    tokensPerSecond: spread(played.flatMap(({ tokensPerSecond }) => tokensPerSecond ?? [])),
    overPlain: spread(turns.flatMap((turn) => speedOver(turn, name, baseline))),
    overOwnPlain: plain === name ? null : spread(turns.flatMap((turn) => speedOver(turn, name, plain))),
    tokensPerRound: ratio(
      total(withRounds, ({ tokens }) => tokens - 1),
      total(withRounds, ({ rounds }) => rounds ?? 0),
    ),
    acceptanceRate: ratio(
      total(played, ({ accepted }) => accepted),
      total(played, ({ drafted }) => drafted),
    ),
    promptMs: spread(played.map(({ promptMs }) => promptMs)),
    identical: tasks - differing.size,
    tasks,
  };
}

/** Nothing where one of the two gave a single token. */
function speedOver({ answers }: Turn, name: string, over: string): number[] {
  const [own, other] = [answers.get(name)?.tokensPerSecond ?? null, answers.get(over)?.tokensPerSecond ?? null];
  return own === null || other === null ? [] : [own / other];
}

function total(played: readonly PlayedAnswer[], value: (answer: PlayedAnswer) => number): number {
  return played.reduce((sum, answer) => sum + value(answer), 0);
}
