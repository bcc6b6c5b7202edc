// Who is compared. Settings are the tool's own defaults; where a default cannot work on a model this small there is a second
// entry beside it, which says so.
import { usageError, type Option } from '../arguments.ts';
import type { PeerSpecification } from './protocol.ts';

/** Peers of one family share a child process and the model that it has loaded. */
export type Family = 'kangaroo-chat' | 'node-llama-cpp' | 'llama.cpp';

export interface Peer extends PeerSpecification {
  family: Family;
  /** What tables call it, under its family's name. */
  label: string;
  /** Drafts with a second model. */
  needsDrafter: boolean;
}

export const familyLabels: Readonly<Record<Family, string>> = {
  'kangaroo-chat': 'Kangaroo Chat',
  'node-llama-cpp': 'node-llama-cpp',
  'llama.cpp': 'llama.cpp',
};

/** What all ratios refer to. */
export const baseline = 'plain';

export const roster: readonly Peer[] = [
  peer('kangaroo-chat', 'plain', 'plain', 'plain'),
  peer('kangaroo-chat', 'kangaroo', 'kangaroo', 'Kangaroo'),
  peer('kangaroo-chat', 'auto', 'auto', 'auto'),
  peer('node-llama-cpp', 'nlc-plain', 'plain', 'plain'),
  peer('node-llama-cpp', 'nlc-lookup', 'input-lookup', 'InputLookup'),
  drafting(peer('node-llama-cpp', 'nlc-draft', 'draft-sequence', 'DraftSequence')),
  // By default it verifies what happens to be drafted already, and a small model is never behind its drafter.
  drafting(peer('node-llama-cpp', 'nlc-draft-wait', 'draft-sequence', 'DraftSequence, waits', { minTokens: 1 })),
  peer('llama.cpp', 'llama-plain', 'none', 'plain'),
  peer('llama.cpp', 'llama-ngram-simple', 'ngram-simple', 'ngram-simple'),
  // By default it looks for twelve equal tokens, and drafts only where at least as many follow.
  peer('llama.cpp', 'llama-ngram-simple-short', 'ngram-simple', 'ngram-simple, short', { n: 3, m: 8 }),
  peer('llama.cpp', 'llama-ngram-map-k', 'ngram-map-k', 'ngram-map-k'),
  peer('llama.cpp', 'llama-ngram-map-k4v', 'ngram-map-k4v', 'ngram-map-k4v'),
  peer('llama.cpp', 'llama-ngram-mod', 'ngram-mod', 'ngram-mod'),
  peer('llama.cpp', 'llama-ngram-cache', 'ngram-cache', 'ngram-cache'),
  drafting(peer('llama.cpp', 'llama-draft-simple', 'draft-simple', 'draft-simple')),
];

function peer(family: Family, name: string, kind: string, label: string, settings: Record<string, number> = {}): Peer {
  return { family, name, kind, label, settings, needsDrafter: false };
}

function drafting(peer: Peer): Peer {
  return { ...peer, needsDrafter: true };
}

/** The peer that drafts nothing, of the same family. */
export function ownPlain(family: Family): Peer | undefined {
  return roster.find((candidate) => candidate.family === family && ['plain', 'none'].includes(candidate.kind));
}

/** A list of peers and families, commas between; what they are compared with is always there too. */
export function peersOption(): Option<Peer[]> {
  const words = [...new Set<string>([...roster.map(({ family }) => family), ...roster.map(({ name }) => name)])];
  return {
    takesValue: true,
    valueName: 'LIST',
    help: `Peers and families, commas between: ${words.join(', ')}. Plain decoding, ours and the peer's, is always there too`,
    defaultText: 'all',
    parse(name, given) {
      const value = given.at(-1);
      if (value === undefined) return [...roster];
      const wanted = value.split(',').map((word) => word.trim());
      const wrong = wanted.find((word) => !words.includes(word));
      if (wrong !== undefined) throw usageError(`${name} takes ${words.join(', ')}; "${wrong}" is none of them.`);
      return withBaselines(roster.filter((peer) => wanted.includes(peer.name) || wanted.includes(peer.family)));
    },
  };
}

function withBaselines(peers: readonly Peer[]): Peer[] {
  const needed = new Set([baseline, ...peers.map(({ name }) => name), ...peers.map(({ family }) => ownPlain(family)?.name)]);
  return roster.filter(({ name }) => needed.has(name));
}
