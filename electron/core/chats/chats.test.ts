// Chats with a real database and a real engine process that says what it is told: send, stream, stop, retry, several at once.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chatDriver } from '../testing/chat-driver.ts';
import { isFinal, lastMessage, startScriptedApp, until, type ScriptedApp } from '../testing/scripted-app.ts';
import { textOfRounds } from './round-codec.ts';

let scripted: ScriptedApp;

beforeEach(() => {
  scripted = startScriptedApp();
});

afterEach(() => scripted.end());

const chats = () => scripted.services.chats;
const { watchCurrent, converse, lastWithRounds, again } = chatDriver(chats);

describe('an answer', () => {
  test('is streamed, measured and kept', async () => {
    const { chat, events } = await watchCurrent();
    const seen = await converse(chat.id, events, 'hop  over\nthe fence');
    expect(seen[0]).toMatchObject({ type: 'snapshot', chat: { title: 'hop over the fence' } });
    expect(seen.some((event) => event.type === 'prefill')).toBe(true);
    const rounds = seen.flatMap((event) => (event.type === 'rounds' ? event.rounds : []));
    expect(rounds[0]).toMatchObject({ rows: 0, drafts: [], token: { text: '>' }, mode: 'kangaroo' });
    expect(rounds).toHaveLength(5);
    const now = await chats().current();
    const answer = await lastWithRounds();
    expect(answer).toMatchObject({
      role: 'assistant',
      status: 'complete',
      text: '>hop over the fence ',
      stopReason: 'end-of-turn',
      modelName: 'Scripted',
      // By the rounds' own times, over the calibration's 10 ms a step.
      speedup: expect.closeTo(20 / 3),
      error: null,
      rounds,
      roundCount: rounds.length,
      answeredWith: { settings: { decodingMode: 'auto' }, systemPrompt: '', adapterName: expect.stringContaining('adapter') },
    });
    expect(answer.timeToFirstTokenMs).toBeGreaterThan(0);
    expect(lastMessage(now).rounds).toEqual([]);
    expect(textOfRounds(answer.rounds)).toBe(answer.text);
    await scripted.reopen();
    const later = await chats().current();
    // The context's size is known once the model is loaded again.
    expect({ ...later, context: null }).toEqual({ ...now, context: null });
    expect(await lastWithRounds()).toEqual(answer);
  });

  test('sees the conversation before it', async () => {
    const { chat, events } = await watchCurrent();
    await converse(chat.id, events, 'one');
    const second = await converse(chat.id, events, 'two');
    expect(second.slice(0, 2)).toMatchObject([
      { type: 'message', message: { role: 'user', text: 'two', status: 'complete' } },
      { type: 'message', message: { role: 'assistant', text: '', status: 'streaming' } },
    ]);
    expect((await chats().current()).messages.map((message) => message.text)).toEqual(['one', '>one ', 'two', '>two ']);
  });

  test('is shown to every page, also to one that comes in the middle', async () => {
    const { chat, events } = await watchCurrent();
    await chats().send(chat.id, 'forever');
    await until(events, (event) => event.type === 'rounds');
    const late = chats().watch(chat.id)[Symbol.asyncIterator]();
    const first = await late.next();
    expect(first.value).toMatchObject({ type: 'snapshot', chat: { messages: [{}, { status: 'streaming' }] } });
    await until(late, (event) => event.type === 'rounds');
    await chats().stop(chat.id);
    const [one, two] = [await until(events, isFinal), await until(late, isFinal)];
    expect(one.at(-1)).toEqual(two.at(-1));
  });

  test('a page that reads late gets a snapshot that agrees with what follows', async () => {
    const { chat, events } = await watchCurrent();
    const lagging = chats().watch(chat.id)[Symbol.asyncIterator]();
    await chats().send(chat.id, 'forever');
    for (let i = 0; i < 300;) i += (await until(events, (event) => event.type === 'rounds')).length;
    await chats().stop(chat.id);
    const seen = await until(lagging, isFinal);
    expect(seen.length).toBeLessThan(300);
    let rounds = 0;
    for (const event of seen) {
      if (event.type === 'snapshot') rounds = event.chat.messages.at(-1)?.rounds.length ?? 0;
      if (event.type === 'rounds') rounds += event.rounds.length;
    }
    expect(rounds).toBe(lastMessage(await chats().current()).roundCount);
  });

  test('is compared with the plain steps inside it, where it has some', async () => {
    const { chat, events } = await watchCurrent();
    await converse(chat.id, events, 'hop steps hop');
    const { stats, speedup } = lastMessage(await chats().current());
    expect(stats?.plainStepMs).toBe(4);
    // 13 tokens in 9 × 4 + 2 × 3 ms; plainly, 52. The first plain step, after a drafting round, is no baseline.
    expect(speedup).toBeCloseTo(52 / 42);
  });

  test('says, for good, that the oldest turns did not fit', async () => {
    const { chat, events } = await watchCurrent();
    await converse(chat.id, events, 'hop');
    expect(lastMessage(await chats().current()).stats).not.toHaveProperty('leftOutTurns');
    await converse(chat.id, events, 'outgrown');
    await scripted.reopen();
    expect(lastMessage(await chats().current()).stats).toMatchObject({ leftOutTurns: 2 });
  });

  test("keeps what 'auto' says of its rounds", async () => {
    const { chat, events } = await watchCurrent();
    await converse(chat.id, events, 'hop');
    await scripted.reopen();
    const [prompt, round] = (await lastWithRounds()).rounds;
    expect(prompt).toMatchObject({ mode: 'kangaroo', discarded: 0, paused: false, expectedSpeedup: null });
    expect(round).toMatchObject({ mode: 'kangaroo', discarded: 0, paused: false, expectedSpeedup: 1.5 });
    expect(round).not.toHaveProperty('type');
  });

  test.each([
    ['auto', 'lookup'],
    ['kangaroo', 'plain'],
    ['plain', 'plain'],
  ] as const)("without an adapter, '%s' gives rounds that are %s", async (decodingMode, mode) => {
    await scripted.end();
    scripted = startScriptedApp({ adapter: null });
    await scripted.services.settings.set({ decodingMode });
    const { chat, events } = await watchCurrent();
    await converse(chat.id, events, 'hop');
    expect((await lastWithRounds()).rounds.map((round) => round.mode)).toEqual(['plain', mode]);
  });
});

