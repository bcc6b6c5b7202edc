// Bundles Electron's main process and the engine's worker, as ES modules. Native modules stay outside.
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
        main: 'electron/desktop/main.ts',
        worker: 'electron/core/engine/worker.ts',
      },
      formats: ['es'],
      fileName: (_format, name) => `${name}.js`,
    },
    rolldownOptions: {
      external: ['electron', 'better-sqlite3', 'node-llama-cpp', ...builtinModules, /^node:/],
      output: { chunkFileNames: '[name].js' },
    },
  },
  resolve: { conditions: ['node'], mainFields: ['module', 'main'] },
});
