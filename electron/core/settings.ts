// Settings in one JSON file: written whole or not at all, read value by value, so that a damaged one costs only itself.
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { KangarooError } from '../contract/errors.ts';
import { defaultSettings, type AnswerSettings, type Settings, type SettingsApi } from '../contract/settings.ts';
import { flag, integer, number, oneOf, parseArgument, text } from './arguments.ts';
import { Watchable } from './watchable.ts';
import { writeAtomically } from './write-atomically.ts';

/** UTF-16 units: tens of pages. */
const longestSystemPrompt = 50_000;

export const systemPromptSchema = text(0, longestSystemPrompt);

const answerSchemas = {
  decodingMode: oneOf('auto', 'kangaroo', 'plain'),
  threshold: number(0, 1),
  maxDraft: integer(1, 16),
  draftSampling: oneOf('greedy', 'sampled'),
  promptLookup: flag(),
  temperature: number(0, 2),
  topK: integer(0, 1000),
  topP: number(0, 1),
  minP: number(0, 1),
  repetitionPenalty: number(0.5, 2),
  maxTokens: integer(1, 32_768),
} satisfies { [K in keyof AnswerSettings]: z.ZodType<AnswerSettings[K]> };

/** What a chat may set for itself. */
export const overridesSchema = z.strictObject(answerSchemas).partial();

/** The part of the settings that a chat may set for itself. */
export function answerSettingsOf(settings: Settings): AnswerSettings {
  return z.object(answerSchemas).parse(settings);
}

const schemas = {
  ...answerSchemas,
  theme: oneOf('system', 'light', 'dark'),
  systemPrompt: systemPromptSchema,
  titlesByModel: flag(),
  showOrigins: flag(),
  showRejected: flag(),
} satisfies { [K in keyof Settings]: z.ZodType<Settings[K]> };

const patchSchema = z.strictObject(schemas).partial();

/** A file that cannot be read is worth a look later; that it cannot be copied must not keep the app from starting. */
function keepAside(path: string): void {
  try {
    copyFileSync(path, `${path}.damaged`);
  } catch {
    console.error(`${path} is damaged and could not be kept aside; the settings start from their defaults.`);
  }
}

/** Each value where it is good, its default where not. */
function readSettings(path: string): Settings {
  let stored: unknown;
  try {
    stored = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // No file yet is the normal first start. A file that is no JSON is kept aside: the next change writes a new one.
    if (error instanceof SyntaxError) keepAside(path);
    return { ...defaultSettings };
  }
  const values: Record<string, unknown> = typeof stored === 'object' && stored !== null ? { ...stored } : {};
  const read = Object.entries(schemas).map(([name, schema]) => {
    const value = schema.safeParse(Object.hasOwn(values, name) ? values[name] : undefined);
    return [name, value.success ? value.data : defaultSettings[name as keyof Settings]];
  });
  return Object.fromEntries(read) as Settings;
}

export class SettingsStore implements SettingsApi {
  readonly #path: string;
  readonly #settings: Watchable<Settings>;

  constructor(dataDir: string) {
    this.#path = join(dataDir, 'settings.json');
    this.#settings = new Watchable(readSettings(this.#path));
  }

  get current(): Settings {
    return this.#settings.value;
  }

  async get(): Promise<Settings> {
    return this.current;
  }

  /** Rejects with `invalid-argument`, or where the file cannot be written; nothing has changed then. */
  async set(patch: Partial<Settings>): Promise<Settings> {
    const checked = parseArgument(patchSchema, patch, 'settings');
    const given = Object.entries(checked).filter(([, value]) => value !== undefined);
    const settings: Settings = { ...this.current, ...Object.fromEntries(given) };
    try {
      writeAtomically(this.#path, `${JSON.stringify(settings, null, 2)}\n`);
    } catch (error) {
      const full = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
      if (full) throw new KangarooError('disk-full', 'The settings were not saved: the disk is full. Free some space.');
      throw new KangarooError('internal', `The settings could not be saved in ${this.#path}. Check its rights.`, String(error));
    }
    this.#settings.set(settings);
    return settings;
  }

  watch(): AsyncIterable<Settings> {
    return this.#settings.watch();
  }

  close(): void {
    this.#settings.close();
  }
}
