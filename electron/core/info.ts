// What About shows: name, versions, licences.
import packageJson from '../../package.json' with { type: 'json' };
import { toErrorShape } from '../contract/errors.ts';
import type { AppInfo, InfoApi } from '../contract/index.ts';
import type { EngineApi } from '../contract/engine.ts';

const notices = [
  'Kangaroo Chat is free software under the MIT License.',
  'Built with Llama: the starter model was trained on text that Llama 3.1 generated. Llama 3.1 is licensed under the ' +
    'Llama 3.1 Community License, Copyright © Meta Platforms, Inc. All Rights Reserved.',
  'llama.cpp and ggml: MIT License, Copyright © 2023–2026 The ggml authors.',
  'Drafting follows Kangaroo: Liu et al., “Kangaroo: Lossless Self-Speculative Decoding via Double Early Exiting”, 2024.',
];

export class Info implements InfoApi {
  readonly #shell: AppInfo['shell'];
  readonly #engine: EngineApi;

  constructor(shell: AppInfo['shell'], engine: EngineApi) {
    this.#shell = shell;
    this.#engine = engine;
  }

  async get(): Promise<AppInfo> {
    return {
      name: packageJson.productName,
      version: packageJson.version,
      shell: this.#shell,
      engine: await this.#engineVersion(),
      notices,
    };
  }

  /** An engine that cannot say who it is should not keep About from opening. */
  async #engineVersion(): Promise<string> {
    try {
      return await this.#engine.version();
    } catch (error) {
      return `not available: ${toErrorShape(error).message}`;
    }
  }
}
