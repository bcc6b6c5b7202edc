// What a search over all chats has found: the chats, and the part of a message that matched.
import type { SearchHit, TextRange } from '../../../electron/contract/chat-list.ts';
import { FailedAnswer } from '../../models/page-parts.tsx';
import { strings } from '../../strings.ts';
import { useThrottled } from '../use-throttled.ts';
import { useAnswer } from '../../use-answer.ts';
import { openChat } from './actions.ts';
import { listText } from './strings.ts';

/** While the query is being typed it is asked this often at most. */
const askEveryMs = 200;

export function SearchResults({ query }: { query: string }) {
  const asked = useThrottled(query, askEveryMs);
  const { value, error, asking, askAgain } = useAnswer('search', (client) => client.chats.search(asked), asked);
  if (error) return <FailedAnswer title={strings.chat.notDone} error={error} askAgain={askAgain} />;
  const done = !asking && asked === query;
  return (
    <div aria-busy={!done}>
      <p role="status" className="px-2.5 pt-2 pb-1 text-[12.5px] text-ink-soft" data-testid="search-count">
        {value && (value.length > 0 || done) ? listText.found(value.length) : strings.chat.loading}
      </p>
      {done && value?.length === 0 && <p className="px-2.5 text-[14px] wrap-anywhere">{listText.nothing(query)}</p>}
      <ul>
        {value?.map((hit) => (
          <Hit key={`${hit.chatId} ${hit.message?.id}`} hit={hit} />
        ))}
      </ul>
    </div>
  );
}

function Hit({ hit: { chatId, title, titleMatches, message } }: { hit: SearchHit }) {
  return (
    <li>
      <button
        type="button"
        data-testid="search-hit"
        data-list-item
        className="w-full rounded-lg px-2.5 py-1.5 text-start hover:bg-ink/5"
        onClick={() => void openChat(chatId, message?.id)}
      >
        <span className="block truncate text-[14px] font-medium">
          <Marked text={title || listText.untitled} matches={title ? titleMatches : []} />
        </span>
        {message && (
          <span className="line-clamp-2 text-[13px] leading-snug text-ink-soft wrap-anywhere">
            {message.role === 'user' && listText.you}
            <Marked text={message.snippet} matches={message.matches} />
          </span>
        )}
      </button>
    </li>
  );
}

/** A text with its matches marked. */
function Marked({ text, matches }: { text: string; matches: readonly TextRange[] }) {
  const parts: React.ReactNode[] = [];
  let from = 0;
  for (const { start, length } of matches) {
    parts.push(text.slice(from, start), <mark key={start}>{text.slice(start, start + length)}</mark>);
    from = start + length;
  }
  return (
    <>
      {parts}
      {text.slice(from)}
    </>
  );
}
