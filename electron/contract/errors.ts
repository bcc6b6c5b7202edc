// The closed set of errors that cross a process border. Screens switch on `code`, never on the text.

export const errorCodes = [
  'adapter-invalid', // an adapter file whose tensors or keys do not make an adapter
  'adapter-mismatch', // an adapter trained for another base model
  'away', // a model's folder or file is not there at present
  'busy', // the session already generates
  'cancelled', // the caller asked for it
  'checksum-mismatch', // what arrived has another SHA-256 than the hub names; the file was not published
  'closed', // the pipe or the engine went away while the call was pending
  'disk-full',
  'engine-crashed', // the engine's process died
  'engine-not-built', // the native addon is missing or of another version
  'file-damaged', // truncated, or its contents contradict its header
  'file-not-found',
  'file-not-readable',
  'hub-access-denied', // the authors of a gated model refused this account, or the token may not read gated models
  'hub-access-pending', // the authors of a gated model have not answered yet
  'hub-failed', // the server answered with an error that waiting did not end
  'hub-file-changed', // the file at a fixed revision is not the one that was asked for
  'hub-licence-not-accepted', // a gated model whose terms this account has not accepted
  'hub-not-found', // no such model, revision or file
  'hub-token-invalid', // the hub does not know the token
  'hub-token-missing', // a gated or private model, and no token is set
  'hub-unreachable', // no connection to the server
  'internal',
  'invalid-argument',
  'no-adapter', // drafting was asked for, and no adapter is loaded
  'no-dialog', // this shell has no dialog to choose files with
  'no-model', // nothing is loaded
  'not-a-gguf',
  'out-of-memory',
  'prompt-too-long', // the prompt alone does not fit the context
  'read-only', // a model that belongs to another app, or ships with this one
  'store-damaged', // the chat database cannot be read
  'store-too-new', // the chat database was written by a later version
  'unknown-method',
  'unverifiable', // the server names no SHA-256 for the file
  'unsupported-architecture', // the model cannot be run, or cannot be left at an inner layer
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** What an error looks like on the wire. `message` says what happened and what to do; `detail` is for a log. */
export interface ErrorShape {
  code: ErrorCode;
  message: string;
  detail?: string;
}

/** An error with a code of the closed set; the only kind that calls across a border reject with. */
export class KangarooError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;

  constructor(code: ErrorCode, message: string, detail?: string) {
    super(message);
    this.name = 'KangarooError';
    this.code = code;
    this.detail = detail;
  }
}

const known: ReadonlySet<string> = new Set(errorCodes);

function hasKnownCode(error: unknown): error is { code: ErrorCode } {
  return (
    typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' && known.has(error.code)
  );
}

/** Any thrown value as an `ErrorShape`; what has no code of the set becomes `internal`. */
export function toErrorShape(error: unknown): ErrorShape {
  const message = error instanceof Error ? error.message : String(error);
  if (hasKnownCode(error)) {
    const detail = 'detail' in error && typeof error.detail === 'string' ? error.detail : undefined;
    return { code: error.code, message, ...(detail === undefined ? {} : { detail }) };
  }
  return { code: 'internal', message, ...(error instanceof Error && error.stack ? { detail: error.stack } : {}) };
}

/** The error that an `ErrorShape` describes. */
export function fromErrorShape(shape: ErrorShape): KangarooError {
  return new KangarooError(shape.code, shape.message, shape.detail);
}
