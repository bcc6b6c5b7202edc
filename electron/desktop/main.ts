// Electron's main process: finds its folders and hands over to shell.ts.
import { join } from 'node:path';
import * as electron from 'electron';
import { createApp } from '../core/app.ts';
import { defaultDataDir } from '../core/paths.ts';
import { choosePath } from './choose-path.ts';
import { keychain } from './keychain.ts';
import { startDesktop } from './shell.ts';
import { spawnUtility } from './spawn-engine.ts';

const pageRoot = electron.app.getAppPath();
// Native libraries and models are mapped and loaded by the system, which cannot look into an archive.
const root = pageRoot.replace(/app\.asar$/, 'app.asar.unpacked');
const dataDir = defaultDataDir();

void startDesktop({
  electron,
  platform: process.platform,
  pageRoot,
  dataDir,
  preloadPath: join(import.meta.dirname, 'preload.cjs'),
  createApp: (ports) =>
    createApp({
      root,
      ...ports,
      dataDir,
      shell: 'desktop',
      secretBox: keychain(electron.safeStorage, process.platform),
      choosePath: choosePath(electron.dialog),
      spawnEngine: spawnUtility({
        utilityProcess: electron.utilityProcess,
        workerPath: join(import.meta.dirname, 'worker.js'),
        root,
      }),
    }),
  // `npm start` waits for this before it believes that the window is there.
  onReady: () => process.send?.('ready'),
});
