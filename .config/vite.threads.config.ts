// Bundles the code of worker threads for Electron, each whole: it lies beside the archive, with nothing else of the app in reach,
// and without a package.json that would say what it is.
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig({
  root,
  publicDir: false,
  build: {
    outDir: '.vite/build',
    emptyOutDir: false,
    target: 'node24',
    minify: false,
    lib: {
      entry: {
        'import-worker': 'electron/core/chats/exchange/import-worker.ts',
        'hash-worker': 'electron/core/models/downloads/hash-worker.ts',
      },
      formats: ['es'],
      fileName: (_format, name) => `${name}.mjs`,
    },
    rolldownOptions: { external: [...builtinModules, /^node:/] },
  },
  resolve: { conditions: ['node'], mainFields: ['module', 'main'] },
});
