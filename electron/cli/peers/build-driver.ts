// Builds the driver of llama.cpp's own drafters when it is missing or its sources have changed: a few seconds, as only the driver
// itself is compiled (see native/peers/CMakeLists.txt).
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MissingTools, packageFolder, prebuiltFolder, requireTools, runTool } from '../../../native/build.ts';
import { KangarooError } from '../../contract/errors.ts';

/** The driver's path. Rejects with `engine-not-built`, saying what is missing. */
export async function ensureDriver(root: string, onProgress: (text: string) => void): Promise<string> {
  const [sources, folder] = [join(root, 'native', 'peers'), join(root, 'native', 'build-peers')];
  const driver = join(folder, 'bin', process.platform === 'win32' ? 'peer-driver.exe' : 'peer-driver');
  const [stamp, hash] = [join(folder, 'peer-driver.stamp'), sourcesHash(sources)];
  if (existsSync(driver) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return driver;
  onProgress("Building the driver of llama.cpp's own drafters");
  try {
    const { generator } = requireTools('npm run bench:peers');
    const bundle = join(packageFolder(root, 'node-llama-cpp'), 'llama', 'gitRelease.bundle');
    const defines = [`-DLLAMA_BUNDLE=${bundle}`, `-DLLAMA_LIB_DIR=${prebuiltFolder(root)}`, '-DCMAKE_BUILD_TYPE=Release'];
    await build(['-S', sources, '-B', folder, '-G', generator, ...defines]);
    await build(['--build', folder, '--config', 'Release']);
    writeFileSync(stamp, hash);
  } catch (error) {
    if (error instanceof MissingTools) throw new KangarooError('engine-not-built', error.message);
    throw error;
  }
  return driver;
}

function sourcesHash(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).toSorted()) hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
  return hash.digest('hex');
}

async function build(argv: string[]): Promise<void> {
  const { code, tail } = await runTool('cmake', argv, () => {});
  if (code === 0) return;
  throw new KangarooError('engine-not-built', "The driver of llama.cpp's own drafters could not be built.", tail.join('\n'));
}
