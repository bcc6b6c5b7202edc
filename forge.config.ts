// Electron Forge: how the desktop app is bundled and packaged. What is not named in `kept` does not get into the package.
import { FusesPlugin } from '@electron-forge/plugin-fuses';
import { VitePlugin } from '@electron-forge/plugin-vite';
import type { ForgeConfig } from '@electron-forge/shared-types';
import { FuseV1Options, FuseVersion } from '@electron/fuses';

const system = { darwin: 'mac', win32: 'win' }[process.platform as string] ?? process.platform;

/** Files and folders of the package; the engine finds its ggml libraries by their place beside it, so folders stay as they are. */
const kept = [
  '/package.json',
  '/LICENSE',
  '/.vite/build',
  '/renderer/dist',
  '/assets/starter',
  '/assets/prompts/training',
  '/native/build/bin',
  '/node_modules/better-sqlite3/package.json',
  '/node_modules/better-sqlite3/lib',
  '/node_modules/better-sqlite3/prebuilds',
  `/node_modules/@node-llama-cpp/${system}-${process.arch}`,
];

/** True for what is kept, what lies in it, and the folders on the way there. `path` starts with `/`, or is empty for the root. */
export function isKept(path: string): boolean {
  return kept.some((entry) => path === entry || path.startsWith(`${entry}/`) || entry.startsWith(`${path}/`));
}

const config: ForgeConfig = {
  packagerConfig: {
    name: 'Kangaroo Chat',
    executableName: 'kangaroo-chat',
    // Libraries are loaded and models are mapped by the system, and threads are read by Node itself, which cannot look into an archive; starter.json names them from beside, and prompts.jsonl is looked for there too.
    asar: { unpack: '{*.node,*.so,*.so.*,*.dylib,*.dll,*.gguf,*-worker.mjs,starter.json,prompts.jsonl}' },
    ignore: (path: string) => !isKept(path),
    prune: false,
  },
  plugins: [
    new VitePlugin({
      build: [
        { entry: 'electron/desktop/main.ts', config: '.config/vite.main.config.ts', target: 'main' },
        { entry: 'electron/core/models/downloads/hash-worker.ts', config: '.config/vite.threads.config.ts', target: 'main' },
        { entry: 'electron/desktop/preload.ts', config: '.config/vite.preload.config.ts', target: 'preload' },
      ],
      renderer: [{ name: 'page', config: 'renderer/vite.config.ts' }],
    }),
    new FusesPlugin({
      version: FuseVersion.V1,
      strictlyRequireAllFuses: true,
      [FuseV1Options.RunAsNode]: false,
      [FuseV1Options.EnableCookieEncryption]: true,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
      [FuseV1Options.EnableNodeCliInspectArguments]: false,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
      [FuseV1Options.OnlyLoadAppFromAsar]: true,
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
      [FuseV1Options.WasmTrapHandlers]: true,
    }),
  ],
};

export default config;
