// `npm start`: builds what is missing, then opens the window, or, where there can be none, says why and opens the browser shell.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { toErrorShape } from '../contract/errors.ts';
import { runBrowserShell, untilInterrupted } from '../web/shell.ts';
import { ensureEngine, ensurePage, ensureShell } from './build.ts';
import { electronPackageFolder, fetchRuntime, installedRuntime, whyNoWindow, type Runtime } from './runtime.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** A download that brings nothing for this long is given up. */
const stallMs = 20_000;

/** The runtime, fetched once if need be; or why there can be no window. */
async function findRuntime(): Promise<Runtime> {
  const impossible = whyNoWindow({
    platform: process.platform,
    userId: process.getuid?.() ?? null,
    environment: process.env,
  });
  if (impossible) return { missing: impossible };
  const packageFolder = electronPackageFolder();
  const executable = installedRuntime(packageFolder);
  if (executable) return { executable };
  console.log("Fetching Electron's runtime, once (about 120 MB)…");
  let shownTenth = 0;
  return fetchRuntime({
    packageFolder,
    stallMs,
    onProgress: ({ transferred, total }) => {
      const tenth = total ? Math.floor((10 * transferred) / total) : 0;
      if (tenth > shownTenth) console.log(`  ${tenth * 10}%`);
      shownTenth = tenth;
    },
  });
}

/** Runs Electron until it is closed. A string: it died before its window was there, and how. */
function runElectron(executable: string): Promise<{ exitCode: number } | string> {
  return new Promise((resolve) => {
    let ready = false;
    const child = spawn(executable, [root], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
    child.on('message', (message) => (ready ||= message === 'ready'));
    child.on('error', (error) => resolve(`Electron did not start (${error.message})`));
    child.on('exit', (code, signal) => {
      if (ready || code === 0) resolve({ exitCode: code ?? 1 });
      else resolve(`Electron stopped at once (${signal ?? `code ${code}`}); its own words are above`);
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  });
}

async function main(): Promise<number> {
  if (!(await ensureEngine(root)) || !(await ensurePage(root))) return 1;
  const runtime = await findRuntime();
  let reason: string;
  if ('executable' in runtime) {
    if (!(await ensureShell(root))) return 1;
    const outcome = await runElectron(runtime.executable);
    if (typeof outcome !== 'string') return outcome.exitCode;
    reason = outcome;
  } else {
    reason = runtime.missing;
  }
  console.log(`No window: ${reason}. Kangaroo Chat opens in the browser instead.`);
  try {
    await runBrowserShell({ root, port: 0, open: true, signal: untilInterrupted(), print: (line) => console.log(line) });
    return 0;
  } catch (error) {
    console.error(toErrorShape(error).message);
    return 1;
  }
}

process.exitCode = await main();
