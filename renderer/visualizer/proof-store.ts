// The proof under way, or the last one.
import { create } from 'zustand';
import { toErrorShape, type ErrorShape } from '../../electron/contract/errors.ts';
import type { ProofReport, ProofRunName } from '../../electron/contract/proofs.ts';
import { requireClient } from '../connection-store.ts';

interface Said {
  text: string;
  tokens: number;
}

interface ProofStore {
  /** The answer that it is about; null: none has been proven. */
  messageId: string | null;
  running: boolean;
  said: Record<ProofRunName, Said>;
  report: ProofReport | null;
  error: ErrorShape | null;
  start(chatId: string, messageId: string): Promise<void>;
  cancel(): void;
}

const nothing: Said = { text: '', tokens: 0 };

export const useProof = create<ProofStore>()((set, get) => {
  let leave: (() => void) | null = null;
  return {
    messageId: null,
    running: false,
    said: { drafting: nothing, plain: nothing },
    report: null,
    error: null,

    async start(chatId, messageId) {
      if (get().running) return;
      set({ messageId, running: true, said: { drafting: nothing, plain: nothing }, report: null, error: null });
      try {
        const events = requireClient().proofs.run(chatId, messageId)[Symbol.asyncIterator]();
        leave = () => void events.return?.();
        for (;;) {
          const { value, done } = await events.next();
          if (done) break;
          if (value.type === 'finished') {
            set({ report: value.report });
          } else {
            const { run, text, tokens } = value;
            set(({ said }) => ({ said: { ...said, [run]: { text: said[run].text + text, tokens } } }));
          }
        }
      } catch (error) {
        set({ error: toErrorShape(error) });
      } finally {
        leave = null;
        set({ running: false });
      }
    },

    cancel() {
      leave?.();
    },
  };
});
