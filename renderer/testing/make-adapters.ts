// Adapters and trainings for tests, shaped as the core tells them.
import type {
  Adapter,
  AdaptersState,
  TrainingEstimate,
  TrainingJob,
  TrainingPoint,
  TrainingResult,
} from '../../electron/contract/adapters.ts';

export function makeResult(patch: Partial<TrainingResult> = {}): TrainingResult {
  return {
    exitLayer: 2,
    threshold: 0.4,
    maxDraft: 4,
    draftVocabularySize: 8192,
    tokens: 96_000,
    steps: 469,
    loss: 1.92,
    agreement: 0.58,
    acceptanceByPosition: [0.71, 0.52, 0.38, 0.27],
    tokensPerRound: 2.31,
    speeds: {
      plainTokensPerSecond: 41.2,
      kangarooTokensPerSecond: 55.9,
      autoTokensPerSecond: 58.1,
      kangarooSpeedup: 1.36,
      autoSpeedup: 1.41,
      kangarooSpeedupQuartiles: [1.29, 1.44],
      autoSpeedupQuartiles: [1.35, 1.47],
      questions: 12,
    },
    tookMs: 720_000,
    trainedAtMs: Date.UTC(2026, 8, 2),
    ...patch,
  };
}

export function makeAdapter(patch: Partial<Adapter> = {}): Adapter {
  return {
    id: '/home/joey/adapters/qwen.gguf',
    name: 'Qwen3 4B Instruct adapter',
    path: '/home/joey/adapters/qwen.gguf',
    origin: 'trained',
    sizeBytes: 42e6,
    baseName: 'Qwen3 4B Instruct',
    exitLayer: 2,
    draftVocabularySize: 8192,
    result: makeResult(),
    modelIds: ['qwen'],
    ...patch,
  };
}

/** A training under way, as its curves look after a third of the steps. */
export function makeJob(patch: Partial<TrainingJob> = {}): TrainingJob {
  const points: TrainingPoint[] = Array.from({ length: 40 }, (_, index) => {
    const loss = 1.9 + 5 * Math.exp(-index / 9) + (index % 3) * 0.06;
    const looked = index % 8 === 7;
    return {
      step: index * 4 + 4,
      loss,
      heldOutLoss: looked ? loss + 0.1 : null,
      agreement: looked ? 0.6 - 0.5 * Math.exp(-index / 12) : null,
    };
  });
  return {
    id: 'job',
    modelId: 'llama',
    modelName: 'Llama 3.2 3B Instruct',
    choices: { amount: 'standard', useChats: false, exitLayer: null },
    createdAtMs: Date.UTC(2026, 8, 3),
    status: 'running',
    phase: 'train',
    fraction: 160 / 469,
    done: 160,
    total: 469,
    remainingMs: 300_000,
    error: null,
    layers: [
      { exitLayer: 1, agreement: 0.41, predictedSpeedup: 1.08, tokensPerRound: 1.62, threshold: 0.6, maxDraft: 2 },
      { exitLayer: 2, agreement: 0.55, predictedSpeedup: 1.33, tokensPerRound: 2.12, threshold: 0.4, maxDraft: 4 },
      { exitLayer: 4, agreement: 0.61, predictedSpeedup: 1.21, tokensPerRound: 2.3, threshold: 0.4, maxDraft: 4 },
      { exitLayer: 8, agreement: 0.72, predictedSpeedup: 0.94, tokensPerRound: 2.7, threshold: 0.3, maxDraft: 5 },
    ],
    proposal: {
      exitLayer: 2,
      threshold: 0.4,
      maxDraft: 4,
      draftVocabularySize: 8192,
      draftVocabularyCoverage: 0.992,
      predictedSpeedup: 1.33,
    },
    points,
    result: null,
    adapterId: null,
    ...patch,
  };
}

export function makeEstimate(patch: Partial<TrainingEstimate> = {}): TrainingEstimate {
  return {
    tokens: 96_000,
    diskBytes: 1.2e9,
    availableBytes: 81e9,
    adapterBytes: 42e6,
    memoryBytes: 3.1e9,
    availableMemoryBytes: 9.4e9,
    ms: { load: 4000, generate: 300_000, explore: 90_000, capture: 60_000, train: 240_000, measure: 26_000 },
    totalMs: 720_000,
    basis: 'measured',
    problem: null,
    ...patch,
  };
}

export function makeAdapters(patch: Partial<AdaptersState> = {}): AdaptersState {
  return {
    models: [
      { modelId: 'qwen', name: 'Qwen3 4B Instruct', adapterId: '/home/joey/adapters/qwen.gguf', problem: null, layers: 36 },
      { modelId: 'llama', name: 'Llama 3.2 3B Instruct', adapterId: null, problem: null, layers: 28 },
      {
        modelId: 'mamba',
        name: 'Mamba 2 2.7B',
        adapterId: null,
        problem: {
          code: 'unsupported-architecture',
          message: 'Its layers keep a recurrent state, so it cannot be left in the middle.',
        },
        layers: 64,
      },
    ],
    adapters: [makeAdapter()],
    trash: [{ id: 't', name: 'An old adapter', sizeBytes: 40e6, trashedAtMs: Date.UTC(2026, 8, 1) }],
    jobs: [],
    ...patch,
  };
}
