// Chats as files: what is exported, and what became of a file that was imported.

export interface ExportRequest {
  /** Null: all that are not in the trash. */
  chatIds: string[] | null;
  /** `markdown`: the active branch, to be read. `json`: everything, to be imported again. */
  format: 'markdown' | 'json';
  /** `json` only: with the rounds of every answer. */
  rounds: boolean;
}

export interface ImportReport {
  /** Own JSON, the export of Open WebUI, or the `conversations.json` of a ChatGPT export. */
  format: 'kangaroo-chat' | 'open-webui' | 'chatgpt';
  imported: { chatId: string; title: string; messages: number }[];
  /** Conversations that were left out, by their place in the file from 0, and why. */
  failed: { place: number; title: string; reason: string }[];
}
