// The system's notification at the end of a download, for whoever is not looking at the window. A click shows the downloads.
import type * as Electron from 'electron';
import type { Download } from '../contract/downloads.ts';

export interface NotifyOptions {
  Notification: typeof Electron.Notification;
  /** The window has the focus: the page tells there. */
  isWatched(): boolean;
  showDownloads(): void;
}

/** Told of each download that was completed or failed. */
export function notifyDownloads({ Notification, isWatched, showDownloads }: NotifyOptions): (download: Download) => void {
  // Electron forgets one that nobody holds, and its click with it.
  const shown = new Set<Electron.Notification>();
  return ({ request, status, error }) => {
    if (isWatched() || !Notification.isSupported()) return;
    const notification = new Notification(
      status === 'completed'
        ? { title: `${request.name} is downloaded`, body: 'Its SHA-256 is right. It is in your library.' }
        : { title: `${request.name} was not downloaded`, body: error?.message ?? '' },
    );
    const forget = () => void shown.delete(notification);
    shown.add(notification);
    notification.on('close', forget);
    notification.on('failed', forget);
    notification.on('click', () => {
      forget();
      showDownloads();
    });
    notification.show();
  };
}
