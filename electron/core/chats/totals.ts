// What answers came to together, from the figures that are stored with each: of one branch, or of all chats.
import type { AnswerTotals } from '../../contract/chats.ts';
import type { ChatDatabase } from './database.ts';

/** `accepted + 1` tokens a round; the prompt's own token belongs to the prompt's time, and is in no round. */
const sums = `
  count(*) AS answers,
  coalesce(sum(stats ->> 'rounds'), 0) AS rounds,
  coalesce(sum((stats ->> 'accepted') + (stats ->> 'rounds')), 0) AS tokens,
  coalesce(sum(stats ->> 'drafted'), 0) AS drafted,
  coalesce(sum(stats ->> 'accepted'), 0) AS accepted,
  count(speedup) AS compared,
  coalesce(sum((stats ->> 'roundsMs') * (speedup IS NOT NULL)), 0.0) AS comparedMs,
  coalesce(sum((stats ->> 'roundsMs') * (speedup - 1)), 0.0) AS savedMs,
  sqrt(coalesce(sum(pow((stats ->> 'roundsMs') * (stats ->> 'speedupDeviation'), 2)), 0.0)) AS savedDeviationMs
`;

/** The answers of the branch that ends with this message. */
export function branchTotals(database: ChatDatabase, leafKey: number | null): AnswerTotals {
  return one(
    database.get<AnswerTotals>(
      `WITH RECURSIVE branch (key, parent_key) AS (
         SELECT key, parent_key FROM messages WHERE key = ?
         UNION ALL SELECT m.key, m.parent_key FROM branch JOIN messages m ON m.key = branch.parent_key
       ), figures AS (
         SELECT m.stats_json AS stats, m.speedup FROM branch JOIN messages m USING (key) WHERE m.stats_json IS NOT NULL
       ) SELECT ${sums} FROM figures`,
      leafKey,
    ),
  );
}

/** Every answer that is kept, on whatever branch, but for what is in the trash. */
export function allTotals(database: ChatDatabase): AnswerTotals {
  return one(
    database.get<AnswerTotals>(
      `WITH figures AS (
         SELECT m.stats_json AS stats, m.speedup FROM messages m JOIN chats c ON c.key = m.chat_key
         WHERE m.stats_json IS NOT NULL AND m.deleted_at_ms IS NULL AND c.trashed_at_ms IS NULL
       ) SELECT ${sums} FROM figures`,
    ),
  );
}

function one(totals: AnswerTotals | undefined): AnswerTotals {
  if (!totals) throw new Error('a sum over rows has one row');
  return totals;
}
