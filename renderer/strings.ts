// Every text that the page shows or speaks, in one place: to translate the page, translate this file.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const two = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });

/** A speed keeps three digits or so: 4.2, 84.1, 312. */
function speed(value: number): string {
  return value >= 100 ? whole.format(value) : one.format(value);
}

/** Small models decode in less than a millisecond. */
function time(ms: number): string {
  return `${ms < 10 ? two.format(ms) : one.format(ms)} ms`;
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
  undo: 'Undo',

  layout: {
    regions: { sidebar: 'Chats', panel: 'Visualizer' },
    resize: { sidebar: 'Width of the chat list', panel: 'Width of the visualizer' },
    toggle: { sidebar: 'Chat list', panel: 'Visualizer' },
  },

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
    find: 'Find a model',
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
      noAdapter: 'none: drafts can only be copied from the conversation',
      baseline: 'Plain decoding',
      baselineText: (value: number, low: number, high: number) => `${speed(value)} tokens/s (${speed(low)}–${speed(high)})`,
      draftStep: 'A draft step',
      draftStepText: (draftMs: number, plainMs: number) => `${two.format(draftMs)} ms, a plain token ${two.format(plainMs)} ms`,
    },
    sizeText: (bytes: number) => (bytes >= 1e9 ? `${one.format(bytes / 1e9)} GB` : `${one.format(bytes / 1e6)} MB`),
    parametersText: (value: number) => (value >= 1e9 ? `${one.format(value / 1e9)} B` : `${one.format(value / 1e6)} M`),
  },

  drafting: {
    label: 'Drafting',
    /** What the header says, and what it says where there is little room. */
    states: {
      automatic: ['Drafting: on', 'On'],
      always: ['Drafting: on', 'On'],
      plain: ['Off: you chose plain decoding', 'Off'],
      noAdapter: ['Off: no adapter for this model', 'Off'],
      adapterError: ['Off: the adapter cannot be used', 'Off'],
      copiesOnly: ['Copies only: no adapter for this model', 'Copies only'],
      adapterErrorCopies: ['Copies only: the adapter cannot be used', 'Copies only'],
    },
    paused: (speedup: number | null): [string, string] =>
      speedup === null
        ? ['Drafting paused', 'Paused']
        : [`Drafting paused: ${two.format(speedup)}× on this text`, `Paused: ${two.format(speedup)}×`],
    reasons: {
      automatic: 'The model drafts while that pays on the text at hand, and pauses by itself while it does not.',
      always: 'Every round drafts, also on text where that is slower. “Automatic” drafts only while it pays.',
      plain: 'You chose plain decoding: one token at a time, no drafts. Choose “Automatic” to let the model draft where it pays.',
      noAdapter:
        'To draft, a model needs an adapter that was trained for it, and this one has none: it decodes plainly. ' +
        '“Automatic” with copies would draft where the text repeats itself. An adapter can be trained here, from what the model itself writes.',
      copiesOnly:
        'Where an answer repeats what stands in the conversation, its next words are copied from there and verified by the whole ' +
        'model; everything else is decoded plainly. To draft anywhere, a model needs an adapter that was trained for it, and this ' +
        'one has none. It can be trained here, from what the model itself writes.',
      adapterError: 'The model decodes plainly. Choose an adapter that was trained for this model, or train one.',
      adapterErrorCopies:
        'The model drafts only where an answer repeats what stands in the conversation. Choose an adapter that was trained for this ' +
        'model, or train one.',
    },
    pausedReason: (speedup: number | null) =>
      (speedup === null
        ? 'On this text, drafting does not pay at present, so tokens are decoded plainly. '
        : `On this text, drafting would decode at ${two.format(speedup)}× the speed of plain decoding, so tokens are decoded plainly. `) +
      'Short probes look again, and drafting goes on as soon as it pays. There is nothing to do. ' +
      'To see drafts all the same, choose “Always draft”.',
    train: 'Train an adapter',
    switchToAutomatic: 'Switch to automatic',
    switchToAutomaticTitle: 'The next answers draft only while that pays.',
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
      'Why is the sky blue?',
      'Write a short e-mail to invite Anna to dinner on Friday. My name is Mia.',
      'What can I do on a rainy day?',
    ],
    thinking: 'Reading your message…',
    prefill: (done: number, total: number) => `Reading: ${whole.format(done)} of ${whole.format(total)} tokens`,
    stopped: 'You stopped this answer.',
    maxTokens: 'This answer reached the longest length that the settings allow.',
    contextLeft:
      'This chat is longer than the model’s context: its oldest part has left it, and the model no longer sees it. Everything ' +
      'stays in the chat.',
    contextFull: 'The context is full: this answer ended early. Start a new chat.',
    emptyAnswer: 'The model had nothing to say.',
    failed: 'This answer failed',
    answerAgain: 'Answer again',
    copyAnswer: 'Copy answer',
    answered: (text: string) => `Answer: ${text}`,
    notSent: 'The message was not sent',
    notDone: 'That did not work',
  },

  storeProblem: {
    titles: {
      damaged: 'Your chats cannot be read',
      tooNew: 'Your chats belong to a later version',
      other: 'Your chats could not be opened',
    },
    waysOut: {
      damaged: 'If you have a copy of the file from before, put it back and reload.',
      tooNew: 'Or set the old chats aside and start with an empty list here; the file is kept for the later version.',
      other: 'Once that is put right, reload.',
    },
    setAside: 'Set the old chats aside and start fresh',
    reload: 'Reload',
    askTitle: 'Set the old chats aside?',
    askText:
      'Kangaroo Chat renames the file of your chats and starts with an empty one. Nothing is deleted: with the file back ' +
      'under its old name, the old chats are back too.',
    confirm: 'Set aside and start fresh',
    cancel: 'Cancel',
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
    copy: 'copied from the conversation',
    target: 'the model’s own',
    show: 'Show who each token comes from',
    hide: 'Hide who each token comes from (text without a tint was decoded plainly)',
    unsupported:
      'Token origins cannot be tinted here: this browser has no CSS Custom Highlight API. The rounds view still shows them.',
  },

  figures: {
    label: 'Figures of this answer',
    tokensPerSecond: (value: number) => `${speed(value)} tokens/s`,
    tokensPerRound: (value: number) => `${two.format(value)} tokens per round`,
    acceptance: (rate: number) => `${percent.format(rate)} accepted of drafted`,
    factor: (factor: number) => `${two.format(factor)}× plain decoding`,
    same: (factor: number) => `${two.format(factor)}× plain decoding: no measurable difference`,
    asFast: (factor: number) => `${two.format(factor)}× plain decoding: about as fast`,
    slower: (factor: number) => `${two.format(factor)}× plain decoding: slower here`,
    baselines: { answer: 'plain steps of the same moment', calibration: 'calibration at load' },
    baseline: (source: string) => `Baseline: ${source}`,
    /** Rounded down: 100% means all of them. */
    paused: (share: number) => `${percent.format(Math.floor(share * 100) / 100)} of rounds paused`,
    pausedTip: (paused: number, rounds: number, discarded: number) =>
      `Drafting did not pay during ${whole.format(paused)} of ${count(rounds, 'round', 'rounds')}: tokens were decoded plainly there, ` +
      `but for short probes.` +
      (discarded > 0 ? ` ${count(discarded, 'draft was', 'drafts were')} discarded as not worth verifying.` : ''),
    plain: 'Plain decoding',
    noAdapter: 'Drafting is off: no adapter for this model',
    measuring: 'Measuring…',
    answerTip: (factor: number) =>
      `${two.format(factor)}×, compared with the plain decoding steps inside this answer, which are of the same moment.`,
    calibrationTip: (factor: number, plain: number, low: number, high: number, depth: number) =>
      `${two.format(factor)}×. Plain decoding was measured on this machine in a short calibration when the model was loaded: ${speed(plain)} tokens/s ` +
      `(middle half of the samples ${speed(low)}–${speed(high)}), with ${count(depth, 'token', 'tokens')} in the context.`,
    calibrationTipShort: (factor: number) =>
      `${two.format(factor)}×, compared with plain decoding as measured on this machine in a short calibration when the model was loaded.`,
    acceptanceTip: (accepted: number, drafted: number, copied: number) =>
      `${whole.format(accepted)} of ${count(drafted, 'drafted token was', 'drafted tokens were')} accepted` +
      (copied > 0 ? `, ${whole.format(copied)} of them copied from the conversation. ` : '. ') +
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
    hintPaused: 'Text without a tint was decoded plainly.',
    title: (number: number, total: number) => `Round ${whole.format(number)} of ${whole.format(total)}`,
    prompt: 'The first token: it came with the prompt’s own pass.',
    summary: (drafted: number, accepted: number) => `${whole.format(drafted)} drafted, ${whole.format(accepted)} accepted`,
    copied: (copied: number, drafted: number) =>
      copied === drafted ? 'all copied from the conversation' : `${whole.format(copied)} copied from the conversation`,
    copiedDraft: 'copied from the conversation',
    discarded: (discarded: number) => `${count(discarded, 'draft', 'drafts')} discarded as not worth verifying`,
    probe: 'A probe',
    plainRound: 'No drafts: one token, decoded plainly.',
    pausedRound: 'Drafting paused: one token, decoded plainly.',
    baselineRound: 'One token, decoded plainly to keep the baseline current.',
    expectedSpeedup: (speedup: number) => `Drafting rounds of late: ${two.format(speedup)}× plain decoding`,
    /** Of a round that has nothing to read aloud: a line break, the end of the answer. */
    blank: 'no visible text',
    ghostTitle: (confidence: number, source: 'adapter' | 'lookup') =>
      `Rejected draft${source === 'lookup' ? ' copied from the conversation' : ''}, confidence ${percent.format(confidence)}`,
    confidence: (value: number) => percent.format(value),
    accepted: 'accepted',
    rejected: 'rejected',
    notReached: 'behind a rejected one',
    target: 'The model’s own token',
    targetInstead: 'The model said instead',
    times: (draftMs: number, verifyMs: number, rows: number) =>
      `draft ${time(draftMs)} · verify ${time(verifyMs)} · ${count(rows, 'row', 'rows')}`,
    lookupTimes: (verifyMs: number, rows: number) => `verify ${time(verifyMs)} · ${count(rows, 'row', 'rows')}`,
    plainTime: (ms: number) => time(ms),
    emptyToken: '(no text)',
  },

  markdown: {
    code: (language: string) => (language ? `Code: ${language}` : 'Code'),
    plainCode: 'text',
    copyCode: 'Copy code',
    wrapCode: 'Wrap long lines',
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
    chats: 'Chats',
    systemPrompt: 'System prompt',
    systemPromptHelp: 'Tells the model how to behave, in every chat that has none of its own.',
    titlesByModel: 'Let the model name chats',
    titlesByModelHelp: 'After the first answer; a title that you have given stays.',
    sampling: 'Sampling',
    appearance: 'Appearance',
    about: 'About',
    decodingMode: 'Decoding',
    decodingModes: {
      auto: {
        label: 'Automatic (recommended)',
        help: 'Drafts while that pays on the text at hand, decodes plainly while it does not.',
      },
      kangaroo: { label: 'Always draft', help: 'Drafts in every round, also where that is slower.' },
      plain: { label: 'Plain', help: 'One token at a time, without drafts.' },
    },
    decodingModeHelp: 'Every draft is verified by the whole model: this is about speed only.',
    thresholdUnused: 'Not used by “Automatic”, which decides by what drafting costs and brings.',
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
    zoom: {
      label: 'Size',
      smaller: 'Smaller',
      usual: 'Usual size',
      larger: 'Larger',
      percent: (factor: number) => `${Math.round(factor * 100)}%`,
      inBrowser: 'Your browser zooms this page: Ctrl and +, Ctrl and −, Ctrl and 0 (⌘ on a Mac).',
    },
    showOrigins: 'Tint tokens by origin',
    showRejected: 'Open answers as rounds, with rejected drafts',
    needsAdapter:
      'This model has no adapter. “Automatic” can still copy drafts from the conversation; “Always draft” decodes plainly.',
    promptLookup: 'Copy drafts from the conversation',
    promptLookupHelp: 'Where an answer repeats earlier words, as in an edit or a quotation, what followed them is drafted.',
    promptLookupUnused: 'Used by “Automatic” only.',
    greedyNote: 'Not used at temperature 0.',
    reset: 'Reset to defaults',
    notANumber: 'Please enter a number.',
    version: (version: string, engine: string) => `Version ${version} · engine ${engine}`,
  },
} as const;
