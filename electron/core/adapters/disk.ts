// Room on the disk: how much there is, how much is always left free, and a full disk as an error that says what to do.
import { statfsSync } from 'node:fs';
import { KangarooError } from '../../contract/errors.ts';

/** What training never takes: other programs, chats and downloads need room too. */
export const reserveBytes = 1 << 30;

/** Bytes that may be written to the volume of a folder, less the reserve; 0 where that cannot be told. */
export function availableBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return Math.max(0, Number(bavail) * Number(bsize) - reserveBytes);
  } catch {
    return 0;
  }
}

const inMegabytes = (bytes: number) => `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`;

export function diskFull(folder: string, neededBytes: number): KangarooError {
  return new KangarooError(
    'disk-full',
    `Training needs ${inMegabytes(neededBytes)} more on the disk of ${folder}, and keeps ${inMegabytes(reserveBytes)} free for others. ` +
      'Free some space, then resume; nothing is lost.',
  );
}

/** Throws `disk-full` where so many bytes would leave less than the reserve. */
export function requireRoom(folder: string, neededBytes: number, available = availableBytes): void {
  if (available(folder) < neededBytes) throw diskFull(folder, neededBytes);
}

/** The system's own word for a full disk, as ours; other errors stay as they are. */
export function asDiskFull(error: unknown, folder: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT' ? diskFull(folder, 0) : error;
}
