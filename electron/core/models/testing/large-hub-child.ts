// The test hub in a process of its own, with one large file that repeats a block; prints where it is, as JSON.
import { randomBytes } from 'node:crypto';
import { repeatedContent } from './hub-content.ts';
import { startHubServer } from './hub-server.ts';

export const largeRepo = 'joey/large';
export const largeName = 'large.gguf';

export interface LargeHub {
  origin: string;
  sizeBytes: number;
  sha256: string;
}

if (process.send) {
  const content = repeatedContent(randomBytes(1 << 24), Number(process.argv[2]));
  const hub = await startHubServer({ repos: [{ id: largeRepo, files: { [largeName]: content } }] });
  const told: LargeHub = { origin: hub.origin, sizeBytes: content.sizeBytes, sha256: content.sha256 };
  process.send(told);
  process.once('disconnect', () => process.exit());
}
