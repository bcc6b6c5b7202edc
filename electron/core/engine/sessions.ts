// The sessions of a loaded model: every conversation has its own, but at most two are in memory. Who asks when both are taken
// gets the one that was used longest ago; its cache is kept in a file first, and comes back when its conversation asks again.
import { KangarooError, toErrorShape } from '../../contract/errors.ts';
import type { MemoryPart } from '../../contract/memory.ts';
import type { NativeSession } from './addon.ts';
import type { KeptStates } from './kept-states.ts';
import type { Learned } from './learned.ts';

/** A context costs memory: its K/V cache, and its own compute buffers. */
const mostContexts = 2;

/** Where contexts come from, and what outlives them; null: nothing is kept. */
export interface SessionsParts {
  first: NativeSession;
  open(): Promise<NativeSession>;
  kept: KeptStates | null;
  learned: Learned | null;
}

/** Who the cache belongs to; null: nobody in particular, and it is not kept. */
export type Owner = string | null;

interface Place {
  session: NativeSession | null;
  owner: Owner;
  /** Somebody uses it, or it is being made ready. */
  taken: boolean;
  /** Counts up with every use; 0: never used. */
  usedAt: number;
  /** As it was when nobody used it last: a session that works cannot be asked. */
  memory: MemoryPart[];
}

export class Sessions {
  /** As every context of this model: tokens, and threads as they were measured. */
  readonly contextSize: number;
  readonly threads: number;
  readonly #parts: SessionsParts;
  #places: Place[];
  #uses = 0;
  #freed = Promise.withResolvers<void>();

  constructor(parts: SessionsParts) {
    this.#parts = parts;
    this.contextSize = parts.first.contextSize;
    this.threads = parts.first.threads;
    this.#places = Array.from({ length: mostContexts }, (_, index) => ({
      session: index === 0 ? parts.first : null,
      owner: null,
      taken: false,
      usedAt: 0,
      memory: index === 0 ? parts.first.memory() : [],
    }));
  }

  /**
   * Runs `work` with the owner's session, alone; waits while all are in use. Rejects with `cancelled` at the signal while it
   * waits, with `out-of-memory` only where not even one context can be had.
   */
  async use<T>(owner: Owner, signal: AbortSignal, work: (session: NativeSession) => Promise<T>): Promise<T> {
    const { place, session } = await this.#take(owner, signal);
    try {
      return await work(session);
    } finally {
      place.usedAt = ++this.#uses;
      place.memory = memoryOf(session);
      this.#free(place);
    }
  }

  /** Of the model, which all contexts share, and of every context. */
  memory(): MemoryPart[] {
    const [first, ...others] = this.#places.map(({ memory }) => memory);
    return (first ?? []).map((part) => {
      if (part.name === 'weights' || part.name === 'adapter') return part;
      const same = others.flatMap((parts) => parts.filter(({ name }) => name === part.name));
      const sum = (key: 'ramBytes' | 'gpuBytes') => same.reduce((bytes, each) => bytes + each[key], part[key]);
      return { name: part.name, ramBytes: sum('ramBytes'), gpuBytes: sum('gpuBytes') };
    });
  }

  /** The conversation is gone: what is kept of it too. Waits until nobody uses its session. */
  async forget(owner: string): Promise<void> {
    const place = this.#places.find((each) => each.owner === owner);
    while (place?.taken && place.owner === owner) await this.#freed.promise;
    if (place?.owner === owner) {
      place.session?.reset();
      place.owner = null;
      place.usedAt = 0;
    }
    await this.#parts.kept?.forget(owner);
  }

  /** Keeps the caches and frees the contexts; nobody uses them any more. */
  async close(): Promise<void> {
    for (const { session, owner } of this.#places) {
      if (!session) continue;
      if (owner !== null) await this.#parts.kept?.keep(owner, session);
      await session.dispose();
    }
    this.#places = [];
  }

  async #take(owner: Owner, signal: AbortSignal): Promise<{ place: Place; session: NativeSession }> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    for (;;) {
      if (signal.aborted) throw new KangarooError('cancelled', 'Stopped before the answer had begun.');
      const place = this.#choose(owner);
      if (!place) {
        await Promise.race([this.#freed.promise, aborted]);
        continue;
      }
      place.taken = true;
      try {
        return { place, session: await this.#ready(place, owner) };
      } catch (error) {
        this.#free(place);
        if (this.#places.length === 1 || toErrorShape(error).code !== 'out-of-memory') throw error;
        // One context less, then: conversations take turns in those that there are.
        this.#places = this.#places.filter((each) => each !== place);
      }
    }
  }

  /**
   * The owner's own; else one that is nobody's; else a context that is still to be made; else the one that was used longest
   * ago. Null where all are in use.
   */
  #choose(owner: Owner): Place | null {
    const free = this.#places.filter((place) => !place.taken);
    const own = free.find((place) => place.owner === owner && place.usedAt > 0);
    const order = ({ session, owner: other, usedAt }: Place) => (session === null ? 0 : other === null ? -1 : usedAt);
    return own ?? free.toSorted((first, second) => order(first) - order(second))[0] ?? null;
  }

  async #ready(place: Place, owner: Owner): Promise<NativeSession> {
    const { kept, learned } = this.#parts;
    place.session ??= await this.#parts.open();
    const { session } = place;
    if (place.owner !== owner || place.usedAt === 0) {
      if (place.owner !== null) await kept?.keep(place.owner, session);
      if (place.usedAt > 0) session.reset();
      place.owner = owner;
      this.#changed();
      if (owner !== null) await kept?.take(owner, session);
    }
    if (learned?.numbers) session.relearn(learned.numbers);
    return session;
  }

  #free(place: Place): void {
    place.taken = false;
    this.#changed();
  }

  /** Whoever waits for a place, or for an owner to leave one, looks again. */
  #changed(): void {
    const { resolve } = this.#freed;
    this.#freed = Promise.withResolvers<void>();
    resolve();
  }
}

/** A session that was disposed while it worked holds nothing any more. */
function memoryOf(session: NativeSession): MemoryPart[] {
  try {
    return session.memory();
  } catch {
    return [];
  }
}
