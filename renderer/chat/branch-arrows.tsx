// Which of the branches at a message is shown, and the way to the others.
import { ChevronLeft, ChevronRight } from 'lucide-react';
import type { Message } from '../../electron/contract/chats.ts';
import { useChat } from './chat-store.ts';
import { chatText } from './strings.ts';

export function BranchArrows({ message: { id, siblingIds } }: { message: Message }) {
  const select = useChat((state) => state.select);
  const answering = useChat(({ chat }) => chat?.messages.at(-1)?.status === 'streaming');
  if (siblingIds.length < 2) return null;
  const place = siblingIds.indexOf(id);
  const go = (to: string | undefined) => to !== undefined && void select(to);
  return (
    <span
      role="group"
      aria-label={chatText.branchOf(place + 1, siblingIds.length)}
      className="flex items-center"
      data-testid="branches"
    >
      <button
        type="button"
        className="button-ghost px-0.5 disabled:opacity-40"
        aria-label={chatText.earlierBranch}
        title={chatText.earlierBranch}
        data-testid="branch-before"
        disabled={answering || place <= 0}
        onClick={() => go(siblingIds[place - 1])}
      >
        <ChevronLeft size={16} aria-hidden />
      </button>
      <span aria-hidden className="min-w-8 text-center text-[13px] text-ink-soft tabular-nums">
        {chatText.branchText(place + 1, siblingIds.length)}
      </span>
      <button
        type="button"
        className="button-ghost px-0.5 disabled:opacity-40"
        aria-label={chatText.laterBranch}
        title={chatText.laterBranch}
        data-testid="branch-after"
        disabled={answering || place >= siblingIds.length - 1}
        onClick={() => go(siblingIds[place + 1])}
      >
        <ChevronRight size={16} aria-hidden />
      </button>
    </span>
  );
}
