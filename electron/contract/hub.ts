// Finding models: a curated list, the search of the Hugging Face Hub or a mirror of it, a model's page, and the token.
import type { ErrorShape } from './errors.ts';
import type { ArchitectureSupport, Fit, FitChoices } from './fit.ts';

/** Best first. `extreme`: noticeably worse than the model itself. */
export type QualityHint = 'lossless' | 'excellent' | 'very-good' | 'good' | 'fair' | 'extreme';

export interface CuratedModel {
  /** What it is good for, in a sentence. */
  description: string;
  name: string;
  repository: string;
  /** The recommended file; several for a split model. */
  files: string[];
  quantisation: string;
  parameters: number;
  /** Where known; else the hub says when it is asked. */
  sizeBytes: number | null;
  sha256: string | null;
  licence: string;
  architecture: string;
  support: ArchitectureSupport;
  /** A repository with an adapter for it; null: none yet, drafts are copied from the conversation. */
  adapter: { repository: string; file: string } | null;
  /** It is in the library already. */
  modelId: string | null;
}

export interface HubQuery {
  /** Words; '' lists what is popular. */
  text: string;
  sort: 'downloads' | 'likes' | 'updated' | 'trending';
  /** From `HubPage.next`. */
  cursor?: string;
}

export interface HubResult {
  repository: string;
  author: string;
  downloads: number;
  likes: number;
  /** Milliseconds since 1970. */
  updatedAt: number | null;
  gated: boolean;
  licence: string | null;
  /** Null where the hub does not say. */
  architecture: string | null;
  support: ArchitectureSupport | null;
  parameters: number | null;
}

export interface HubPage {
  results: HubResult[];
  /** The next page's cursor; null: this was the last. */
  next: string | null;
}

/** One quantisation of a repository: what can be downloaded and loaded as one model. */
export interface HubVariant {
  /** The first file names it. */
  file: string;
  /** Every file, in order; more than one for a split model. */
  files: { path: string; sizeBytes: number; sha256: string | null }[];
  quantisation: string;
  quality: QualityHint | null;
  /** All files together. */
  sizeBytes: number;
  /** It is in the library already. */
  modelId: string | null;
}

/** Whether its files may be fetched now, and if not, what is missing. */
export type HubAccess = { granted: true } | { granted: false; error: ErrorShape; url: string };

export interface HubRepository extends HubResult {
  /** The commit that was asked; downloads ask for the same. */
  revision: string;
  url: string;
  access: HubAccess;
  /** Smallest first; models only: adapters, projectors and imatrix files are left out. */
  variants: HubVariant[];
  baseModel: string | null;
  tags: string[];
}

export interface HubStatus {
  /** For example `https://huggingface.co`. */
  endpoint: string;
  /** Another server than the hub itself: the token is never sent to it. */
  isMirror: boolean;
  token: {
    /** `keychain`: kept encrypted by the system. `memory`: until the app ends. `environment`: `HF_TOKEN`. */
    kept: 'none' | 'keychain' | 'memory' | 'environment';
    /** Whether `setToken` can keep one beyond this run, and if not, why. */
    canKeep: boolean;
    reason: string | null;
    /** The account, once the hub has confirmed it. */
    account: string | null;
  };
}

export interface HubApi {
  curated(): Promise<CuratedModel[]>;
  /** Rejects with `hub-unreachable`, `hub-failed`. */
  search(query: HubQuery): Promise<HubPage>;
  /** A model's page. Rejects with `hub-not-found` and the errors of `search`; a gated one is shown, see `access`. */
  repository(repository: string): Promise<HubRepository>;
  /**
   * Whether a file of a repository would fit, from its header, read by HTTP range: nothing else is downloaded. Rejects with the
   * errors of `repository`, those of a repository whose files may not be fetched (`hub-token-missing`, `hub-token-invalid`,
   * `hub-licence-not-accepted`, `hub-access-pending`, `hub-access-denied`), with `not-a-gguf`, `file-damaged`.
   */
  fit(repository: string, file: string, choices: FitChoices): Promise<HubFit>;
  /**
   * Puts a variant of a repository into the queue of downloads, at the commit that its page showed, for the library's default
   * folder. `file` names any of its files. Resolves with the download's id; rejects as `repository`, with the refusals of `fit`
   * that need no request, and with `invalid-argument` where the library has it already.
   */
  download(repository: string, file: string): Promise<string>;
  watch(): AsyncIterable<HubStatus>;
  /** An address of a mirror, '' for the hub itself. Rejects with `invalid-argument`. */
  setEndpoint(endpoint: string): Promise<HubStatus>;
  /** Asks the hub who it is, then keeps it where it can be kept safely. Rejects with `hub-token-invalid`, `hub-unreachable`. Never told again. */
  setToken(token: string): Promise<HubStatus>;
  forgetToken(): Promise<HubStatus>;
}

/** What the header of a remote file tells, and whether it would fit. */
export interface HubFit {
  fit: Fit;
  architecture: string;
  support: ArchitectureSupport;
  parameters: number;
  layers: number;
  trainedContext: number;
  hasChatTemplate: boolean;
}
