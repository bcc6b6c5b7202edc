// Stands where the answer will appear while the prompt is being read.
import { strings } from '../strings.ts';
import { useChat } from './chat-store.ts';

export function Waiting({ messageId }: { messageId: string }) {
  const prefill = useChat((state) => (state.prefill?.messageId === messageId ? state.prefill : null));
  return (
    <p className="flex items-center gap-2.5 py-0.5 text-[15px] text-ink-soft tabular-nums">
      <span aria-hidden className="breathe size-2 rounded-full bg-accent" />
      {prefill ? strings.chat.prefill(prefill.done, prefill.total) : strings.chat.thinking}
    </p>
  );
}