describe('stopping', () => {
  test('keeps what was written', async () => {
    const { chat, events } = await watchCurrent();
    await chats().send(chat.id, 'forever');
    await until(events, (event) => event.type === 'rounds');
    await chats().stop(chat.id);
    const message = lastMessage(await chats().current());
    expect(message).toMatchObject({ status: 'stopped', stopReason: 'cancelled', error: null, speedup: expect.closeTo(20 / 3) });
    expect(message.text.startsWith('>la ')).toBe(true);
  });

  test('works before the model is ready', async () => {
    const { chat, events } = await watchCurrent();
    await chats().send(chat.id, 'hop');
    await chats().stop(chat.id);
    const final = (await until(events, isFinal)).at(-1);
    expect(final).toMatchObject({ message: { status: 'stopped', text: '' } });
    await converse(chat.id, events, 'again');
    expect(lastMessage(await chats().current()).status).toBe('complete');
  });

  test('what does not run does nothing', async () => {
    const { chat } = await watchCurrent();
    await chats().stop(chat.id);
    expect((await chats().current()).messages).toEqual([]);
  });

  test('a new chat leaves the answer in the old one alone', async () => {
    const { chat, events } = await watchCurrent();
    await chats().send(chat.id, 'forever');
    await until(events, (event) => event.type === 'rounds');
    const fresh = await chats().create();
    expect(fresh.id).not.toBe(chat.id);
    expect(fresh.messages).toEqual([]);
    expect((await chats().current()).id).toBe(fresh.id);
    await until(events, (event) => event.type === 'rounds');
    expect((await chats().open(chat.id)).messages).toMatchObject([{}, { status: 'streaming' }]);
    expect((await chats().current()).id).toBe(chat.id);
    await chats().stop(chat.id);
  });

  test('closing the app keeps the answer as stopped', async () => {
    const { chat, events } = await watchCurrent();
    await chats().send(chat.id, 'forever');
    await until(events, (event) => event.type === 'rounds');
    await scripted.reopen();
    expect(lastMessage(await chats().current())).toMatchObject({ status: 'stopped', stopReason: 'cancelled' });
  });
});

