// From a conversation to token ids, through the model's own template. Special tokens come from the template alone:
// text of a message that spells one ("<|end|>") is read as that text.
import { Template } from '@huggingface/jinja';
import type { BegunAnswer, ChatTurn, Prompt } from '../../contract/engine.ts';
import { KangarooError } from '../../contract/errors.ts';
import type { NativeModel } from './addon.ts';

/** What a prompt needs of a model. */
export type PromptModel = Pick<NativeModel, 'chatTemplate' | 'bosText' | 'eosText' | 'tokenize' | 'detokenize'>;

/** Where a model without a template would go on by writing the user's next message. */
const plainStop = '\nUser:';

/**
 * The ids of a prompt. `messages`: the model's Jinja template, or, where it has none, "User: …" and "Assistant: …"
 * paragraphs, and at the end an answer that has begun. `raw`: the text as it is, special tokens included. A beginning-of-text token is added where the model
 * wants one and the text has none.
 */
export function promptIds(model: PromptModel, prompt: Prompt): Int32Array {
  if (prompt.kind === 'tokens') return Int32Array.from(prompt.tokenIds);
  if (prompt.kind === 'raw') return tokenizeFragments(model, [prompt.text]);
  const { messages, mark } = markSpecials(model, prompt.messages);
  const rendered = model.chatTemplate === '' ? renderPlain(messages) : renderTemplate(model, messages);
  const ids = tokenizeFragments(model, rendered.split(mark));
  return prompt.begun ? joinIds(ids, begunIds(model, prompt.begun)) : ids;
}

/** An answer that goes on, behind the template's beginning of an answer: no end of turn, and its tokens as they were. */
function begunIds(model: PromptModel, { text, tokenIds }: BegunAnswer): Int32Array {
  if (tokenIds !== null) return Int32Array.from(tokenIds);
  return model.tokenize(text, { addSpecial: false, parseSpecial: false });
}

function joinIds(first: Int32Array, second: Int32Array): Int32Array {
  const ids = new Int32Array(first.length + second.length);
  ids.set(first);
  ids.set(second, first.length);
  return ids;
}

/** Texts that end an answer to this prompt, besides the model's own end of turn. */
export function promptStops(model: PromptModel, prompt: Prompt): string[] {
  return prompt.kind === 'messages' && model.chatTemplate === '' ? [plainStop] : [];
}

function renderPlain(messages: ChatTurn[]): string {
  const names = { system: '', user: 'User: ', assistant: 'Assistant: ' };
  const paragraphs = messages.map(({ role, content }) => `${names[role]}${content.trim()}\n\n`);
  return `${paragraphs.join('')}Assistant:`;
}

function renderTemplate(model: PromptModel, messages: ChatTurn[]): string {
  try {
    return new Template(model.chatTemplate).render({
      messages: messages.map(({ role, content }) => ({ role, content })),
      add_generation_prompt: true,
      bos_token: model.bosText,
      eos_token: model.eosText,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KangarooError('invalid-argument', `The model's chat template does not accept this conversation: ${reason}`);
  }
}

/** A character that no message holds: one of Unicode's noncharacters, which no template knows either. */
function chooseMark(messages: ChatTurn[]): string | null {
  for (let code = 0xfdd0; code <= 0xfdef; code++) {
    const mark = String.fromCharCode(code);
    if (!messages.some((message) => message.content.includes(mark))) return mark;
  }
  return null;
}

/**
 * The messages with a mark inside every piece of text that the tokenizer would read as a special token, to be cut there
 * after rendering. All other text stays as it is, so that templates can look at it and tokens do not change.
 */
function markSpecials(model: PromptModel, messages: ChatTurn[]): { messages: ChatTurn[]; mark: string } {
  const mark = chooseMark(messages);
  if (mark === null) {
    throw new KangarooError('invalid-argument', 'The conversation holds all of Unicode’s 32 noncharacters U+FDD0…U+FDEF.');
  }
  const marked = messages.map(({ role, content }) => ({ role, content: breakSpecials(model, content, mark) }));
  return { messages: marked, mark };
}

function breakSpecials(model: PromptModel, content: string, mark: string): string {
  let text = content;
  // Breaking one may uncover another that overlapped it: look again until there is none.
  for (;;) {
    const specials = specialTexts(model, text);
    const before = text;
    for (const special of specials) {
      const [first = '', ...rest] = special;
      text = text.replaceAll(special, first + mark + rest.join(''));
    }
    if (specials.length === 0) return text;
    // Spelled in another way than it is written out: part every character, no special token is left then.
    if (text === before) return Array.from(content).join(mark);
  }
}

/** How the special tokens are written that the tokenizer finds in a text. */
function specialTexts(model: PromptModel, text: string): string[] {
  const parsed = model.tokenize(text, { addSpecial: false, parseSpecial: true });
  const literal = new Set(model.tokenize(text, { addSpecial: false, parseSpecial: false }));
  const found = new Set<string>();
  for (const id of parsed) {
    if (literal.has(id)) continue;
    const one = Int32Array.of(id);
    const written = model.detokenize(one, true);
    if (Array.from(written).length > 1 && model.detokenize(one, false) === '') found.add(written);
  }
  return [...found];
}

function tokenizeFragments(model: PromptModel, fragments: string[]): Int32Array {
  const first = fragments[0] ?? '';
  const addSpecial = model.bosText === '' || !first.startsWith(model.bosText);
  const ids: number[] = [];
  for (const [index, fragment] of fragments.entries()) {
    const begins = index === 0 && addSpecial;
    const some = Array.from(model.tokenize(fragment, { addSpecial: begins, parseSpecial: true }));
    // Some models want an end of text wherever they want a beginning: not in the middle of a conversation.
    if (begins && endsByItself(model, fragment, some)) some.pop();
    ids.push(...some);
  }
  return Int32Array.from(ids);
}

function endsByItself(model: PromptModel, text: string, ids: number[]): boolean {
  const last = ids.at(-1);
  if (last === undefined || model.eosText === '' || text.endsWith(model.eosText)) return false;
  return ids.length > 1 && model.detokenize(Int32Array.of(last), true) === model.eosText;
}
