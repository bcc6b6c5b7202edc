// Plays one answer on a session and keeps its rounds; `verify` and `bench` are made of these.
import type { DoneEvent, GenerationOptions, Round } from '../contract/engine.ts';
import { KangarooError } from '../contract/errors.ts';
import type { NativeSession } from '../core/engine/addon.ts';

export interface PlayedTurn {
  done: DoneEvent;
  rounds: Round[];
}

/** Rejects with `cancelled` once `signal` is aborted; the session is then idle again. */
export async function playTurn(
  session: NativeSession,
  promptIds: Int32Array,
  options: GenerationOptions,
  signal: AbortSignal,
): Promise<PlayedTurn> {
  if (signal.aborted) throw cancelled();
  const rounds: Round[] = [];
  const cancel = () => session.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const done = await session.generate(promptIds, options, (events) => {
      for (const event of events) if (event.type === 'round') rounds.push(event);
    });
    if (done.reason === 'cancelled') throw cancelled();
    return { done, rounds };
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

function cancelled(): KangarooError {
  return new KangarooError('cancelled', 'Cancelled before the end; there is no result.');
}
