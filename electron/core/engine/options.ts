// The engine's arguments, checked before anything native sees them: NaN, negative and absurd values are refused by name.
import { z } from 'zod';
import type { GenerateRequest, GenerationOptions, LoadRequest, LogitsRequest, Prompt } from '../../contract/engine.ts';
import { filePath, flag, integer, number, oneOf, parseArgument, text } from '../arguments.ts';

/** No context and no answer is longer, in tokens. */
const mostTokens = 1 << 20;
/** A prompt's text, in UTF-16 units: about the longest context. */
const mostTextLength = 8 << 20;

const generationOptions = z.strictObject({
  mode: oneOf('plain', 'kangaroo', 'auto'),
  threshold: number(0, 1),
  maxDraft: integer(1, 16),
  draftSampling: oneOf('greedy', 'sampled'),
  promptLookup: flag(),
  temperature: number(0, 100),
  topK: integer(0, mostTokens),
  topP: number(0, 1),
  minP: number(0, 1),
  repetitionPenalty: number(0.01, 100),
  repetitionWindow: integer(0, mostTokens),
  seed: integer(0, 0xffff_ffff),
  maxTokens: integer(1, mostTokens),
  contextShift: flag(),
  keepTokens: integer(0, mostTokens),
  stop: z.array(text(1, 1000), { error: 'must be a list of texts' }).max(16, { error: 'must hold at most 16 texts' }),
}) satisfies z.ZodType<GenerationOptions>;

const loadRequest = z.strictObject({
  modelPath: filePath(),
  adapterPath: filePath().nullable(),
  contextSize: integer(0, mostTokens),
  gpuLayers: integer(-1, 10_000),
  cacheType: oneOf('f16', 'q8_0'),
  threads: integer(0, 1024),
  stateFolder: filePath().nullable(),
}) satisfies z.ZodType<LoadRequest>;

/** Lone surrogates become U+FFFD: they have no UTF-8. */
const content = z
  .string()
  .max(mostTextLength)
  .transform((value) => value.toWellFormed());

const tokenIds = z.array(integer(0, 0x7fff_ffff)).min(1).max(mostTokens);

const prompt: z.ZodType<Prompt> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('messages'),
    messages: z
      .array(z.strictObject({ role: oneOf('system', 'user', 'assistant'), content }))
      .min(1)
      .max(100_000),
    begun: z.strictObject({ text: content, tokenIds: tokenIds.nullable() }).optional(),
  }),
  z.strictObject({ kind: z.literal('raw'), text: content }),
  z.strictObject({ kind: z.literal('tokens'), tokenIds }),
]);

/** It becomes the name of a file. */
const conversationId = z.custom<string>((value) => typeof value === 'string' && /^[\w-]{1,100}$/.test(value), {
  error: 'must be letters, digits, - and _, at most 100',
});

export function parseConversationId(value: unknown): string {
  return parseArgument(conversationId, value, 'conversationId');
}

export function parseText(value: unknown): string {
  return parseArgument(content, value, 'text');
}

export function parseAdapterPath(value: unknown): string | null {
  return parseArgument(filePath().nullable(), value, 'adapterPath');
}

export function parseLoadRequest(value: unknown): LoadRequest {
  return parseArgument(loadRequest, value, 'request');
}

export function parseGenerationOptions(value: unknown): GenerationOptions {
  return parseArgument(generationOptions, value, 'options');
}

export function parseGenerateRequest(value: unknown): GenerateRequest {
  const shape = z.strictObject({ prompt, options: z.unknown(), conversationId: conversationId.optional() });
  const request = parseArgument(shape, value, 'request');
  const options = parseGenerationOptions(request.options);
  return { prompt: request.prompt, options, ...(request.conversationId && { conversationId: request.conversationId }) };
}

export function parseLogitsRequest(value: unknown): LogitsRequest {
  const id = integer(0, 0x7fff_ffff);
  const shape = z.strictObject({
    prompt,
    tokenIds: z.array(id).max(mostTokens),
    candidateIds: z.array(id).max(16),
    options: generationOptions.pick({ repetitionPenalty: true, repetitionWindow: true, contextShift: true }),
    conversationId,
  });
  return parseArgument(shape, value, 'request');
}
