// Chats as the page sees them. Core owns them; a page attaches with `watch` and may come and go at any time.
import type { AnswerSettings } from './settings.ts';
import type { ChatListEvent, Folder, Preset, SearchHit, TrashedChat } from './chat-list.ts';
import type { ErrorShape } from './errors.ts';
import type { DraftingMode, GenerationStats, Round, StopReason } from './engine.ts';
import type { ExportRequest, ImportReport } from './exchange.ts';

export type MessageStatus = 'streaming' | 'complete' | 'stopped' | 'failed';

/** A text file that goes with a message. */
export interface Attachment {
  name: string;
  text: string;
}

/** An attachment as a message shows it; its text: `ChatsApi.attachment`. */
export interface AttachmentInfo {
  name: string;
  /** In UTF-8. */
  sizeBytes: number;
}

/** How an answer was asked for. */
export interface AnsweredWith {
  /** As it was asked: `settings.decodingMode` may be `kangaroo` where no adapter was loaded. */
  settings: AnswerSettings;
  /** What sampling began with; 0 where the temperature is. */
  seed: number;
  /** '': none. */
  systemPrompt: string;
  /** See `ModelInfo.fingerprint`. */
  modelFingerprint: string;
  /** Null: none was loaded. */
  adapterName: string | null;
}

export interface Message {
  id: string;
  /** What it follows; null: it begins the chat. */
  parentId: string | null;
  /** All messages that follow the same one, itself among them, oldest first: the branches at this place. */
  siblingIds: string[];
  role: 'user' | 'assistant';
  /** Markdown. For an answer: the pieces of its rounds, joined. Attachments are not in it. */
  text: string;
  attachments: AttachmentInfo[];
  status: MessageStatus;
  createdAtMs: number;
  /**
   * The rounds that made this answer, in order; the prompt's own token is the first, with `rows: 0`, and so is the first of
   * every continuation. Complete while it streams and in the `message` event that ends it; a finished answer comes in
   * snapshots and pages without them, as [], and `ChatsApi.rounds` gives them. Empty for users. Times are whole microseconds.
   */
  rounds: Round[];
  /** How many rounds there are, whether they are here or not. */
  roundCount: number;
  /** For an answer that was continued: of all its parts together, `promptTokens` and `cachedTokens` of the last. */
  stats: GenerationStats | null;
  /** How often it was continued after it had ended. */
  continuations: number;
  /** From the question to its first token: waiting for the model and reading the prompt. Null: none came. */
  timeToFirstTokenMs: number | null;
  stopReason: StopReason | null;
  error: ErrorShape | null;
  /**
   * Measured speedup over plain decoding. Where the answer has plain steps enough (`stats.plainStepMs` is not null), they
   * are the baseline, of the same moment; else the calibration's at load: see `speedupInside`. Null while unknown.
   */
  speedup: number | null;
  /** Name of the model that answered. */
  modelName: string | null;
  /** Null for users, before the model was ready, and for answers of versions that did not keep it. */
  answeredWith: AnsweredWith | null;
}

/** What a chat sets for itself; everything else is as in `Settings`. Changing it reloads nothing. */
export interface ChatSettings {
  /** '': none. Null: `Settings.systemPrompt`. */
  systemPrompt: string | null;
  overrides: Partial<AnswerSettings>;
}

/**
 * How full the context is behind the active branch. What happens when it is full: within an answer the older half is dropped;
 * with the next question the oldest turns are left out until three quarters are left. The system prompt stays.
 */
export interface ContextUse {
  /** The last answer's prompt and the answer itself, as the engine counted them; `size` where the context was shifted. */
  tokens: number;
  /** The loaded model's; null while none is. */
  size: number | null;
  /** Oldest turns that the last prompt had to leave out. */
  leftOutTurns: number;
  /** The last answer dropped the older half of the context while it was written. */
  shifted: boolean;
}