describe('several chats', () => {
  /** The current chat with one turn in it, and a new one beside it. */
  async function two() {
    const first = await watchCurrent();
    await converse(first.chat.id, first.events, 'hop');
    await chats().create();
    return [first, await watchCurrent()] as const;
  }

  test('are answered at once, and each is stopped on its own', async () => {
    const [first, second] = await two();
    for (const { chat, events } of [first, second]) {
      await chats().send(chat.id, 'forever');
      await until(events, (event) => event.type === 'rounds');
    }
    await expect(chats().send(second.chat.id, 'me too')).rejects.toMatchObject({ code: 'busy' });
    await chats().stop(first.chat.id);
    expect((await until(first.events, isFinal)).at(-1)).toMatchObject({ message: { status: 'stopped' } });
    await until(second.events, (event) => event.type === 'rounds');
    const { value: still } = await chats().watch(second.chat.id)[Symbol.asyncIterator]().next();
    expect(still).toMatchObject({ type: 'snapshot', chat: { messages: [{}, { status: 'streaming' }] } });
    await chats().stop(second.chat.id);
    expect((await until(second.events, isFinal)).at(-1)).toMatchObject({ message: { status: 'stopped' } });
  });

  test('all fail when the engine dies, each with what it had', async () => {
    const [first, second] = await two();
    for (const { chat, events } of [first, second]) {
      await chats().send(chat.id, 'forever');
      // The first one may only bring the prompt's own token.
      await until(events, (event) => event.type === 'rounds' && event.rounds.some(({ rows }) => rows > 0));
    }
    scripted.killEngine('SIGKILL');
    for (const { events } of [first, second]) {
      expect((await until(events, isFinal)).at(-1)).toMatchObject({
        message: { status: 'failed', text: expect.stringContaining('la'), error: { code: 'engine-crashed' } },
      });
    }
    await converse(first.chat.id, first.events, 'again');
    await converse(second.chat.id, second.events, 'again');
  });

  test('are all kept as stopped when the app closes', async () => {
    const [first, second] = await two();
    for (const { chat, events } of [first, second]) {
      await chats().send(chat.id, 'forever');
      await until(events, (event) => event.type === 'rounds');
    }
    await scripted.reopen();
    for (const { chat } of [first, second]) {
      const { value } = await chats().watch(chat.id)[Symbol.asyncIterator]().next();
      expect(lastMessage(value.chat)).toMatchObject({ status: 'stopped', stopReason: 'cancelled' });
    }
  });
});

describe('answering again', () => {
  test.each(['complete', 'stopped', 'failed'] as const)('replaces a %s answer', async (status) => {
    const { chat, events } = await watchCurrent();
    await chats().send(chat.id, { complete: 'hop', stopped: 'forever', failed: 'refuse' }[status]);
    if (status === 'stopped') {
      await until(events, (event) => event.type === 'rounds');
      await chats().stop(chat.id);
    }
    const old = (await until(events, isFinal)).at(-1);
    expect(old).toMatchObject({ message: { status } });
    await again(chat.id);
    const [first] = await until(events, (event) => event.type === 'snapshot');
    expect(first).toMatchObject({ chat: { messages: [{ role: 'user' }, { role: 'assistant', status: 'streaming', text: '' }] } });
    await chats().stop(chat.id);
    expect((await chats().current()).messages).toHaveLength(2);
  });

  test('needs a question', async () => {
    const { chat } = await watchCurrent();
    await expect(chats().regenerate(chat.id, 'nothing')).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});

describe('new chats', () => {
  test('an empty one is not left behind for another', async () => {
    const { chat } = await watchCurrent();
    expect((await chats().create()).id).toBe(chat.id);
  });
});
