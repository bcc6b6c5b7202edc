// Everything of the downloads that is a number of choice: tests use small ones, people the defaults.

const mebibyte = 1 << 20;

export interface DownloadTimings {
  /** How much time of received bytes a killed process can lose. */
  journalEveryMs: number;
  /** How often watchers hear of progress. */
  publishEveryMs: number;
  /** A connection that brings fewer than `stallBytes` in this time is given up. */
  stallMs: number;
  stallBytes: number;
  /** Pauses between tries grow from the first to the most, doubling. */
  backoffFirstMs: number;
  backoffMostMs: number;
  /** The longest `Retry-After` that is believed. */
  retryAfterMostMs: number;
  /** How often a full disk, an absent folder and a taken file are looked at again. */
  lookAgainMs: number;
  /** How often this machine's addresses are looked at while something runs or waits. */
  lookAtNetworkMs: number;
}

export interface DownloadSizes {
  /** By the size of the file. */
  partBytes(sizeBytes: number): number;
  /** How many parts one request fetches at most. */
  partsPerRequest: number;
  /** Connections for one file. */
  connections: number;
  /** Items that are transferred at the same time. */
  parallelItems: number;
  /** Room that is left free on the disk, for everything else that needs some. */
  reserveBytes: number;
  /** Tries in a row without a byte before an erring server is given up; a missing network never is. */
  serverTries: number;
}

export const defaultTimings: DownloadTimings = {
  journalEveryMs: 1000,
  publishEveryMs: 250,
  stallMs: 30_000,
  stallBytes: 4096,
  backoffFirstMs: 1000,
  backoffMostMs: 60_000,
  retryAfterMostMs: 3_600_000,
  lookAgainMs: 5000,
  lookAtNetworkMs: 2000,
};

export const defaultSizes: DownloadSizes = {
  partBytes: (sizeBytes) => (sizeBytes < 2048 * mebibyte ? 8 * mebibyte : 32 * mebibyte),
  partsPerRequest: 4,
  connections: 4,
  parallelItems: 1,
  reserveBytes: 512 * mebibyte,
  serverTries: 10,
};