/** A chat without its messages. */
export interface ChatHead {
  id: string;
  title: string;
  createdAtMs: number;
  folderId: string | null;
  pinned: boolean;
  settings: ChatSettings;
  /** Null before the first answer. */
  context: ContextUse | null;
}

export interface Chat extends ChatHead {
  /** What was in the composer when it was last saved; who types knows better. */
  draft: string;
  /** The active branch's newest messages, at most `messagesPerPage` and about a mebibyte of text. */
  messages: Message[];
  /** Messages of the active branch before these: see `ChatsApi.earlier`. */
  earlier: number;
}

export const messagesPerPage = 200;

/** `snapshot` comes first and again after anything that is not an append; the others keep it current. */
export type ChatEvent =
  | { type: 'snapshot'; chat: Chat }
  /** Title, place in the list, settings or context changed. */
  | { type: 'head'; head: ChatHead }
  | { type: 'prefill'; messageId: string; done: number; total: number }
  /** Rounds of a streaming answer, batched to about one event per animation frame. */
  | { type: 'rounds'; messageId: string; rounds: Round[] }
  /** A message appeared or took its final state. */
  | { type: 'message'; message: Message };

/** What answers came to together; one that is being written is not among them. */
export interface AnswerTotals {
  /** Those that have figures. */
  answers: number;
  rounds: number;
  /** Of the rounds: `accepted + 1` each. */
  tokens: number;
  drafted: number;
  accepted: number;
  /** Of the answers, those whose speedup is known, and the time of their rounds. */
  compared: number;
  comparedMs: number;
  /** Against plain decoding: Σ `roundsMs` · (`speedup` − 1) over those that are compared. Negative: lost. */
  savedMs: number;
  /** How sure that is: of independent answers, √Σ (`roundsMs` · `speedupDeviation`)²; those without one add nothing. */
  savedDeviationMs: number;
}

/** A message of the whole tree. Parents come before their children, siblings oldest first. */
export interface TreeNode {
  id: string;
  parentId: string | null;
  role: Message['role'];
  status: MessageStatus;
  createdAtMs: number;
  /** The beginning of its text, in one line. */
  firstWords: string;
  /** On the active branch. */
  active: boolean;
}

export interface AnswerOptions {
  /** Instead of the chat's, for this answer. */
  decodingMode?: DraftingMode;
}

export interface SendOptions extends AnswerOptions {
  /**
   * At most 20 text files of together 2,000,000 bytes; what is no text is refused with `invalid-argument`, which names it. The
   * model reads each before the message, with its name, in a fenced block.
   */
  attachments?: Attachment[];
}

/**
 * Ids that are unknown, or in the trash, reject with `invalid-argument`. What begins an answer rejects with `busy` where this
 * chat has one under way and with `no-model`, and resolves once everything is stored.
 */
export interface ChatsApi {
  /** The chat that was opened or created last, or a new one. */
  current(): Promise<Chat>;
  /** Starts a new, empty chat and makes it the current one; where the current one is empty, it is that. Answers go on. */
  create(): Promise<Chat>;
  /** Makes it the current chat. */
  open(chatId: string): Promise<Chat>;
  watch(chatId: string): AsyncIterable<ChatEvent>;
  /** The page of messages before this one on its branch, oldest first. */
  earlier(chatId: string, beforeId: string): Promise<Message[]>;
  /** All rounds of an answer. */
  rounds(chatId: string, messageId: string): Promise<Round[]>;
  /** Of all answers of the active branch, however long it is. Null: of all answers in all chats that are not in the trash. */
  totals(chatId: string | null): Promise<AnswerTotals>;
  /** An attachment of a message, by its place. */
  attachment(chatId: string, messageId: string, place: number): Promise<Attachment>;

