// Vitest: `unit` is every test that runs without a model, `model` those that load the starter model, one file at a time.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = '{electron,renderer,native,.config,e2e}';

export default defineConfig({
  root,
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: [`${folders}/**/*.test.{ts,tsx}`],
          exclude: ['**/node_modules/**', '**/*.model.test.ts', 'native/build*/**'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'model',
          environment: 'node',
          include: [`${folders}/**/*.model.test.ts`],
          exclude: ['**/node_modules/**', 'native/build*/**'],
          // Timings and token identity are measured here: nothing else may use the cores meanwhile.
          fileParallelism: false,
          testTimeout: 900_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
