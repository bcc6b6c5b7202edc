// All branches of the chat as a tree: where it parts, what each part says, and the way there.
import { CircleDot } from 'lucide-react';
import type { TreeNode } from '../../electron/contract/chats.ts';
import { FailedAnswer } from '../models/page-parts.tsx';
import { strings } from '../strings.ts';
import { Modal } from '../ui/modal.tsx';
import { useAnswer } from '../use-answer.ts';
import { useChat } from './chat-store.ts';
import { drawTree } from './message-tree.ts';
import { chatText } from './strings.ts';

export function TreeDialog({ chatId, onClose }: { chatId: string; onClose: () => void }) {
  const { value, error, askAgain } = useAnswer(chatId, (client) => client.chats.tree(chatId));
  const here = value?.findLast(({ active }) => active)?.id;
  return (
    <Modal title={chatText.treeTitle} onClose={onClose} testId="tree-dialog" width={680}>
      <p className="mb-3 text-[14px] text-ink-soft">{chatText.treeNote}</p>
      {error && <FailedAnswer title={strings.chat.notDone} error={error} askAgain={askAgain} />}
      {value?.length === 0 && <p>{chatText.treeEmpty}</p>}
      {value && (
        <ul className="space-y-px">
          {drawTree(value).map(({ node, depth }) => (
            <TreeRow key={node.id} node={node} depth={depth} here={node.id === here} onGo={onClose} />
          ))}
        </ul>
      )}
    </Modal>
  );
}

interface TreeRowProps {
  node: TreeNode;
  depth: number;
  /** The end of the active branch: where the reader begins. */
  here: boolean;
  onGo: () => void;
}

function TreeRow({ node, depth, here, onGo }: TreeRowProps) {
  const open = useChat((state) => state.open);
  const chatId = useChat((state) => state.chat?.id);
  return (
    <li style={{ paddingInlineStart: depth * 18 }} className={depth > 0 ? 'tree-branch' : ''}>
      <button
        type="button"
        // The rows come behind the dialog, which has found nothing else to focus.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus={here}
        data-testid="tree-node"
        data-active={node.active || undefined}
        aria-current={node.active ? 'true' : undefined}
        className="group flex w-full items-baseline gap-2.5 rounded-lg px-2.5 py-1.5 text-start text-[14px] hover:bg-sunken data-active:font-medium"
        onClick={() => {
          onGo();
          if (chatId !== undefined) void open(chatId, node.id);
        }}
      >
        <span className={`w-14 shrink-0 text-[12.5px] ${node.active ? 'text-accent' : 'text-ink-soft'}`}>
          {node.role === 'user' ? chatText.you : chatText.answer}
        </span>
        <span className={`min-w-0 flex-1 truncate ${node.active ? '' : 'text-ink-soft'}`}>{node.firstWords || '…'}</span>
        {node.active && (
          <>
            <CircleDot size={13} aria-hidden className="shrink-0 self-center text-accent" />
            <span className="sr-only">{chatText.treeNow}</span>
          </>
        )}
      </button>
    </li>
  );
}
