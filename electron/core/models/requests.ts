// What a page may ask of models, library and hub: checked here, by name, before anything is done.
import { z } from 'zod';
import type { FitChoices } from '../../contract/fit.ts';
import type { LoadChoices } from '../../contract/models.ts';
import { flag, integer, oneOf } from '../arguments.ts';

/** No context is longer, in tokens. */
const mostContextTokens = 1 << 20;

export const loadChoices = z.strictObject({
  contextSize: integer(0, mostContextTokens).exactOptional(),
  cacheType: oneOf('f16', 'q8_0').exactOptional(),
  gpuLayers: integer(-1, 10_000).exactOptional(),
  evenIfTooLarge: flag().exactOptional(),
}) satisfies z.ZodType<LoadChoices>;

export const fitChoices = z.strictObject({
  contextSize: integer(0, mostContextTokens).exactOptional(),
  cacheType: oneOf('f16', 'q8_0').exactOptional(),
}) satisfies z.ZodType<FitChoices>;
