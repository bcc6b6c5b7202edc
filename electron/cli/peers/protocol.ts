// What the benchmark and its child processes say to each other: one JSON object a line, a reply for every request, in order.
// native/peers/driver.cpp speaks the same.
import { z } from 'zod';

/** One way of decoding that a child offers. */
export interface PeerSpecification {
  name: string;
  /** What the child calls this way. */
  kind: string;
  /** What is not given keeps the child's own default. */
  settings: Readonly<Record<string, number>>;
}

export interface OpenRequest {
  type: 'open';
  modelPath: string;
  /** Our adapter; other families do not read it. */
  adapterPath: string;
  /** A second model, for those that draft with one. */
  drafterPath: string | null;
  contextSize: number;
  threads: number;
  /** -1: all. */
  gpuLayers: number;
  peers: readonly PeerSpecification[];
}

/** Greedily, from an empty cache, and without what earlier answers have taught a drafter. */
export interface GenerateRequest {
  type: 'generate';
  name: string;
  promptIds: readonly number[];
  maxTokens: number;
}

export type PeerRequest = OpenRequest | GenerateRequest;

const openedReply = z.object({
  type: z.literal('opened'),
  /** By peer, in words: the settings that are in force. */
  parameters: z.record(z.string(), z.string()),
});

const answerReply = z.object({
  type: z.literal('answer'),
  /** The end-of-turn token included. */
  tokenIds: z.array(z.int()).min(1),
  /** From the request to the answer's first token. */
  promptMs: z.number().nonnegative(),
  /** From the first token to the last. */
  ms: z.number().nonnegative(),
  /** Passes of the whole model after the prompt's: their tokens are all but the first. Null: not known. */
  rounds: z.int().nonnegative().nullable(),
  drafted: z.int().nonnegative(),
  accepted: z.int().nonnegative(),
});

const failedReply = z.object({ type: z.literal('failed'), message: z.string() });

export const peerReply = z.discriminatedUnion('type', [openedReply, answerReply, failedReply]);

export type Opened = z.infer<typeof openedReply>;
export type Answer = z.infer<typeof answerReply>;
export type PeerReply = z.infer<typeof peerReply>;
