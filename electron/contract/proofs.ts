// Proving an answer lossless: the conversation before it is answered again, greedily, once with drafts and once plainly.
import type { DraftingMode, GenerationOptions, Logits, StopReason, Token } from './engine.ts';

/** `drafting`: in every round where there is an adapter, else with copies where the text repeats itself. */
export type ProofRunName = 'drafting' | 'plain';

export interface ProofRun {
  mode: DraftingMode;
  /** Every token, an end of turn included. */
  tokens: Token[];
  text: string;
  reason: StopReason;
  /** From the end of the prompt to the last token. */
  ms: number;
  tokensPerSecond: number;
  rounds: number;
  drafted: number;
  accepted: number;
}

/** Where the two runs part. Null for a run that had ended there. */
export interface ProofDifference {
  /** The token's place in the answer, from 0. */
  position: number;
  drafting: Token | null;
  plain: Token | null;
  /**
   * The model's logits at this place, behind the tokens that both share, with the repetition penalty: the likeliest two,
   * and the tokens of both runs. Null where a run had ended, or the text has outgrown the context.
   */
  logits: Logits | null;
  /** Logit of plain decoding's token minus that of the other: close to 0, both were as good as equal. */
  logitGap: number | null;
}

/** How the answer in the chat compares with the plain run: its tokens up to the shorter one's end. */
export interface ProofRecorded {
  comparedTokens: number;
  identicalTokens: number;
}

/** Everything that somebody else needs to judge the proof; the text of the chat before the answer is not in it. */
export interface ProofReport {
  format: 'kangaroo-proof';
  version: 1;
  createdAtMs: number;
  /** The engine's build and llama.cpp's commit. */
  engine: string;
  model: { name: string; fileType: string; fingerprint: string };
  adapter: { name: string; exitLayer: number } | null;
  devices: string[];
  threads: number;
  /** As both runs were asked, but for the mode. */
  options: Omit<GenerationOptions, 'mode' | 'temperature' | 'topK' | 'topP' | 'minP' | 'seed' | 'draftSampling'>;
  promptTokens: number;
  drafting: ProofRun;
  plain: ProofRun;
  /** Tokens that were compared: those of the longer run. */
  comparedTokens: number;
  difference: ProofDifference | null;
  /** Null where the answer in the chat says nothing, or another model gave it. */
  recorded: ProofRecorded | null;
}

export type ProofEvent =
  /** `text` follows what the run has said so far; `tokens`: how many there are now. */
  { type: 'progress'; run: ProofRunName; text: string; tokens: number } | { type: 'finished'; report: ProofReport };

export interface ProofsApi {
  /**
   * Proves one answer of a chat; leaving the stream cancels. The chat and its cache are left as they are. Rejects with
   * `busy` while another proof runs or the answer is still written, `no-model`, `no-adapter` (nothing could draft: neither
   * an adapter nor copies), `invalid-argument`, and as the engine does.
   */
  run(chatId: string, messageId: string): AsyncIterable<ProofEvent>;
}
