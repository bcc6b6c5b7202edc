// Texts of the chat's messages, its composer, its settings and its files. To translate them, translate this file.
import type { DraftingMode, StopReason } from '../../electron/contract/engine.ts';
import { bytesText, countText, percentText, wholeText } from '../number-text.ts';

const seconds = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });
const dateTime = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

/** 40 ms, 0.41 s, 12 s. */
export function durationText(ms: number): string {
  return ms < 100 ? `${wholeText(ms)} ms` : `${seconds.format(ms / 1000)} s`;
}

const modes: Record<DraftingMode, string> = { auto: 'Automatic', kangaroo: 'Always draft', plain: 'No drafting' };

const shortModes: Record<DraftingMode, string> = { auto: 'Auto', kangaroo: 'Always', plain: 'Off' };

const stopReasons: Record<StopReason, string> = {
  'end-of-turn': 'the model ended it',
  'stop-text': 'a stop text',
  'max-tokens': 'the longest length was reached',
  'context-full': 'the context was full',
  cancelled: 'you stopped it',
};

export const chatText = {
  actions: 'Message actions',
  edit: 'Edit',
  editLabel: 'Edit your message',
  editNote: 'The old version and its answers stay: the arrows below lead back to them.',
  sendEdit: 'Send',
  cancel: 'Cancel',
  again: 'Answer again',
  againAs: 'Answer again…',
  againModes: {
    auto: 'Answer again, drafting automatically',
    kangaroo: 'Answer again, always drafting',
    plain: 'Answer again without drafting',
  } satisfies Record<DraftingMode, string>,
  continueAnswer: 'Continue',
  continueTitle: 'Go on with this answer where it ended',
  copy: 'Copy',
  copyMarkdown: 'Copy as Markdown',
  copyText: 'Copy as plain text',
  more: 'More',
  remove: 'Delete',
  removed: (others: boolean) => (others ? 'Message deleted, with all that followed it' : 'Message deleted'),
  tree: 'Show all branches',
  branchOf: (place: number, count: number) => `Branch ${place} of ${count}`,
  branchText: (place: number, count: number) => `${place} / ${count}`,
  earlierBranch: 'Previous branch',
  laterBranch: 'Next branch',
  earlier: (count: number) => `${countText(count, 'earlier message', 'earlier messages')}…`,
  messages: (title: string) => (title ? `Messages of “${title}”` : 'Messages'),

  figures: {
    tokens: (count: number) => countText(count, 'token', 'tokens'),
    firstToken: (ms: number) => `first after ${durationText(ms)}`,
    firstTokenTip: 'From the question to the first token: waiting for the model and reading the prompt.',
    details: 'Details',
    detailsOf: 'Details of this answer',
  },

  details: {
    model: 'Model',
    adapter: 'Adapter',
    noAdapter: 'none',
    ended: 'Ended because',
    stopReasons,
    failed: 'it failed',
    continued: (times: number) => (times > 0 ? `, after ${countText(times, 'continuation', 'continuations')}` : ''),
    tokens: 'Tokens',
    tokensText: (tokens: number, rounds: number) => `${wholeText(tokens)} in ${countText(rounds, 'round', 'rounds')}`,
    prompt: 'Prompt',
    promptText: (tokens: number, cached: number) => `${countText(tokens, 'token', 'tokens')}, ${wholeText(cached)} of them kept`,
    firstToken: 'First token after',
    speed: 'Speed',
    speedText: (perSecond: string, ms: number) => `${perSecond}, ${durationText(ms)} in all`,
    speedup: 'Speedup',
    speedupText: (factor: number, baseline: string) => `${factor.toFixed(2)}× plain decoding (${baseline})`,
    acceptance: 'Acceptance',
    acceptanceText: (accepted: number, drafted: number) =>
      drafted > 0
        ? `${wholeText(accepted)} of ${wholeText(drafted)} drafted (${percentText(accepted / drafted)})`
        : 'nothing was drafted',
    decoding: 'Decoding',
    modes,
    sampling: 'Sampling',
    greedy: 'greedy: always the likeliest token',
    sampled: (temperature: number, topK: number, topP: number, minP: number, seed: number) =>
      `temperature ${temperature}, top-k ${topK}, top-p ${topP}, min-p ${minP}, seed ${seed}`,
    repetition: 'Repetition penalty',
    system: 'System prompt',
    none: 'none',
    when: 'Written',
    whenText: (ms: number) => dateTime.format(ms),
  },

  treeTitle: 'Branches of this chat',
  treeNote: 'Every edit and every further answer is a branch. Choose a message to go there.',
  treeEmpty: 'This chat has no messages yet.',
  treeNow: 'shown now',
  you: 'You',
  answer: 'Answer',
  loading: 'Loading…',

  composer: {
    attach: 'Attach text files',
    attachments: 'Attached files',
    detach: (name: string) => `Remove ${name}`,
    attachment: (name: string, bytes: number) => `${name}, ${bytesText(bytes)}`,
    drop: 'Drop text files to attach them, or a GGUF to add a model',
    pasted: (number: number) => (number === 1 ? 'Pasted text.txt' : `Pasted text ${number}.txt`),
    notText: (name: string) => `${name} is not a text file: only text can be given to the model.`,
    tooLarge: (limit: number) => `These files are too large: together they may have ${bytesText(limit)} at most.`,
    tooMany: (limit: number) => `At most ${limit} files can go with a message.`,
    unreadable: (name: string) => `${name} could not be read.`,
    attached: 'Not attached',
    mode: 'Drafting of the next answer',
    modeShort: shortModes,
    modeAsChat: (mode: DraftingMode) => `As in this chat: ${modes[mode].toLowerCase()}`,
    modes,
    modeHelp: {
      auto: 'Drafts while that pays on the text at hand.',
      kangaroo: 'Drafts in every round.',
      plain: 'Decodes one token at a time.',
    } satisfies Record<DraftingMode, string>,
    modeTitle: (mode: DraftingMode) => `${shortModes[mode]}: drafting of the next answer`,
  },

  context: {
    label: (share: number) => `Context: ${percentText(share)} full`,
    title: 'Context',
    used: (tokens: number, size: number) => `${wholeText(tokens)} of ${wholeText(size)} tokens`,
    withDraft: (tokens: number) => `with about ${countText(tokens, 'token', 'tokens')} of what you are writing`,
    next: {
      plenty: 'There is room. When the context is full, its older part is left out, and the system prompt stays.',
      amber: 'It is filling up. When it is full, the oldest messages are left out of what the model reads; the chat keeps them.',
      red: 'It is almost full: soon the model will no longer see the oldest messages. To keep them in view, start a new chat or load the model with a longer context.',
    },
    leftOut: (turns: number) => `${countText(turns, 'old turn is', 'old turns are')} no longer seen by the model.`,
    shifted: 'While the last answer was written, the older half of the context was dropped.',
    longer: 'Change the context length',
  },

  settings: {
    title: 'Chat settings',
    open: 'Chat settings',
    note: 'They hold for this chat alone, from the next answer on. What is not set here is as in Settings.',
    system: 'System prompt',
    systemHelp: 'Tells the model how to behave. It stays in view however long the chat gets.',
    systemDefault: 'As in Settings',
    systemPlaceholder: 'For example: You are a patient teacher. Answer in short sentences.',
    presets: 'Presets',
    presetNone: 'Choose a preset…',
    presetsHelp: 'A preset is a system prompt with sampling and drafting, under a name.',
    savePreset: 'Save as preset…',
    presetName: 'Name of the preset',
    save: 'Save',
    deletePreset: (name: string) => `Delete the preset “${name}”`,
    presetDeleted: (name: string) => `Preset “${name}” deleted`,
    presetUsed: (name: string) => `Preset “${name}” is used now`,
    reset: 'As in Settings',
    resetLabel: (name: string) => `${name}: as in Settings`,
    resetAll: 'Use the general settings',
    own: 'set for this chat',
    context: 'Context length',
    contextHelp: 'How much of a chat the model can see. It belongs to the loaded model: another length loads it anew.',
    contextOption: (tokens: number) => `${wholeText(tokens)} tokens`,
    contextReload: 'Load again',
  },

  export: {
    title: 'Export',
    open: 'Export…',
    what: 'What',
    this: 'This chat',
    all: 'All chats',
    format: 'Format',
    formats: {
      markdown: ['Markdown', 'To read and to share: the branch that is shown.'],
      json: ['JSON', 'Everything, with all branches; can be imported again.'],
    },
    rounds: 'With the rounds of every answer',
    roundsHelp: 'What was drafted, accepted and rejected, with times. Makes a much larger file.',
    save: 'Save file',
    saving: 'Gathering…',
    done: (name: string) => `${name} was saved`,
    fileName: (title: string, format: 'markdown' | 'json') =>
      `${
        title
          .replaceAll(/[^\p{L}\p{N} _-]+/gu, ' ')
          .replaceAll(/\s+/g, ' ')
          .trim()
          .slice(0, 60) || 'chats'
      }.${format === 'markdown' ? 'md' : 'json'}`,
    allName: 'Kangaroo chats',
  },

  import: {
    title: 'Import chats',
    open: 'Import…',
    text: 'From a JSON file of Kangaroo Chat, an export of Open WebUI, or the conversations.json of a ChatGPT export. The format is recognised.',
    choose: 'Choose a file',
    drop: 'or drop it here',
    reading: (share: number) => `Reading: ${percentText(share)}`,
    storing: 'Storing the chats…',
    done: (count: number) => `${countText(count, 'chat', 'chats')} imported`,
    formats: { 'kangaroo-chat': 'Kangaroo Chat', 'open-webui': 'Open WebUI', chatgpt: 'ChatGPT' },
    from: (format: string) => `Format: ${format}`,
    failed: (count: number) => `${countText(count, 'conversation was', 'conversations were')} left out:`,
    failedItem: (title: string, place: number, reason: string) => `${title || `Conversation ${place + 1}`}: ${reason}`,
    notDone: 'Nothing was imported',
    show: 'Open',
    another: 'Import another file',
  },
};
