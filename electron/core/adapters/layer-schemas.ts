// What was found of the layers, as it is kept with a training and beside its progress.
import { z } from 'zod';

const number = z.number();

export const layerSchema = z.object({
  exitLayer: number,
  agreement: number,
  predictedSpeedup: number,
  tokensPerRound: number,
  threshold: number,
  maxDraft: number,
});

export const proposalSchema = z.object({
  exitLayer: number,
  threshold: number,
  maxDraft: number,
  draftVocabularySize: number,
  draftVocabularyCoverage: number,
  predictedSpeedup: number,
});
