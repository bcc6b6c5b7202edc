// The child's end of the protocol: requests from stdin, replies to stdout, one at a time; ends when stdin does.
import { createInterface } from 'node:readline';
import type { GenerateRequest, OpenRequest, Opened, Answer, PeerReply, PeerRequest } from './protocol.ts';

export interface PeerFamily {
  open(request: OpenRequest): Promise<Opened>;
  generate(request: GenerateRequest): Promise<Answer>;
}

export async function serveRequests(family: PeerFamily): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const reply = await answer(family, line);
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}

async function answer(family: PeerFamily, line: string): Promise<PeerReply> {
  try {
    const request = JSON.parse(line) as PeerRequest; // from our own parent
    return request.type === 'open' ? await family.open(request) : await family.generate(request);
  } catch (error) {
    return { type: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
