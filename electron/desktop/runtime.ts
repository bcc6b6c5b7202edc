// Electron's runtime: whether a window can be opened here, and fetching it when it is missing, without ever waiting in vain.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Where a window can be opened: the executable. Otherwise why not, as the end of a sentence. */
export type Runtime = { executable: string } | { missing: string };

export interface Machine {
  platform: NodeJS.Platform;
  /** Null where users have no number. */
  userId: number | null;
  environment: Readonly<Record<string, string | undefined>>;
}

/** Why this machine cannot show a window at all, or null. Costs nothing, so it is asked before anything is downloaded. */
export function whyNoWindow({ platform, userId, environment }: Machine): string | null {
  if (platform !== 'linux') return null;
  if (!environment.DISPLAY && !environment.WAYLAND_DISPLAY) return 'there is no display';
  if (userId === 0) return 'Electron does not run sandboxed as root';
  return null;
}

interface Progress {
  transferred: number;
  total: number | null;
}

interface ElectronGet {
  downloadArtifact(details: Record<string, unknown>): Promise<string>;
}

export interface FetchOptions {
  /** Folder of the `electron` package. */
  packageFolder: string;
  /** Gives up when no byte came for this long. */
  stallMs: number;
  /** Where downloads are kept; Electron's own cache by default. */
  cacheFolder?: string;
  onProgress: (progress: Progress) => void;
}

/** The folder of the installed `electron` package. */
export function electronPackageFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('electron/package.json'));
}

/** The executable of the runtime, if it is installed in the version that the package asks for. */
export function installedRuntime(packageFolder: string): string | null {
  try {
    const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
    if (
      readFileSync(join(packageFolder, 'dist', 'version'), 'utf8')
        .trim()
        .replace(/^v/, '') !== version
    )
      return null;
    const executable = join(packageFolder, 'dist', readFileSync(join(packageFolder, 'path.txt'), 'utf8'));
    return existsSync(executable) ? executable : null;
  } catch {
    return null;
  }
}

/** Downloads and unpacks the runtime, as Electron's own installer does, but gives up when nothing arrives any more. */
export async function fetchRuntime(options: FetchOptions): Promise<Runtime> {
  const { packageFolder } = options;
  const fromElectron = createRequire(join(packageFolder, 'package.json'));
  const stalled = new AbortController();
  let timer = setTimeout(() => stalled.abort(), options.stallMs);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(), options.stallMs);
  };
  try {
    const get = (await import(pathToFileURL(fromElectron.resolve('@electron/get')).href)) as ElectronGet;
    const { version } = fromElectron('./package.json') as { version: string };
    const download = get.downloadArtifact({
      version,
      artifactName: 'electron',
      platform: process.platform,
      arch: process.arch,
      checksums: fromElectron('./checksums.json') as Record<string, string>,
      ...(options.cacheFolder === undefined ? {} : { cacheRoot: options.cacheFolder }),
      downloadOptions: {
        quiet: true,
        signal: stalled.signal,
        getProgressCallback: async (progress: Progress) => {
          alive();
          options.onProgress(progress);
        },
      },
    });
    // The signal alone is not trusted: a name that is looked up for minutes ignores it.
    await Promise.race([
      download,
      new Promise((_resolve, reject) => {
        stalled.signal.addEventListener('abort', () => reject(new Error(`nothing arrived for ${options.stallMs / 1000} s`)));
      }),
    ]);
    clearTimeout(timer);
    await unpack(packageFolder);
  } catch (error) {
    return { missing: `Electron's runtime could not be fetched (${reasonOf(error)})` };
  } finally {
    clearTimeout(timer);
  }
  const executable = installedRuntime(packageFolder);
  return executable ? { executable } : { missing: "Electron's runtime could not be unpacked" };
}

/** The download is in the cache now: the package's installer only unpacks it. */
function unpack(packageFolder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(packageFolder, 'install.js')], { stdio: 'ignore', timeout: 120_000 });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error('it could not be unpacked'))));
  });
}

/** The system's own words: `fetch` hides them in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause: unknown = error.cause;
  if (typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string') {
    return cause.code === 'ENOTFOUND' || cause.code === 'EAI_AGAIN' ? 'no network' : cause.code;
  }
  return error.message.split('\n', 1)[0] ?? 'unknown reason';
}
