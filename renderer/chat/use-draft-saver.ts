// Keeps with its chat what is written but not sent: a moment after the last key, and at once when the box or the page goes away.
import { useEffect, useState } from 'react';
import { useConnection } from '../connection-store.ts';

const pauseMs = 350;

export interface DraftSaver {
  save(text: string): void;
  /** It was sent: the core forgets it by itself. */
  forget(): void;
  /** Something is still to be kept. */
  pending(): boolean;
}

function makeSaver(chatId: string, kept: string): DraftSaver & { flush(): void } {
  let saved = kept;
  let waiting: string | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const text = waiting;
    waiting = null;
    if (text === null || text === saved) return;
    saved = text;
    useConnection
      .getState()
      .client?.chats.saveDraft(chatId, text)
      .catch(() => {
        // It stays in the box, and the next key tries again.
        saved = '\0';
      });
  }

  return {
    save(text) {
      waiting = text;
      if (timer !== null) clearTimeout(timer);
      timer = setTimeout(flush, pauseMs);
    },
    forget() {
      waiting = null;
      saved = '';
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
    pending: () => waiting !== null,
    flush,
  };
}

/** Of one chat; another chat has another composer. `kept`: what the core has. */
export function useDraftSaver(chatId: string, kept: string): DraftSaver {
  const [saver] = useState(() => makeSaver(chatId, kept));
  useEffect(() => {
    const { flush } = saver;
    window.addEventListener('pagehide', flush);
    document.addEventListener('visibilitychange', flush);
    return () => {
      window.removeEventListener('pagehide', flush);
      document.removeEventListener('visibilitychange', flush);
      flush();
    };
  }, [saver]);
  return saver;
}
