// Every text of the visualizer: to translate it, translate this file.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const fine = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });
const two = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const one = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const percentFormat = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });
const date = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

const percent = (share: number) => percentFormat.format(share);
const count = (value: number, singular: string, plural: string) => `${whole.format(value)} ${value === 1 ? singular : plural}`;
const times = (factor: number) => `${two.format(factor)}×`;

/** 0.84 ms, 12 ms, 4.2 s, 3 min 20 s, 2 h 5 min. */
function duration(ms: number): string {
  const size = Math.abs(ms);
  const sign = ms < 0 ? '−' : '';
  if (size < 10) return `${sign}${two.format(size)} ms`;
  if (size < 1000) return `${sign}${whole.format(size)} ms`;
  if (size < 60_000) return `${sign}${one.format(size / 1000)} s`;
  const seconds = Math.round(size / 1000);
  if (seconds < 3600) return `${sign}${whole.format(Math.floor(seconds / 60))} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${sign}${whole.format(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

export const visualizerText = {
  percent,
  times,
  duration,
  number: (value: number) => short.format(value),
  open: 'Show the visualizer',
  close: 'Close the visualizer',
  title: 'Visualizer',
  scopes: { label: 'Which rounds', answer: 'One answer', chat: 'This chat' },
  notRead: (earlier: number) => `Without ${count(earlier, 'earlier message', 'earlier messages')}.`,
  readEarlier: 'Include them',
  readingEarlier: 'Reading…',
  answerLabel: 'Answer',
  latest: 'The latest answer',
  answerOption: (number: number, beginning: string) => `${whole.format(number)}: ${beginning}`,
  noWords: '(no text)',
  tabs: {
    label: 'What to look at',
    rounds: 'Rounds',
    acceptance: 'Acceptance',
    speed: 'Speed',
    whatIf: 'What if',
    proof: 'Proof',
  },

  table: {
    show: 'Table',
    hide: 'Chart',
    shortened: (rows: number, of: number) => `${count(rows, 'row', 'rows')} of ${whole.format(of)}: the JSON export has all.`,
  },

  summary: {
    label: 'Summary',
    speedup: 'Speed over plain',
    interval: (low: number, high: number) => `${times(low)}–${times(high)}`,
    intervalTip:
      '90% interval: the factor over 400 redrawings of blocks of rounds, with the plain steps redrawn too (bootstrap). A baseline ' +
      'from the calibration is drawn from the middle half of its samples.',
    tooFew: 'too few rounds for an interval',
    noBaseline: 'no plain step measured yet',
    tokensPerRound: 'Tokens per round',
    tokensNote: (tokens: number, rounds: number) => `${count(tokens, 'token', 'tokens')} / ${count(rounds, 'round', 'rounds')}`,
    acceptance: 'Accepted drafts',
    acceptanceNote: (accepted: number, drafted: number) => `${whole.format(accepted)} / ${whole.format(drafted)} drafted`,
    noDrafts: 'nothing drafted',
    saved: 'Time saved',
    lost: 'Time lost',
    savedNote: (answers: number, of: number) =>
      answers === of
        ? `over ${count(answers, 'answer', 'answers')}`
        : `over ${whole.format(answers)} of ${count(of, 'answer', 'answers')}: the rest has no baseline`,
    baselines: {
      inside: 'Baseline: plain steps inside the answer',
      after: 'Baseline: plain steps right after the answer',
      calibration: 'Baseline: calibration when the model was loaded',
      mixed: 'Baseline: each answer’s own plain steps, or the calibration',
    },
  },

  totals: {
    chat: 'This chat',
    all: 'All chats',
    none: 'no answer to compare yet',
    saved: (ms: number) => `${duration(Math.abs(ms))} ${ms < 0 ? 'lost' : 'saved'}`,
    interval: (low: number, high: number) => `90%: ${duration(low)} to ${duration(high)}`,
    over: (compared: number, of: number) =>
      compared === of
        ? `over ${count(of, 'answer', 'answers')}`
        : `over ${whole.format(compared)} of ${count(of, 'answer', 'answers')}: the rest has no baseline`,
  },

  timeline: {
    title: 'Timeline of rounds',
    caption: 'Time of each round and the tokens that it gave.',
    stacked:
      'Time of each round (dotted: drafting; plain: verifying), the tokens that it gave, and its pace; more rounds than pixels are drawn as means.',
    captionMany: (rounds: number) => `Each bar is the mean of ${whole.format(rounds)} rounds. Zoom in to see single ones.`,
    timeAxis: 'ms per round',
    tokensAxis: 'tokens per round',
    paceAxis: 'pace',
    roundAxis: 'round',
    tick: (value: number) => short.format(value),
    roundTick: (round: number) => whole.format(round),
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    all: 'Show all rounds',
    scrub: 'Scroll along the rounds',
    scrubValue: (from: number, to: number, of: number) =>
      `Rounds ${whole.format(from)} to ${whole.format(to)} of ${whole.format(of)}`,
    help: 'Arrow keys move from round to round, plus and minus zoom, 0 shows all.',
    legend: {
      draft: 'drafting',
      verify: 'verifying',
      own: 'the model’s own token',
      drafted: 'accepted drafts',
      copied: 'accepted copies',
      faster: 'faster than plain',
      slower: 'slower than plain',
    },
    columns: ['Rounds', 'Draft, ms', 'Verify, ms', 'Tokens', 'Accepted drafts', 'Accepted copies', 'Over plain'],
    summary: (rounds: number, draftMs: number, verifyMs: number, tokens: number) =>
      `${count(rounds, 'round', 'rounds')}: ${duration(draftMs)} of drafting, ${duration(verifyMs)} of verifying, ${count(tokens, 'token', 'tokens')}.`,
    range: (from: number, to: number) => (to - from === 1 ? whole.format(to) : `${whole.format(from + 1)}–${whole.format(to)}`),
  },

  stream: {
    title: 'Tokens',
    caption: (from: number, to: number, of: number) =>
      to - from < of
        ? `Rounds ${whole.format(from + 1)}–${whole.format(to)} of ${whole.format(of)}`
        : `All ${count(of, 'round', 'rounds')}`,
    ghosts: 'Show rejected drafts',
    answer: (number: number) => `Answer ${whole.format(number)}`,
    earlier: 'Earlier rounds',
    later: 'Later rounds',
    hint: 'Point at a token, or move with the arrow keys, to see its round.',
  },

  race: {
    title: 'Race against plain decoding',
    caption: (stepMs: number, source: string) =>
      `A replay at the measured times. Plain decoding: ${duration(stepMs)} a token (${source}).`,
    sources: { inside: 'plain steps inside the answer', after: 'plain steps right after it', calibration: 'calibration at load' },
    play: 'Play',
    pause: 'Pause',
    again: 'Again',
    speed: 'Speed',
    position: 'Position',
    drafted: 'This answer',
    plain: 'Plain decoding (calculated)',
    tokens: (done: number, of: number) => `${whole.format(done)} / ${count(of, 'token', 'tokens')}`,
    finished: (ms: number) => `finished after ${duration(ms)}`,
    noBaseline:
      'There is no plain step to race against yet. It comes with the next answer, or when the model has been loaded and measured.',
    stillWriting: 'The race can be run once the answer is finished.',
    reduced: 'Your system asks for less motion: the race moves twice a second.',
  },

  acceptance: {
    positionTitle: 'Acceptance by place in the round',
    positionCaption:
      'Bars: accepted / drafted at this place. Diamonds: accepted / judged there, that is with all drafts before it accepted.',
    positionAxis: 'accepted / drafted',
    placeAxis: 'place in the round, and n = rounds that drafted there',
    place: (position: number) => whole.format(position),
    count: (n: number) => whole.format(n),
    positionColumns: ['Place', 'Drafted', 'Accepted', 'Accepted / drafted', '95% interval', 'Judged', 'Accepted / judged'],
    tokensTitle: 'Tokens per round',
    tokensCaption: 'How many rounds gave how many tokens: accepted drafts and the model’s own. Only rounds that drafted.',
    tokensAxis: (n: number) => `share of rounds, n = ${whole.format(n)}`,
    tokensPlace: 'tokens of the round',
    tokensColumns: ['Tokens', 'Rounds', 'Share'],
    movingTitle: 'Tokens per round along the answer',
    movingCaption: 'Mean over eight rounds before and behind each. Plain decoding gives 1.',
    movingAxis: 'tokens per round',
    movingColumns: ['Round', 'Tokens per round'],
    calibrationTitle: 'Calibration: confidence and acceptance',
    calibrationCaption: (error: number | null) =>
      'Drafts that the model judged, by their confidence, with 95% intervals; numbers: n per bin. On the dashed line both agree.' +
      (error === null ? '' : ` Mean distance (expected calibration error): ${percent(error)}.`),
    calibrationAxis: 'accepted / judged',
    confidenceAxis: 'confidence of the draft',
    calibrationColumns: ['Confidence', 'Judged', 'Mean confidence', 'Accepted', 'Accepted / judged', '95% interval'],
    positionSpoken: (position: number, accepted: number, drafted: number) =>
      `place ${position}: ${accepted} of ${drafted} accepted`,
    tokensSpoken: (tokens: number, rounds: number) => `${count(tokens, 'token', 'tokens')}: ${count(rounds, 'round', 'rounds')}`,
    calibrationSpoken: (from: number, to: number, accepted: number, judged: number) =>
      `confidence ${percent(from)} to ${percent(to)}: ${accepted} of ${judged} accepted`,
    sources: { label: 'Drafts of', adapter: 'the first layers', lookup: 'copies' },
    sampledNote: 'These answers were drawn by chance (temperature above 0): a draft can be rejected though it was likely.',
    nothing: 'No drafts of this kind in these rounds.',
    legend: { share: 'accepted / drafted', judged: 'accepted / judged', interval: '95% interval' },
  },

  speed: {
    title: 'Speed over plain decoding',
    caption: 'Tokens · plain step / time, over eight rounds before and behind each. Hatched: clearly below 1×.',
    speedAxis: 'times plain decoding',
    roundAxis: (rounds: number) => `round (each value over ${rounds})`,
    round: (value: number) => whole.format(value),
    tick: (value: number) => short.format(value),
    columns: ['Rounds', 'Over plain'],
    spoken: (slow: number, of: number) =>
      `Clearly below plain decoding around ${whole.format(slow)} of ${count(of, 'round', 'rounds')}.`,
    rowsSpoken: (rows: number, rounds: number, ms: number) =>
      `${count(rows, 'row', 'rows')}: ${count(rounds, 'round', 'rounds')}, median ${duration(ms)}`,
    slowTitle: 'Below plain decoding',
    slowNone: 'No stretch of eight rounds or more was clearly slower than plain decoding (below 0.95×).',
    slowItem: (from: number, to: number, factor: number, lostMs: number) =>
      `Rounds ${whole.format(from + 1)}–${whole.format(to)}: ${times(factor)}, ${duration(lostMs)} lost`,
    slowMore: (more: number) => `and ${count(more, 'shorter stretch', 'shorter stretches')}`,
    showThere: 'Show in the timeline',
    reasons: {
      always: 'You chose “Always draft”: it drafts also where that is slower.',
      probing: 'Drafting had paused; short probes looked whether it pays again.',
      paused: 'Drafting had paused, and plain steps took longer than usual there.',
      drafting: 'Automatic drafting was learning what this text allows.',
      copies: 'Copies of the conversation were tried, and the text went on otherwise.',
      plain: 'Plain decoding: these steps took longer than usual.',
    },
    expected: (factor: number) => `The policy expected ${times(factor)} of drafting.`,
    timeTitle: 'Where the time went',
    timeCaption: (hostMs: number | null) =>
      hostMs === null
        ? 'Drafting and verifying as the engine timed them; between rounds: text, events, sampling.'
        : `Of drafting and verifying, ${duration(hostMs)} was the host’s: batches, cells, masks. Between rounds: text, events, sampling.`,
    draft: 'Drafting',
    verify: 'Verifying',
    between: 'Between rounds',
    part: (name: string, ms: number, share: number) => `${name}: ${duration(ms)}, ${percent(share)}`,
    partTime: (ms: number, share: number) => `${duration(ms)} · ${percent(share)}`,
    timeColumns: ['Part', 'Time, ms', 'Share'],
    costTitle: 'What a round of n rows costs',
    costCaption: (depth: number) =>
      `Measured at load with ${count(depth, 'token', 'tokens')} in the context. Dots: rounds of these answers, median and middle half; size and number: how often. Below the dashed line, n tokens cost less than plainly.`,
    costAxis: 'ms',
    rowsAxis: 'n = rows of the verification (drafts + 1), and how often',
    used: (rounds: number) => `${whole.format(rounds)}×`,
    costLegend: {
      whole: 'V(n): all layers, n rows',
      round: 'a round: n − 1 drafts and late layers',
      even: 'n plain steps',
      rounds: 'these rounds',
    },
    costColumns: [
      'Rows',
      'V(n), ms',
      'A round by the calibration, ms',
      'These rounds, median ms',
      'Middle half, ms',
      'How often',
      'Tokens per round',
    ],
    costMissing: 'V(n) is measured when a model is loaded. Load the model of this answer to see it.',
  },

  whatIf: {
    title: 'What if…',
    caption: 'Predicted, from the confidences that were recorded here. Move the sliders, or choose a cell.',
    threshold: (value: number) => two.format(value),
    thresholdLabel: 'Threshold η: draft on while the confidence is at least this',
    maxDraftLabel: 'Longest draft γ: tokens per round at most',
    predicted: 'predicted',
    figure: 'Figure',
    recorded: 'as recorded',
    chosen: 'as chosen',
    settings: (threshold: number, maxDraft: number) => `η ${two.format(threshold)}, γ ${maxDraft}`,
    speedup: 'Speed over plain decoding',
    tokensPerRound: 'Tokens per round',
    draftsPerRound: 'Drafts per round',
    based: (rounds: number, of: number) =>
      `From ${count(rounds, 'round', 'rounds')} that drafted with the first layers, of ${whole.format(of)}. On other text it may be otherwise.`,
    extrapolated: (share: number) =>
      share === 0
        ? 'All of it was recorded: nothing is extrapolated.'
        : `In ${percent(share)} of the rounds every recorded draft was right and these settings would draft on: what follows is extrapolated from the mean of all judged drafts.`,
    costsNote:
      'Times: V(n) and the draft step as measured at load. Verification of more rows than were measured goes on in a straight line.',
    noCosts: 'Speed cannot be predicted: the costs of the model of this answer are not known. Load it, with its adapter.',
    check: (predicted: number, measured: number) =>
      `Check: for these drafting rounds as they were, the costs at load predict ${times(predicted)}; measured: ${times(measured)}. Predictions are scaled so that both agree.`,
    farTitle: 'Prediction and measurement disagree here',
    far: (predicted: number, measured: number, scale: number) =>
      `For these drafting rounds as they were, the costs at load predict ${times(predicted)}, but ${times(measured)} was measured: the ` +
      `machine was ${scale < 1 ? 'busier' : 'less busy'} than at load, or the context longer. All predictions are multiplied by ` +
      `${two.format(scale)} so that they begin at what was measured. Trust which settings are better, not by how much. ` +
      'Loading the model again measures its costs anew.',
    sampled: 'Answers were drawn by chance, which rejects likely drafts, too: this holds for the temperature that they had.',
    selection:
      'Automatic drafting recorded only drafts that it found worth verifying: doubtful ones are missing, so long drafts look better here than they are.',
    thresholdAxis: 'η',
    maxDraftAxis: 'γ',
    cell: (value: number) => two.format(value),
    gridTitle: 'Over η and γ',
    gridCaption: (unit: 'speedup' | 'tokens') =>
      unit === 'speedup'
        ? 'Predicted speed over plain decoding. ● the fastest; framed: as chosen above.'
        : 'Predicted tokens per round. ● the most; framed: as chosen above.',
    gridSpoken: (threshold: number, maxDraft: number, worth: string) =>
      `Best: η ${two.format(threshold)}, γ ${maxDraft}, ${worth} (predicted)`,
    columns: ['η', 'γ', 'Over plain', 'Tokens per round', 'Drafts per round', 'Extrapolated rounds'],
    apply: 'Apply: always draft with these',
    applied: 'Applied. The next answers draft in every round with these settings.',
    already: 'These are the settings now.',
    backToAutomatic: 'Back to automatic',
    nothing: 'No round here drafted with the first layers, so nothing is recorded to predict from.',
    nothingRemedy: 'Choose “Always draft”, ask something, and come back.',
    alwaysDraft: 'Choose “Always draft”',
  },

  proof: {
    title: 'Prove lossless',
    caption:
      'Answers the same conversation twice more, greedily: once with drafts in every round, once plainly. Every token is compared. ' +
      'The chat stays as it is.',
    sampledNote:
      'This answer was drawn by chance (its temperature was above 0). Chance cannot be repeated token by token, so the proof runs both ' +
      'ways greedily, with its other settings. That sampling keeps the model’s distribution is what the engine’s own tests prove.',
    start: 'Prove this answer',
    again: 'Prove again',
    cancel: 'Cancel',
    running: { drafting: 'Answering with drafts…', plain: 'Answering plainly…' },
    runs: { drafting: 'With drafts', plain: 'Plain decoding' },
    tokens: (tokens: number) => count(tokens, 'token', 'tokens'),
    identical: 'Identical',
    identicalText: (tokens: number, accepted: number, drafted: number) =>
      `All ${count(tokens, 'token is', 'tokens are')} the same, with ${whole.format(accepted)} of ${count(drafted, 'draft', 'drafts')} accepted.`,
    nothingDrafted: (tokens: number) =>
      `All ${count(tokens, 'token is', 'tokens are')} the same, but nothing was drafted: this proves little.`,
    differs: 'They differ',
    differsText: (position: number) => `The first ${count(position, 'token is', 'tokens are')} the same; then:`,
    ended: '(ended)',
    gap: (gap: number) =>
      `Read again, plain decoding’s token has a logit ${fine.format(Math.abs(gap))} ${gap < 0 ? 'lower' : 'higher'} than the other.`,
    gapTie: 'The two were as good as equal: a near tie, which weights that are not quantised round differently by width.',
    gapLarge: 'That is no near tie. Please report it, with this report.',
    noGap: 'There is no logit gap here: one of the runs had ended, or the text has outgrown the context.',
    top: (first: string, second: string, gap: number) =>
      `Likeliest at this place: ${first}, then ${second}, ${short.format(gap)} below.`,
    recordedSame: (tokens: number) => `The answer in the chat is the same, too: ${count(tokens, 'token', 'tokens')}.`,
    recordedOther: (same: number, of: number) =>
      `The answer in the chat is another one from token ${whole.format(same + 1)} of ${whole.format(of)} on: it was drawn by chance, or asked for with other settings.`,
    recordedParts: (position: number) =>
      `The answer in the chat parts from plain decoding at the same place, behind token ${whole.format(position)}.`,
    recordedUnknown: 'The answer in the chat cannot be compared: another model gave it, or it says nothing.',
    speeds: (drafting: number, plain: number) => `${duration(drafting)} with drafts, ${duration(plain)} plainly.`,
    saveText: 'Save as text',
    saveJson: 'Save as JSON',
    busy: 'The answer is still being written. It can be proven once it is done.',
    failed: 'The proof failed',
    noAnswer: 'Ask something first: there is no answer to prove.',
  },

  export: {
    label: 'Export',
    json: 'Rounds as JSON',
    png: 'Charts as PNG',
    svg: 'Charts as SVG',
    sheetTitle: 'Drafting, as measured',
    sheetMade: (model: string) => `${model} · ${date.format(Date.now())}`,
  },

  states: {
    loading: 'Loading the rounds…',
    emptyTitle: 'Nothing to see yet',
    emptyText: 'Ask something: while the answer is written, every round of drafting and verifying appears here.',
    noRoundsTitle: 'This answer has no rounds',
    noRoundsText: 'It failed or was stopped before the first token. Choose another answer, or try it again.',
    failedTitle: 'The rounds could not be read',
    retry: 'Read them again',
    plainTitle: 'This answer was decoded plainly',
    plainText: 'Nothing was drafted, so there is nothing to accept or reject.',
    draftAutomatically: 'Draft automatically',
    pausedTitle: (share: number) => `Drafting was paused in ${percent(share)} of the rounds`,
    pausedText: (factor: number | null) =>
      factor === null
        ? 'Drafting would not have paid on this text, so tokens were decoded plainly, with short probes. There is nothing to do.'
        : `Drafting would have decoded at ${times(factor)} plain speed on this text, so tokens were decoded plainly, with short probes. There is nothing to do.`,
    slowerTitle: 'Drafting in every round costs time on this text',
    slowerText:
      'You chose “Always draft”. Automatic drafting measures as it goes, and decodes plainly where drafting does not pay.',
    noAdapterTitle: 'This model has no adapter',
    refusedTitle: 'The adapter of this model cannot be used',
    noAdapterText:
      'Copies still work: where an answer repeats what stands in the conversation, its next words are drafted from there. To draft ' +
      'anywhere, the model needs an adapter that was trained for it.',
    noAdapterNoCopies:
      'Copies, which need none, are not used with these settings: they come with automatic drafting. To draft anywhere, the model needs ' +
      'an adapter that was trained for it.',
    train: (time: string) => `Train one (about ${time})`,
    trainUnknown: 'Train one',
    trainingLink: 'One is being trained: see how far it is',
    cannotTrain: (reason: string) => `None can be trained now: ${reason}`,
    noAdapterLink: 'Choose an adapter file',
  },
};
