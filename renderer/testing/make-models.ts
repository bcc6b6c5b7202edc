// Models, downloads, repositories and memory for tests, shaped as the core tells them.
import type { Download } from '../../electron/contract/downloads.ts';
import type { Fit } from '../../electron/contract/fit.ts';
import type { HubRepository, HubStatus, HubVariant } from '../../electron/contract/hub.ts';
import type { LibraryFolder, LibraryModel, LibraryState, ModelDetails } from '../../electron/contract/library.ts';
import type { MemoryPart, MemoryReport } from '../../electron/contract/memory.ts';

const gigabyte = 1e9;

export function makeModel(patch: Partial<LibraryModel> = {}): LibraryModel {
  return {
    id: 'qwen',
    name: 'Qwen3 4B Instruct',
    path: '/home/joey/models/qwen3-4b-q4_k_m.gguf',
    sizeBytes: 2.5 * gigabyte,
    adapterPath: null,
    builtIn: false,
    source: 'kangaroo',
    folderId: 'own',
    readOnly: false,
    status: 'ready',
    problem: null,
    files: 1,
    facts: {
      architecture: 'qwen3',
      parameters: 4.02e9,
      quantisation: 'Q4_K_M',
      layers: 36,
      embeddingLength: 2560,
      vocabularySize: 151_936,
      trainedContext: 262_144,
      hasChatTemplate: true,
      licence: 'apache-2.0',
      support: { support: 'drafts' },
    },
    ...patch,
  };
}

export function makeFolder(patch: Partial<LibraryFolder> = {}): LibraryFolder {
  return {
    id: 'own',
    path: '/home/joey/models',
    source: 'kangaroo',
    readOnly: false,
    isDefault: true,
    status: 'ready',
    sizeBytes: 7.4 * gigabyte,
    models: 3,
    freeBytes: 182 * gigabyte,
    ...patch,
  };
}

export function makeLibrary(patch: Partial<LibraryState> = {}): LibraryState {
  return {
    models: [makeModel()],
    folders: [makeFolder()],
    trash: [],
    suggestions: [],
    sizeBytes: 7.4 * gigabyte,
    scanning: false,
    problem: null,
    ...patch,
  };
}

export function makeDetails(model: LibraryModel, patch: Partial<ModelDetails> = {}): ModelDetails {
  return {
    model,
    paths: [model.path],
    chatTemplate: '{% for message in messages %}{{ message.content }}{% endfor %}',
    sha256: null,
    origin: {
      repository: 'joey/qwen3-4b-GGUF',
      revision: '0123456789abcdef0123456789abcdef01234567',
      file: 'qwen3-4b-q4_k_m.gguf',
    },
    adapter: null,
    measuredSpeedup: null,
    metadata: { 'general.architecture': 'qwen3', 'tokenizer.ggml.tokens': '[151936 items]' },
    ...patch,
  };
}

export function makeParts(): MemoryPart[] {
  return [
    { name: 'weights', ramBytes: 2.5 * gigabyte, gpuBytes: 0 },
    { name: 'kv', ramBytes: 1.2 * gigabyte, gpuBytes: 0 },
    { name: 'adapter', ramBytes: 0.13 * gigabyte, gpuBytes: 0 },
    { name: 'draft-kv', ramBytes: 0.07 * gigabyte, gpuBytes: 0 },
    { name: 'compute', ramBytes: 0.3 * gigabyte, gpuBytes: 0 },
  ];
}

export function makeMemory(patch: Partial<MemoryReport> = {}): MemoryReport {
  return { parts: makeParts(), ram: { totalBytes: 16.6 * gigabyte, freeBytes: 6.1 * gigabyte }, gpus: [], ...patch };
}

export function makeFit(patch: Partial<Fit> = {}): Fit {
  return {
    verdict: 'fits',
    explanation: 'It needs 4.2 GB of memory, and 10.3 GB are free.',
    contextSize: 8192,
    cacheType: 'f16',
    parts: makeParts(),
    totalBytes: 4.2 * gigabyte,
    ram: { totalBytes: 16.6 * gigabyte, freeBytes: 10.3 * gigabyte },
    gpu: null,
    contextThatFits: 65_536,
    speed: { class: 'comfortable', tokensPerSecond: [9.2, 14.1], measured: false },
    ...patch,
  };
}

export function makeDownload(patch: Partial<Download> = {}): Download {
  return {
    id: 'first',
    request: {
      name: 'Qwen3 4B Instruct Q4_K_M',
      endpoint: 'https://huggingface.co',
      repo: 'joey/qwen3-4b-GGUF',
      revision: '0123456789abcdef0123456789abcdef01234567',
      files: [{ path: 'qwen3-4b-q4_k_m.gguf', sizeBytes: 2.5 * gigabyte, sha256: 'ab'.repeat(32) }],
      folder: '/home/joey/models',
    },
    status: 'downloading',
    receivedBytes: 1.1 * gigabyte,
    totalBytes: 2.5 * gigabyte,
    verifiedBytes: 1.0 * gigabyte,
    bytesPerSecond: 11.8e6,
    remainingMs: 118_000,
    resumable: true,
    wait: null,
    notices: [],
    error: null,
    addedAtMs: 0,
    endedAtMs: null,
    ...patch,
  };
}

function makeVariant(quantisation: string, sizeGigabytes: number, patch: Partial<HubVariant> = {}): HubVariant {
  const file = `qwen3-4b-${quantisation.toLowerCase()}.gguf`;
  const sizeBytes = sizeGigabytes * gigabyte;
  return {
    file,
    files: [{ path: file, sizeBytes, sha256: 'ab'.repeat(32) }],
    quantisation,
    quality: null,
    sizeBytes,
    modelId: null,
    ...patch,
  };
}

export function makeRepository(patch: Partial<HubRepository> = {}): HubRepository {
  return {
    repository: 'joey/qwen3-4b-GGUF',
    author: 'joey',
    downloads: 482_113,
    likes: 214,
    updatedAt: Date.UTC(2026, 7, 14),
    gated: false,
    licence: 'apache-2.0',
    architecture: 'qwen3',
    support: { support: 'drafts' },
    parameters: 4.02e9,
    revision: '0123456789abcdef0123456789abcdef01234567',
    url: 'https://huggingface.co/joey/qwen3-4b-GGUF',
    access: { granted: true },
    variants: [
      makeVariant('Q2_K', 1.7, { quality: 'extreme' }),
      makeVariant('Q4_K_M', 2.5, { quality: 'good' }),
      makeVariant('Q6_K', 3.3, { quality: 'excellent' }),
      makeVariant('Q8_0', 4.3, { quality: 'lossless' }),
    ],
    baseModel: 'Qwen/Qwen3-4B',
    tags: ['gguf'],
    ...patch,
  };
}

export function makeHubStatus(patch: Partial<HubStatus> = {}): HubStatus {
  return {
    endpoint: 'https://huggingface.co',
    isMirror: false,
    token: { kept: 'none', canKeep: true, reason: null, account: null },
    ...patch,
  };
}