  /** Appends the user's message to the active branch and starts the answer. Several chats can be answered at once. */
  send(chatId: string, text: string, options?: SendOptions): Promise<void>;
  /** Stops this chat's answer within one round; what was written stays. */
  stop(chatId: string): Promise<void>;
  /** A new user's message beside this one, and its answer: a branch. Without `attachments`, the old one's come along. */
  edit(chatId: string, messageId: string, text: string, options?: SendOptions): Promise<void>;
  /**
   * Another answer beside this one, or to this user's message: a branch. An answer that says nothing makes place for it.
   */
  regenerate(chatId: string, messageId: string, options?: AnswerOptions): Promise<void>;
  /**
   * Goes on with an answer that ended the active branch, in the same message: with exactly its tokens where the same model is
   * loaded, else with its text. Rejects with `invalid-argument` where it is not the last message.
   */
  continueAnswer(chatId: string, messageId: string, options?: AnswerOptions): Promise<void>;
  /** Makes the branch of this message the active one, down to where it was last. Rejects with `busy`. */
  select(chatId: string, messageId: string): Promise<void>;
  tree(chatId: string): Promise<TreeNode[]>;
  /** Takes a message and all that follows it away, until `restoreMessage`; after 30 days for good. Rejects with `busy`. */
  deleteMessage(chatId: string, messageId: string): Promise<void>;
  /** Brings back what `deleteMessage` took with this message, and makes its branch the active one. */
  restoreMessage(chatId: string, messageId: string): Promise<void>;

  /** All chats that are not in the trash, the folders and what changes. */
  watchList(): AsyncIterable<ChatListEvent>;
  rename(chatId: string, title: string): Promise<void>;
  setPinned(chatId: string, pinned: boolean): Promise<void>;
  /** Null: no folder. */
  setFolder(chatId: string, folderId: string | null): Promise<void>;
  /** A copy with all its branches, not the current chat. Resolves with its id. */
  duplicate(chatId: string): Promise<string>;
  /** Stops its answer and puts the chat into the trash, for 30 days. */
  trash(chatId: string): Promise<void>;
  restore(chatId: string): Promise<void>;
  /** Deletes a chat of the trash for good, with the engine's cache of it. */
  purge(chatId: string): Promise<void>;
  listTrash(): Promise<TrashedChat[]>;
  createFolder(name: string): Promise<Folder>;
  renameFolder(folderId: string, name: string): Promise<void>;
  /** Its chats stay, in no folder. */
  deleteFolder(folderId: string): Promise<void>;
  /**
   * Chats whose title or messages have words that begin with every word of the query, whatever their case and accents. Best
   * first, titles before messages; at most 50.
   */
  search(query: string): Promise<SearchHit[]>;

  /** What is given is set; `overrides` as a whole. */
  setSettings(chatId: string, settings: Partial<ChatSettings>): Promise<void>;
  /** Keeps what is in the composer; '' forgets it. `send` forgets it too. */
  saveDraft(chatId: string, text: string): Promise<void>;
  /** Tokens of a text, without any template. Rejects with `no-model`. */
  countTokens(text: string): Promise<number>;
  watchPresets(): AsyncIterable<Preset[]>;
  /** Without an id a new one; names are unique. Resolves with what is stored. */
  savePreset(preset: Omit<Preset, 'id'> & { id?: string }): Promise<Preset>;
  deletePreset(presetId: string): Promise<void>;

  /** The text of a file, in pieces; joined in order, they are it. */
  export(request: ExportRequest): AsyncIterable<string>;
  /** Begins to take in a file of exported chats, of any of the formats of `ImportReport`. Resolves with the import's id. */
  beginImport(): Promise<string>;
  /** The file's text in order, in pieces of at most 1,000,000 characters; all together 256 MiB. */
  appendImport(importId: string, piece: string): Promise<void>;
  /** Reads it. One conversation that cannot be read keeps no other out. Rejects with `file-damaged` where it is no export. */
  finishImport(importId: string): Promise<ImportReport>;
  cancelImport(importId: string): Promise<void>;

  /**
   * After `store-damaged` or `store-too-new`: renames the database, which is kept, and starts an empty one. Resolves with
   * its chat. Rejects with `invalid-argument` where the chats can be read.
   */
  setAside(): Promise<Chat>;
}
