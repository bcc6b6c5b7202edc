// The list of chats: entries, folders, the trash, presets and what a search finds.
import type { AnswerSettings } from './settings.ts';

export interface Folder {
  id: string;
  name: string;
}

export interface ChatEntry {
  id: string;
  title: string;
  folderId: string | null;
  pinned: boolean;
  createdAtMs: number;
  /** When something was last written in it. */
  usedAtMs: number;
  /** An answer is under way. */
  answering: boolean;
  /** The beginning of its first message, in one line; '' in an empty chat. */
  firstWords: string;
}

/** `snapshot` comes first; the others keep it current. */
export type ChatListEvent =
  | {
      type: 'snapshot';
      /** Used last comes first. */
      chats: ChatEntry[];
      /** By name. */
      folders: Folder[];
    }
  /** New or changed; its place follows from `usedAtMs`. */
  | { type: 'chat'; chat: ChatEntry }
  | { type: 'removed'; chatId: string }
  | { type: 'folders'; folders: Folder[] };

export interface TrashedChat {
  id: string;
  title: string;
  firstWords: string;
  trashedAtMs: number;
  /** Then it is deleted for good. */
  purgedAtMs: number;
}

/** A system prompt and settings under a name, to be given to a chat. */
export interface Preset {
  id: string;
  name: string;
  systemPrompt: string;
  overrides: Partial<AnswerSettings>;
}

/** Where a match is: UTF-16 units. */
export interface TextRange {
  start: number;
  length: number;
}

export interface SearchHit {
  chatId: string;
  title: string;
  titleMatches: TextRange[];
  /** The message that matched; null: the title alone did. */
  message: {
    id: string;
    role: 'user' | 'assistant';
    createdAtMs: number;
    /** A part of its text with matches in it; `…` stands for what is left out. */
    snippet: string;
    matches: TextRange[];
  } | null;
}
