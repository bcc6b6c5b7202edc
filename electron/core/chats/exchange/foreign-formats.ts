// What other applications export: Open WebUI's JSON, and the conversations.json of a ChatGPT export. Only what a chat here can
// hold is read: texts of users and assistants, with all their branches.
import { z } from 'zod';
import { arrange, type LooseChat, type LooseMessage } from './arrange.ts';
import type { PortableChat } from './portable.ts';

const anything = z.unknown();
const maybeText = z.string().nullish();
/** Seconds since 1970, sometimes as a fraction. */
const seconds = z.number().nullish();
const msOf = (value: number | null | undefined) => (value ? Math.round(value * 1000) : null);

/** A text, or a list of parts of which some are text; pictures and sounds are named, not lost without a word. */
function textOfParts(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const parts = content.map((part: unknown) => {
    if (typeof part === 'string') return part;
    if (typeof part !== 'object' || part === null) return '';
    if ('text' in part && typeof part.text === 'string') return part.text;
    return 'content_type' in part || 'type' in part ? '[not text: left out]' : '';
  });
  return parts.filter((part) => part !== '').join('\n\n');
}

const webUiMessage = z.object({
  id: z.string().optional(),
  parentId: maybeText,
  role: z.string(),
  content: anything,
  timestamp: seconds,
  model: maybeText,
  modelName: maybeText,
});

const webUiChat = z.object({
  title: maybeText,
  created_at: seconds,
  updated_at: seconds,
  pinned: z.boolean().nullish(),
  chat: z.object({
    title: maybeText,
    system: maybeText,
    history: z.object({ messages: z.record(z.string(), webUiMessage), currentId: maybeText }).nullish(),
    messages: z.array(webUiMessage).nullish(),
  }),
});

/** Its tree lies in `history`; older exports have a list alone. */
export function parseOpenWebUi(value: unknown): PortableChat {
  const { title, created_at, updated_at, pinned, chat } = webUiChat.parse(value);
  const tree = Object.entries(chat.history?.messages ?? {});
  const listed = (chat.messages ?? []).map((message, index) => [message.id ?? String(index), message] as const);
  const read = (id: string, message: z.infer<typeof webUiMessage>, parentId: string | null): LooseMessage => ({
    id,
    parentId,
    role: message.role,
    text: textOfParts(message.content),
    createdAtMs: msOf(message.timestamp),
    modelName: message.modelName ?? message.model ?? null,
  });
  const messages =
    tree.length > 0
      ? tree.map(([id, message]) => read(id, message, message.parentId ?? null))
      : listed.map(([id, message], index) => read(id, message, listed[index - 1]?.[0] ?? null));
  return arrange({
    title: title || chat.title || '',
    createdAtMs: msOf(created_at),
    usedAtMs: msOf(updated_at),
    pinned: pinned ?? false,
    systemPrompt: chat.system ?? null,
    messages,
    activeId: chat.history?.currentId ?? messages.at(-1)?.id ?? null,
  });
}

const chatGptNode = z.object({
  parent: maybeText,
  children: z.array(z.string()).nullish(),
  message: z
    .object({
      author: z.object({ role: z.string() }),
      create_time: seconds,
      content: z.object({ content_type: z.string(), parts: anything.optional(), text: anything.optional() }),
      recipient: maybeText,
      metadata: z.object({ model_slug: maybeText, is_visually_hidden_from_conversation: z.boolean().nullish() }).nullish(),
    })
    .nullish(),
});

const chatGptChat = z.object({
  title: maybeText,
  create_time: seconds,
  update_time: seconds,
  is_starred: z.boolean().nullish(),
  mapping: z.record(z.string(), chatGptNode),
  current_node: maybeText,
});

/** Tool calls, their results, hidden and system messages are left out; what follows them follows what came before. */
export function parseChatGpt(value: unknown): PortableChat {
  const { title, create_time, update_time, is_starred, mapping, current_node } = chatGptChat.parse(value);
  const messages = Object.entries(mapping).map(([id, { parent, message }]): LooseMessage => {
    const nothing = { id, parentId: parent ?? null, role: '', text: '', createdAtMs: null, modelName: null };
    if (!message || message.metadata?.is_visually_hidden_from_conversation) return nothing;
    const { content, recipient } = message;
    if (recipient && recipient !== 'all') return nothing;
    const shown = content.content_type === 'text' || content.content_type === 'multimodal_text';
    return {
      ...nothing,
      role: message.author.role,
      text: shown ? textOfParts(content.parts) : '',
      createdAtMs: msOf(message.create_time),
      modelName: message.metadata?.model_slug ?? null,
    };
  });
  const chat: LooseChat = {
    title: title ?? '',
    createdAtMs: msOf(create_time),
    usedAtMs: msOf(update_time),
    pinned: is_starred ?? false,
    systemPrompt: null,
    messages,
    activeId: current_node ?? null,
  };
  return arrange(chat);
}
