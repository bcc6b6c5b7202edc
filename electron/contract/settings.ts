// Settings that outlive a run. Unknown or damaged values fall back to these defaults, one by one.
import type { DraftingMode, DraftSampling } from './engine.ts';

/** How an answer is drafted, sampled and ended: what a chat may set for itself. */
export interface AnswerSettings {
  decodingMode: DraftingMode;
  threshold: number;
  maxDraft: number;
  draftSampling: DraftSampling;
  /** See `DraftingOptions`. */
  promptLookup: boolean;
  temperature: number;
  topK: number;
  topP: number;
  minP: number;
  repetitionPenalty: number;
  maxTokens: number;
}

export interface Settings extends AnswerSettings {
  theme: 'system' | 'light' | 'dark';
  /** Of chats that have none of their own; '': none. */
  systemPrompt: string;
  /** After the first answer, the model gives the chat a title. */
  titlesByModel: boolean;
  /** Tint every token by its origin. */
  showOrigins: boolean;
  /** Show rejected drafts. */
  showRejected: boolean;
}

export const defaultSettings: Settings = {
  theme: 'system',
  systemPrompt: '',
  titlesByModel: true,
  decodingMode: 'auto',
  threshold: 0.6,
  maxDraft: 6,
  draftSampling: 'sampled',
  promptLookup: true,
  temperature: 0,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  repetitionPenalty: 1.1,
  maxTokens: 512,
  showOrigins: true,
  showRejected: false,
};

export interface SettingsApi {
  get(): Promise<Settings>;
  /** Merges; rejects with `invalid-argument` and changes nothing if any value is out of range. */
  set(patch: Partial<Settings>): Promise<Settings>;
  watch(): AsyncIterable<Settings>;
}
