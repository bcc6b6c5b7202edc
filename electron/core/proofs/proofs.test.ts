// Proofs over the real rpc and process, with an engine that says what it is told; the model tests prove the real one.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProofEvent, ProofReport } from '../../contract/proofs.ts';
import { isFinal, lastMessage, startScriptedApp, until, type ScriptedApp } from '../testing/scripted-app.ts';

let scripted: ScriptedApp;
let chatId = '';

async function start(options: Parameters<typeof startScriptedApp>[0] = {}): Promise<void> {
  scripted = startScriptedApp(options);
  chatId = (await scripted.services.chats.current()).id;
}

/** Asks, waits for the answer, and returns its id. */
async function say(text: string): Promise<string> {
  const events = scripted.services.chats.watch(chatId)[Symbol.asyncIterator]();
  await scripted.services.chats.send(chatId, text);
  await until(events, isFinal);
  await events.return?.();
  return lastMessage(await scripted.services.chats.current()).id;
}

async function prove(messageId: string): Promise<{ events: ProofEvent[]; report: ProofReport }> {
  const events: ProofEvent[] = [];
  for await (const event of scripted.services.proofs.run(chatId, messageId)) events.push(event);
  const last = events.at(-1);
  if (last?.type !== 'finished') throw new Error('the proof has no report');
  return { events, report: last.report };
}

afterEach(() => scripted.end());

describe('a proof', () => {
  beforeEach(() => start());

  test('answers twice, greedily, and finds both the same', async () => {
    await scripted.services.settings.set({ temperature: 0.8, repetitionPenalty: 1.2 });
    await say('hello');
    const answer = await say('hop over the fence');
    await scripted.services.settings.set({ repetitionPenalty: 1.5 });
    const before = await scripted.services.chats.current();
    const { events, report } = await prove(answer);
    expect(report.difference).toBeNull();
    expect(report.drafting).toMatchObject({ mode: 'kangaroo', text: '>hop over the fence ', drafted: 4, accepted: 4 });
    expect(report.plain).toMatchObject({ mode: 'plain', text: '>hop over the fence ' });
    expect(report.comparedTokens).toBe(9);
    expect(report.drafting.tokens.slice(0, 3)).toEqual([
      { id: 1, text: '>' },
      { id: 10, text: 'hop' },
      { id: 11, text: ' ' },
    ]);
    expect(report.recorded).toEqual({ comparedTokens: 9, identicalTokens: 9 });
    // As the answer was asked for, whatever holds now.
    expect(report.options.repetitionPenalty).toBe(1.2);
    const said = (run: string) => events.map((event) => (event.type === 'progress' && event.run === run ? event.text : ''));
    expect(said('drafting').join('')).toBe(report.drafting.text);
    expect(said('plain').join('')).toBe(report.plain.text);
    // The chat is as it was.
    expect(await scripted.services.chats.current()).toEqual(before);
  });

  test('tells where the answers part, and how far apart the tokens were', async () => {
    const { report } = await prove(await say('left or fork then'));
    expect(report.difference).toEqual({
      position: 5,
      drafting: { id: 30, text: 'right' },
      plain: { id: 7, text: '' },
      logits: expect.objectContaining({ candidates: [expect.objectContaining({ id: 30 }), expect.objectContaining({ id: 7 })] }),
      logitGap: 0.25,
    });
  });

  test('is refused for what is no answer, and while the answer is written', async () => {
    await expect(prove('nobody')).rejects.toMatchObject({ code: 'invalid-argument' });
    await scripted.services.chats.send(chatId, 'forever');
    const { id } = lastMessage(await scripted.services.chats.current());
    await expect(prove(id)).rejects.toMatchObject({ code: 'busy' });
    await scripted.services.chats.stop(chatId);
  });

  test('can be left in the middle; the next one is not held up by it', async () => {
    const events = scripted.services.chats.watch(chatId)[Symbol.asyncIterator]();
    await scripted.services.chats.send(chatId, 'forever');
    await until(events, (event) => event.type === 'rounds');
    await scripted.services.chats.stop(chatId);
    const { id } = lastMessage(await scripted.services.chats.current());
    const proof = scripted.services.proofs.run(chatId, id)[Symbol.asyncIterator]();
    expect((await proof.next()).value).toMatchObject({ type: 'progress', run: 'drafting' });
    await expect(prove(id)).rejects.toMatchObject({ code: 'busy' });
    await proof.return?.();
    const answer = await say('short');
    await expect.poll(() => prove(answer).catch((error: { code: string }) => error.code)).toMatchObject({ report: {} });
  });
});

test('without an adapter the copies are proven; without both there is nothing to prove', async () => {
  await start({ adapter: null });
  await scripted.services.settings.set({ decodingMode: 'auto' });
  const answer = await say('copy me');
  expect((await prove(answer)).report).toMatchObject({ adapter: null, drafting: { mode: 'auto' }, difference: null });
  await scripted.services.settings.set({ promptLookup: false });
  await expect(prove(answer)).rejects.toMatchObject({ code: 'no-adapter' });
});
