// System prompts and settings under a name.
import type { Preset } from '../../contract/chat-list.ts';
import type { AnswerSettings } from '../../contract/settings.ts';
import type { ChatDatabase } from './database.ts';

interface PresetRow {
  id: string;
  name: string;
  system_prompt: string;
  overrides_json: string;
}

export class PresetTable {
  readonly #database: ChatDatabase;

  constructor(database: ChatDatabase) {
    this.#database = database;
  }

  /** By name. */
  list(): Preset[] {
    return this.#database.all<PresetRow>('SELECT * FROM presets ORDER BY name').map((row) => ({
      id: row.id,
      name: row.name,
      systemPrompt: row.system_prompt,
      overrides: JSON.parse(row.overrides_json) as Partial<AnswerSettings>,
    }));
  }

  /** Inserts it, or puts it in the place of the one with its id. */
  save({ id, name, systemPrompt, overrides }: Preset): void {
    const sql =
      'INSERT INTO presets VALUES (@id, @name, @systemPrompt, @overrides) ON CONFLICT (id) DO UPDATE SET ' +
      'name = @name, system_prompt = @systemPrompt, overrides_json = @overrides';
    this.#database.run(sql, { id, name, systemPrompt, overrides: JSON.stringify(overrides) });
  }

  delete(id: string): void {
    this.#database.run('DELETE FROM presets WHERE id = ?', id);
  }
}
