// The rounds of finished answers, which the core keeps and the page asks for: once, whoever shows them.
import type { Message } from '../../electron/contract/chats.ts';
import type { Round } from '../../electron/contract/engine.ts';
import type { AppApi } from '../../electron/contract/index.ts';

/** Answers whose rounds are remembered after they have left the screen; the longest unused go. */
const mostRemembered = 60;

type Answer = Pick<Message, 'id' | 'roundCount'>;

const remembered = new Map<string, readonly Round[]>();
const asked = new Map<string, Promise<readonly Round[]>>();

/** An answer that was gone on with has other rounds than before. */
export const roundsKey = ({ id, roundCount }: Answer) => `${id} ${roundCount}`;

/** Undefined where they are not here. */
export function rememberedRounds(answer: Answer): readonly Round[] | undefined {
  return remembered.get(roundsKey(answer));
}

/** Asks for them where they are not here, and where nobody has asked. Rejects as `ChatsApi.rounds` does. */
export function askForRounds(client: AppApi, chatId: string, answer: Answer): Promise<readonly Round[]> {
  const key = roundsKey(answer);
  const known = remembered.get(key);
  if (known) {
    remember(key, known);
    return Promise.resolve(known);
  }
  const under = asked.get(key);
  if (under) return under;
  const answered = client.chats
    .rounds(chatId, answer.id)
    .then((rounds) => {
      remember(key, rounds);
      return rounds;
    })
    .finally(() => asked.delete(key));
  asked.set(key, answered);
  return answered;
}

function remember(key: string, rounds: readonly Round[]): void {
  remembered.delete(key);
  remembered.set(key, rounds);
  const [oldest] = remembered.keys();
  if (remembered.size > mostRemembered && oldest !== undefined) remembered.delete(oldest);
}
