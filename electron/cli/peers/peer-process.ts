// A child process that decodes for the benchmark. A child's death becomes an error that says which one, with its last words.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { KangarooError } from '../../contract/errors.ts';
import { peerReply, type Answer, type Opened, type OpenRequest, type PeerReply, type PeerRequest } from './protocol.ts';

/** How much of stderr is kept, in characters. */
const lastWordsLength = 4000;

interface Waiting {
  resolve: (reply: PeerReply) => void;
  reject: (error: KangarooError) => void;
}

export class PeerProcess {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #waiting: Waiting | null = null;
  #lastWords = '';
  #death: KangarooError | null = null;

  /** `name` is how errors call it. */
  constructor(name: string, command: string, argv: readonly string[]) {
    this.#name = name;
    this.#child = spawn(command, argv, { stdio: ['pipe', 'pipe', 'pipe'] });
    const { stdout, stderr, stdin } = this.#child;
    if (stdout) createInterface({ input: stdout }).on('line', (line) => this.#take(line));
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-lastWordsLength);
    });
    stdin?.on('error', () => {}); // its death is told by 'close'
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', (error) => this.#die(error.message));
      this.#child.on('close', (code, signal) => {
        this.#die(`it ended with ${signal ?? `code ${code}`}`);
        resolve();
      });
    });
  }

  async open(request: OpenRequest): Promise<Opened> {
    const reply = await this.#ask(request);
    if (reply.type === 'opened') return reply;
    throw this.#failure(reply);
  }

  async generate(name: string, promptIds: readonly number[], maxTokens: number): Promise<Answer> {
    const reply = await this.#ask({ type: 'generate', name, promptIds, maxTokens });
    if (reply.type === 'answer') return reply;
    throw this.#failure(reply);
  }

  /** Ends the child; safe twice, and after its death. */
  async close(): Promise<void> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Ends the child in the middle of an answer. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #ask(request: PeerRequest): Promise<PeerReply> {
    return new Promise((resolve, reject) => {
      if (this.#death !== null) return reject(this.#death);
      if (this.#waiting !== null) return reject(new KangarooError('busy', `${this.#name} is asked twice at once.`));
      this.#waiting = { resolve, reject };
      this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    });
  }

  /** What is no reply was printed by a library. */
  #take(line: string): void {
    if (!line.startsWith('{')) return;
    const waiting = this.#waiting;
    this.#waiting = null;
    try {
      waiting?.resolve(peerReply.parse(JSON.parse(line)));
    } catch {
      waiting?.reject(new KangarooError('internal', `${this.#name} gave a reply that cannot be read.`, line.slice(0, 500)));
    }
  }

  #die(how: string): void {
    this.#death ??= new KangarooError('engine-crashed', `${this.#name} is gone: ${how}.`, this.#lastWords);
    this.#waiting?.reject(this.#death);
    this.#waiting = null;
  }

  #failure(reply: PeerReply): KangarooError {
    const why = reply.type === 'failed' ? reply.message : `it replied "${reply.type}"`;
    return new KangarooError('internal', `${this.#name}: ${why}`, this.#lastWords);
  }
}
