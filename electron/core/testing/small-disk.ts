// A file system of a few kilobytes that is really full when it is full. Needs root on Linux, for a tmpfs.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface SmallDisk {
  path: string;
  /** Why there is no small file system here; null: there is one. */
  reason: string | null;
  remove(): void;
}

/** `size` as tmpfs takes it: `256k`, `8m`. */
export function mountSmallDisk(size: string): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'kangaroo-small-disk-'));
  const reason = mount(path, size);
  return {
    path,
    reason,
    remove() {
      if (reason === null) execFileSync('umount', [path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

function mount(path: string, size: string): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux';
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'pipe' });
    return null;
  } catch (error) {
    return `no tmpfs can be mounted here: ${String(error)}`;
  }
}
