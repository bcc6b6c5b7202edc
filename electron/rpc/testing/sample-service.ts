// A small contract for the rpc's tests: each method does one thing that a connection has to carry.
import { KangarooError } from '../../contract/errors.ts';
import { Queue } from '../queue.ts';
import type { AnyShape } from '../shape.ts';

export interface SampleApi {
  sample: {
    echo(value: unknown): Promise<unknown>;
    add(a: number, b: number): Promise<number>;
    nothing(): Promise<void>;
    refuse(): Promise<void>;
    throwPlain(): Promise<void>;
    never(): Promise<void>;
    unsendable(): Promise<unknown>;
    count(to: number): AsyncIterable<number>;
    /** Yields `items` numbers, then fails with `file-damaged`. */
    countThenFail(items: number): AsyncIterable<number>;
    silence(): AsyncIterable<number>;
  };
}

export const sampleShape: AnyShape<SampleApi> = {
  sample: {
    echo: 'call',
    add: 'call',
    nothing: 'call',
    refuse: 'call',
    throwPlain: 'call',
    never: 'call',
    unsendable: 'call',
    count: 'stream',
    countThenFail: 'stream',
    silence: 'stream',
  },
};

/** What the server saw: how many items it was asked for, how many streams were left early. */
export interface Observed {
  pulled: number;
  left: number;
}

export function createSampleService(): { services: SampleApi; observed: Observed } {
  const observed: Observed = { pulled: 0, left: 0 };
  const services: SampleApi = {
    sample: {
      echo: async (value) => value,
      add: async (a, b) => a + b,
      nothing: async () => {},
      refuse: async () => {
        throw new KangarooError('busy', 'The engine is answering. Stop it first.', 'a detail');
      },
      throwPlain: async () => {
        throw new RangeError('out of range');
      },
      never: () => new Promise<void>(() => {}),
      unsendable: async () => () => 'a function',
      async *count(to) {
        try {
          for (let i = 0; i < to; i++) {
            observed.pulled++;
            yield i;
          }
        } finally {
          if (observed.pulled < to) observed.left++;
        }
      },
      async *countThenFail(items) {
        for (let i = 0; i < items; i++) yield i;
        throw new KangarooError('file-damaged', 'The file ends early.');
      },
      silence: () => new Queue<number>({ onReturn: () => observed.left++ }),
    },
  };
  return { services, observed };
}
