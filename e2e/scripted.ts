// Tests of the page on a scripted core: for states that the real core reaches only with bad luck.
import { test as base, expect } from '@playwright/test';
import type { ScriptedCore } from '../renderer/testing/scripted-core.ts';
import { makeScriptedCore, serveScripted } from './scripted-core.ts';

interface Fixtures {
  core: ScriptedCore;
  /** The link that signs the page in. */
  link: string;
}

export const test = base.extend<Fixtures>({
  core: async ({}, use) => {
    await use(makeScriptedCore());
  },
  link: async ({ core }, use) => {
    const server = await serveScripted(core);
    await use(server.url);
    await server.close();
  },
});

export { expect };
