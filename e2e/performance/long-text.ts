// Answers for measuring the page: Markdown with all that is dear to draw, cut into tokens and rounds as the engine would.
import type { Message } from '../../electron/contract/chats.ts';
import type { Round } from '../../electron/contract/engine.ts';
import { makeAnswer, makePromptRound, makeRound } from '../../renderer/testing/make-round.ts';

const prose =
  'Kangaroos are the only large animals that get about by hopping, and they are good at it: at a comfortable pace a *red kangaroo* ' +
  'uses less energy per metre than a runner of the same weight, because the tendons of its hind legs store what a landing sets ' +
  'free. **Speed costs it almost nothing**: from 10 to 20 km/h its breathing hardly changes, since each hop pumps the lungs by itself.';

const parts = [
  prose,
  '1. The tail is a fifth leg, which pushes.\n2. A joey is born after 33 days, and weighs less than a gram.\n3. It stays for 235 days.',
  prose,
  [
    '```ts',
    '/** Words of a text, by how often they are in it. */',
    'export function countWords(text: string): Map<string, number> {',
    '  const counts = new Map<string, number>();',
    '  for (const word of text.toLowerCase().split(/[^\\p{L}]+/u)) counts.set(word, (counts.get(word) ?? 0) + 1);',
    '  return counts; // sorted by nobody: 12 calls of `sort` would cost 0.4 ms',
    '}',
    '```',
  ].join('\n'),
  prose,
  '| Kind | Weight, kg | Leap, m |\n|---|---:|---:|\n| red | 85 | 9 |\n| grey | 66 | 8 |\n| tree | 14 | 3 |',
  String.raw`A leap of length $d$ at an angle of $\theta$ needs $v = \sqrt{g d / \sin 2\theta}$, and the energy of one is` +
    '\n\n' +
    String.raw`$$ E = \frac{1}{2} m v^2 = \frac{m g d}{2 \sin 2\theta} $$`,
  `See [the measurements](https://example.org/kangaroos) and \`countWords\`. ${prose}`,
];

/** Cut at `tokens`: about four characters each, as English text is. */
export function longText(tokens: number): string {
  let text = '';
  for (let chapter = 1; text.length < tokens * 4; chapter += 1) text += `## Chapter ${chapter}\n\n${parts.join('\n\n')}\n\n`;
  return text.slice(0, tokens * 4);
}

/** Rounds whose pieces are the text: of one to four tokens, three of four drafts accepted. */
export function roundsOf(text: string): Round[] {
  const tokens = text.match(/[\s\S]{1,4}/g) ?? [];
  const rounds = [makePromptRound(tokens[0] ?? '')];
  for (let at = 1; at < tokens.length;) {
    const accepted = Math.min([2, 3, 0, 1, 3][rounds.length % 5] ?? 0, tokens.length - at - 1);
    rounds.push(makeRound(tokens.slice(at, at + accepted), tokens[at + accepted] ?? '', accepted < 3 ? [' no'] : []));
    at += accepted + 1;
  }
  return rounds;
}

/** A chat of questions and answers with their rounds; every tenth answer has everything, the others are prose. */
export function longChat(messages: number): Message[] {
  return Array.from({ length: messages }, (_, place): Message => {
    const rest = { id: `message-${place}`, status: 'complete', createdAtMs: place } as const;
    if (place % 2 === 0)
      return makeAnswer([], { ...rest, role: 'user', text: `Question ${place / 2 + 1}: what is dear to draw?` });
    return makeAnswer(roundsOf(place % 20 === 1 ? longText(600) : prose), { ...rest, stopReason: 'end-of-turn' });
  });
}
