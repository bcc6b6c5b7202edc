// What a download's state means to the user: one sentence, its remedy, and what can be done now.
import type { Download } from '../../../electron/contract/downloads.ts';
import { modelsText } from '../strings.ts';

const text = modelsText.downloads;

export type DownloadAction = 'pause' | 'resume' | 'cancel' | 'open-page' | 'enter-token' | 'remove';

export interface DownloadState {
  tone: 'plain' | 'working' | 'waiting' | 'danger' | 'done';
  /** A few words. */
  title: string;
  /** What happened and what to do; null where the title says it all. */
  explanation: string | null;
  /** In the order in which they are shown. */
  actions: DownloadAction[];
}

/** Refusals that end when the user does something on the model's page, and those that need a token. */
const onPage = new Set(['hub-licence-not-accepted', 'hub-access-pending', 'hub-access-denied']);
const withToken = new Set(['hub-token-missing', 'hub-token-invalid', 'hub-access-denied']);

export function downloadStateOf(download: Download): DownloadState {
  const { status, wait, error } = download;
  switch (status) {
    case 'completed':
      return { tone: 'done', title: text.statuses.completed, explanation: null, actions: ['remove'] };
    case 'failed': {
      const actions: DownloadAction[] = ['resume'];
      if (error && onPage.has(error.code)) actions.unshift('open-page');
      if (error && withToken.has(error.code)) actions.unshift('enter-token');
      return {
        tone: 'danger',
        title: text.statuses.failed,
        explanation: error?.message ?? null,
        actions: [...actions, 'cancel'],
      };
    }
    case 'waiting':
      return {
        tone: 'waiting',
        title: wait ? text.waits[wait.reason] : text.statuses.waiting,
        explanation: wait?.message ?? null,
        actions: ['resume', 'pause', 'cancel'],
      };
    case 'paused':
      return { tone: 'plain', title: text.statuses.paused, explanation: null, actions: ['resume', 'cancel'] };
    case 'queued':
      return { tone: 'plain', title: text.statuses.queued, explanation: null, actions: ['pause', 'cancel'] };
    case 'publishing':
      return { tone: 'working', title: text.statuses.publishing, explanation: null, actions: [] };
    case 'starting':
    case 'downloading':
    case 'verifying':
      return { tone: 'working', title: text.statuses[status], explanation: null, actions: ['pause', 'cancel'] };
  }
}

/** A resume means something else where the download waits, or has failed. */
export function labelOf(action: DownloadAction, { status, resumable }: Download): string {
  switch (action) {
    case 'pause':
      return resumable === false ? text.pauseLosing : text.pause;
    case 'resume':
      return status === 'waiting' ? text.tryNow : status === 'failed' ? text.tryAgain : text.resume;
    case 'cancel':
      return status === 'failed' ? text.remove : text.cancel;
    case 'open-page':
      return text.openPage;
    case 'enter-token':
      return text.enterToken;
    case 'remove':
      return text.remove;
  }
}

/** What part of the work is done, 0…1: while the hash is checked, what of it is. */
export function fractionOf({ status, receivedBytes, verifiedBytes, totalBytes }: Download): number {
  if (status === 'completed' || status === 'publishing') return 1;
  const bytes = status === 'verifying' ? verifiedBytes : receivedBytes;
  return totalBytes > 0 ? Math.min(1, bytes / totalBytes) : 0;
}

export function pageOf({ request }: Download): string {
  return `${request.endpoint}/${request.repo}`;
}

export function isEnded({ status }: Download): boolean {
  return status === 'completed' || status === 'failed';
}

/** Where an item of `list` goes when it moves by one among those that are still to be done; null at the end. */
export function movedIndex(list: readonly Download[], id: string, by: -1 | 1): number | null {
  const open = list.filter((each) => each.status !== 'completed');
  const neighbour = open[open.findIndex((each) => each.id === id) + by];
  return neighbour === undefined || !open.some((each) => each.id === id) ? null : list.indexOf(neighbour);
}
