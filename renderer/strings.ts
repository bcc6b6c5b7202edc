// Every text that the page shows or speaks, in one place: to translate the page, translate this file.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const two = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });

/** A speed keeps three digits or so: 4.2, 84.1, 312. */
function speed(value: number): string {
  return value >= 100 ? whole.format(value) : one.format(value);
}

function count(value: number, singular: string, plural: string): string {
  return `${whole.format(value)} ${value === 1 ? singular : plural}`;
}

export const strings = {
  appName: 'Kangaroo Chat',
  skipToComposer: 'Skip to the message box',
  tryAgain: 'Try again',
  close: 'Close',
  dismiss: 'Dismiss',

  connection: {
    lost: 'Connection lost – reconnecting…',
    refused: 'This page is no longer signed in: Kangaroo Chat was started anew. Open the link that it printed in the terminal.',
    waiting: 'There is no connection at the moment. You can write already.',
    notNow: 'There is no connection to Kangaroo Chat at the moment. Please try again when it is back.',
  },

  header: {
    newChat: 'New chat',
    settings: 'Settings',
    themeNow: (theme: string) => `Theme: ${theme}. Switch`,
    themes: { system: 'system', light: 'light', dark: 'dark' },
  },

  model: {
    label: 'Model',
    unknown: 'Looking for the model…',
    none: 'No model loaded',
    load: (name: string) => `Load ${name}`,
    loading: (fraction: number) => `Loading ${percent.format(fraction)}`,
    calibrating: 'Measuring plain decoding…',
    ready: 'Ready',
    failed: 'Could not be loaded',
    restarting: 'Restarting…',
    failedTitle: (name: string | null) => (name === null ? 'There is no model to chat with' : `${name} could not be loaded`),
    crashedTitle: 'The engine stopped',
    restartingText: 'The engine is being started again.',
    waiting: {
      unknown: 'Waiting for the model.',
      unloaded: 'Load a model first.',
      loading: 'The model is still loading. You can write already.',
      calibrating: 'Measuring this machine: it takes a moment. You can write already.',
      failed: 'The model could not be loaded.',
      restarting: 'The engine is being started again. You can write already.',
    },
    facts: {
      file: 'File',
      fileText: (type: string, size: string, parameters: string) => `${type}, ${size}, ${parameters} parameters`,
      context: 'Context',
      contextText: (tokens: number) => `${whole.format(tokens)} tokens`,
      devices: 'Runs on',
      devicesText: (devices: string, threads: number) => `${devices} · ${count(threads, 'thread', 'threads')}`,
      adapter: 'Adapter',
      adapterText: (name: string, exitLayer: number, layers: number) => `${name}: drafts with ${exitLayer} of ${layers} layers`,
      noAdapter: 'none: this model cannot draft',
      baseline: 'Plain decoding',
      baselineText: (value: number, low: number, high: number) => `${speed(value)} tokens/s (${speed(low)}–${speed(high)})`,
      draftStep: 'A draft step',
      draftStepText: (draftMs: number, plainMs: number) => `${two.format(draftMs)} ms, a plain token ${two.format(plainMs)} ms`,
    },
    sizeText: (bytes: number) => (bytes >= 1e9 ? `${one.format(bytes / 1e9)} GB` : `${one.format(bytes / 1e6)} MB`),
    parametersText: (value: number) => (value >= 1e9 ? `${one.format(value / 1e9)} B` : `${one.format(value / 1e6)} M`),
  },

  drafting: {
    on: 'Drafting on',
    off: 'Drafting off',
    onTitle: (maxDraft: number) =>
      `The model drafts up to ${count(maxDraft, 'token', 'tokens')} per round. Click to decode plainly.`,
    offTitle: 'The model decodes token by token. Click to let it draft.',
    noAdapter: 'Drafting off: no adapter',
    noAdapterShort: 'No adapter',
    noAdapterTitle: 'Drafting is off: no adapter for this model.',
    adapterError: (message: string) => `Drafting is off: the adapter cannot be used. ${message}`,
    decodePlainly: 'Decode plainly',
    decodePlainlyTitle: 'Turns drafting off, for the next answers.',
  },

  chat: {
    messages: 'Messages',
    you: 'You',
    assistant: 'Answer',
    jumpToLatest: 'Jump to the latest',
    loading: 'Loading the chat…',
    emptyTitle: 'What shall we talk about?',
    emptyText: 'Everything stays on this machine.',
    emptyTextStarter:
      'Everything stays on this machine. The starter model is very small: short stories and simple questions suit it best.',
    examplesLabel: 'Examples',
    examples: [
      'Tell me a story about a fox who is afraid of the dark.',
      "Explain rainbows like I'm five years old.",
      'Write a short poem about the rain on the roof.',
      'What can I do on a rainy day with a friend?',
    ],
    thinking: 'Reading your message…',
    prefill: (done: number, total: number) => `Reading: ${whole.format(done)} of ${whole.format(total)} tokens`,
    stopped: 'You stopped this answer.',
    maxTokens: 'This answer reached the longest length that the settings allow.',
    contextFull: 'The context is full: this answer ended early. Start a new chat.',
    emptyAnswer: 'The model had nothing to say.',
    failed: 'This answer failed',
    answerAgain: 'Answer again',
    copyAnswer: 'Copy answer',
    answered: (text: string) => `Answer: ${text}`,
    notSent: 'The message was not sent',
    notDone: 'That did not work',
  },

  composer: {
    label: 'Your message',
    placeholder: 'Write a message',
    send: 'Send',
    stop: 'Stop',
    hint: 'Enter sends · Shift+Enter breaks the line',
    hintStreaming: 'Esc stops',
  },

  origins: {
    legend: 'Token origins',
    draft: 'drafted and accepted',
    target: 'the model’s own',
    show: 'Show who each token comes from',
    hide: 'Hide who each token comes from',
    unsupported:
      'Token origins cannot be tinted here: this browser has no CSS Custom Highlight API. The rounds view still shows them.',
  },

  figures: {
    label: 'Figures of this answer',
    tokensPerSecond: (value: number) => `${speed(value)} tokens/s`,
    tokensPerRound: (value: number) => `${two.format(value)} tokens per round`,
    acceptance: (rate: number) => `${percent.format(rate)} accepted of drafted`,
    faster: (factor: number) => `${two.format(factor)}× plain decoding`,
    same: (factor: number) => `${two.format(factor)}× plain – no measurable difference`,
    slower: (factor: number) => `${two.format(factor)}× plain – drafting is slower here`,
    plain: 'Plain decoding',
    noAdapter: 'Drafting is off: no adapter for this model',
    measuring: 'Measuring…',
    speedupTip: (plain: number, low: number, high: number, depth: number) =>
      `Plain decoding was measured on this machine in a short calibration when the model was loaded: ${speed(plain)} tokens/s ` +
      `(middle half of the samples ${speed(low)}–${speed(high)}), with ${count(depth, 'token', 'tokens')} in the context.`,
    speedupTipShort: 'Compared with plain decoding as measured on this machine in a short calibration when the model was loaded.',
    acceptanceTip: (accepted: number, drafted: number) =>
      `${whole.format(accepted)} of ${count(drafted, 'drafted token was', 'drafted tokens were')} accepted. ` +
      'This is not a speed: drafting costs time too.',
    tokensPerRoundTip:
      'A round is one verification by the whole model. It gives the accepted drafts and one token of the model’s own.',
    tokensPerSecondTip: (tokens: number, promptTokens: number, cachedTokens: number, promptMs: number) =>
      `${count(tokens, 'token', 'tokens')} in this answer. First token after ${whole.format(promptMs)} ms: ` +
      `${count(promptTokens, 'prompt token', 'prompt tokens')}, ${whole.format(cachedTokens)} of them kept from before.`,
    tokensPerSecondLiveTip: 'From the engine’s own times of drafting and verifying, not from this page’s clock.',
  },

  rounds: {
    show: (rejected: number) => (rejected > 0 ? `Show rejected drafts (${whole.format(rejected)})` : 'Show rounds'),
    hide: 'Show the text',
    label: 'The answer, round by round',
    help: 'Arrow keys move from round to round.',
    hint: 'Point at a round, or focus it, to see what happened in it.',
    title: (number: number, total: number) => `Round ${whole.format(number)} of ${whole.format(total)}`,
    prompt: 'The first token: it came with the prompt’s own pass.',
    summary: (drafted: number, accepted: number) => `${whole.format(drafted)} drafted, ${whole.format(accepted)} accepted`,
    plainRound: 'No drafts: one token, decoded plainly.',
    ghostTitle: (confidence: number) => `Rejected draft, confidence ${percent.format(confidence)}`,
    confidence: (value: number) => percent.format(value),
    accepted: 'accepted',
    rejected: 'rejected',
    notReached: 'behind a rejected one',
    target: 'The model’s own token',
    targetInstead: 'The model said instead',
    times: (draftMs: number, verifyMs: number, rows: number) =>
      `draft ${one.format(draftMs)} ms · verify ${one.format(verifyMs)} ms · ${count(rows, 'row', 'rows')}`,
    emptyToken: '(no text)',
  },

  markdown: {
    code: (language: string) => (language ? `Code: ${language}` : 'Code'),
    plainCode: 'text',
    copyCode: 'Copy code',
    table: 'Table',
    task: (done: boolean) => (done ? 'Done' : 'Not done'),
    imageNotLoaded: (alt: string) => (alt ? `Image, not loaded: ${alt}` : 'Image, not loaded'),
  },

  copy: { copied: 'Copied', failed: 'Copying did not work' },

  link: {
    title: (url: string) => `${url} (asks before it opens)`,
    askTitle: 'Open this link?',
    askText: 'It leads out of Kangaroo Chat, to:',
    open: 'Open',
    copy: 'Copy the link',
    cancel: 'Cancel',
  },

  settings: {
    title: 'Settings',
    drafting: 'Drafting',
    sampling: 'Sampling',
    appearance: 'Appearance',
    about: 'About',
    decodingMode: 'Decoding',
    decodingModes: { kangaroo: 'Draft and verify', plain: 'Plain' },
    decodingModeHelp: 'Every draft is verified by the whole model: drafting is about speed only.',
    threshold: 'Threshold η',
    thresholdHelp: 'Drafting goes on while the draft’s confidence is at least this.',
    maxDraft: 'Longest draft γ',
    maxDraftHelp: 'At most this many drafted tokens per round.',
    draftSampling: 'Draft choice',
    draftSamplings: { greedy: 'Likeliest', sampled: 'Sampled' },
    draftSamplingHelp: 'Matters when the temperature is above 0. The answers’ distribution is the model’s own either way.',
    temperature: 'Temperature',
    temperatureHelp: '0: always the likeliest token.',
    topK: 'Top-k',
    topKHelp: '0 turns it off.',
    topP: 'Top-p',
    topPHelp: '1 turns it off.',
    minP: 'Min-p',
    minPHelp: '0 turns it off.',
    repetitionPenalty: 'Repetition penalty',
    repetitionPenaltyHelp: '1 turns it off.',
    maxTokens: 'Longest answer, in tokens',
    maxTokensHelp: 'An answer ends there at the latest.',
    theme: 'Theme',
    themes: { system: 'System', light: 'Light', dark: 'Dark' },
    showOrigins: 'Tint tokens by origin',
    showRejected: 'Open answers as rounds, with rejected drafts',
    needsAdapter: 'This model has no adapter: it decodes plainly whatever is set here.',
    greedyNote: 'Not used at temperature 0.',
    reset: 'Reset to defaults',
    notANumber: 'Please enter a number.',
    version: (version: string, engine: string) => `Version ${version} · engine ${engine}`,
  },
} as const;
