// Reads a pickle as PyTorch writes one for a state_dict, and executes nothing: what a pickle may name and call is given by the
// caller, and any other instruction, name or call ends the reading with an error that says which. Protocol: Python's pickletools.
import { KangarooError } from '../../../contract/errors.ts';

/** `object` is whatever the host made for a global, a call or a persistent id. */
export type PickleValue = null | boolean | number | string | PickleValue[] | Map<PickleValue, PickleValue> | object;

export interface PickleHost {
  /** What the file is called in errors. */
  name: string;
  /** The thing that `module.name` stands for; null refuses it. */
  global(module: string, name: string): object | null;
  /** The result of calling such a thing; null refuses it. */
  call(callable: PickleValue, args: PickleValue[]): PickleValue;
  /** What a persistent id stands for; null refuses it. */
  persistent(id: PickleValue): PickleValue;
}

/** What stands on the stack where a tuple or a run of dictionary items begins. */
const mark = Symbol('mark');
type Slot = PickleValue | typeof mark;

/** Throws `adapter-invalid` for what is refused, `file-damaged` for what is cut off or makes no sense. */
export function readPickle(bytes: Buffer, host: PickleHost): PickleValue {
  return new Machine(bytes, host).run();
}

export function refused(file: string, what: string): KangarooError {
  return new KangarooError(
    'adapter-invalid',
    `${file} is refused: ${what}. A checkpoint may hold tensors only, and nothing in it was executed. Get it from its authors again.`,
  );
}

class Machine {
  readonly #bytes: Buffer;
  readonly #host: PickleHost;
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #place = 0;

  constructor(bytes: Buffer, host: PickleHost) {
    this.#bytes = bytes;
    this.#host = host;
  }

  run(): PickleValue {
    for (;;) {
      const at = this.#place;
      const code = this.#take(1).readUInt8();
      if (code === 0x2e) return this.#pop(); // STOP
      const step = instructions[code];
      if (!step) {
        const shown = `0x${code.toString(16).padStart(2, '0')}`;
        throw refused(this.#host.name, `its pickle has the instruction ${shown} at byte ${at}, which no saved state_dict needs`);
      }
      step(this);
    }
  }

  push(value: Slot): void {
    this.#stack.push(value);
  }

  unsigned(length: 1 | 2 | 4): number {
    return this.#take(length).readUIntLE(0, length);
  }

  signed(): number {
    return this.#take(4).readInt32LE();
  }

  /** A whole number of up to eight bytes, as LONG1 has them. */
  long(): number {
    const length = this.unsigned(1);
    if (length > 8) throw this.#damaged('it holds a number of more than eight bytes');
    const value =
      length === 0 ? 0n : BigInt.asIntN(length * 8, BigInt(`0x${Buffer.from(this.#take(length).toReversed()).toString('hex')}`));
    if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) throw this.#damaged('it holds a number out of range');
    return Number(value);
  }

  text(length: number): string {
    return this.#take(length).toString('utf8');
  }

  global(): void {
    const [module, name] = [this.#line(), this.#line()];
    const value = this.#host.global(module, name);
    if (value === null) throw refused(this.#host.name, `it asks for ${module}.${name}`);
    this.push(value);
  }

  reduce(): void {
    const args = this.#pop();
    const callable = this.#pop();
    if (!Array.isArray(args)) throw this.#damaged('it calls something with what is no list of arguments');
    const value = this.#host.call(callable, args);
    if (value === null) throw refused(this.#host.name, 'it calls something that is not known to build a tensor');
    this.push(value);
  }

  persistent(): void {
    const value = this.#host.persistent(this.#pop());
    if (value === null) throw refused(this.#host.name, 'it refers to data in a way that PyTorch does not');
    this.push(value);
  }

  /** PyTorch hangs version numbers on a state_dict this way; they change nothing here. */
  dropState(): void {
    this.#pop();
    if (!(this.#stack.at(-1) instanceof Map))
      throw refused(this.#host.name, 'it sets the state of something that is no dictionary');
  }

  remember(index: number): void {
    this.#memo.set(index, this.#top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#damaged('it refers to something that it did not define');
    this.push(value);
  }

  tuple(length: number): void {
    this.push(Array.from({ length }, () => this.#pop()).toReversed());
  }

  tupleFromMark(): void {
    this.push(this.#fromMark());
  }

  setItem(): void {
    const value = this.#pop();
    this.#set([this.#pop(), value]);
  }

  setItems(): void {
    this.#set(this.#fromMark());
  }

  #set(items: PickleValue[]): void {
    const target = this.#top();
    if (!(target instanceof Map) || items.length % 2 !== 0) throw this.#damaged('it puts items into what is no dictionary');
    for (let index = 0; index < items.length; index += 2) target.set(items[index] ?? null, items[index + 1] ?? null);
  }

  #fromMark(): PickleValue[] {
    const items: PickleValue[] = [];
    for (;;) {
      const value = this.#stack.pop();
      if (value === mark) return items.toReversed();
      if (value === undefined || typeof value === 'symbol') throw this.#damaged('a list in it has no beginning');
      items.push(value);
    }
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || typeof value === 'symbol') throw this.#damaged('it uses a value that it does not have');
    return value;
  }

  #pop(): PickleValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#place);
    if (end === -1) throw this.#damaged('it ends in the middle of a name');
    const line = this.#bytes.toString('utf8', this.#place, end);
    this.#place = end + 1;
    return line;
  }

  #take(length: number): Buffer {
    if (this.#place + length > this.#bytes.length) throw this.#damaged('it ends too early');
    this.#place += length;
    return this.#bytes.subarray(this.#place - length, this.#place);
  }

  #damaged(what: string): KangarooError {
    return new KangarooError('file-damaged', `${this.#host.name} is damaged: ${what}. Download or copy it again.`);
  }
}

/** Those of protocol 2 that `torch.save` uses for a state_dict, by their byte. */
const instructions: Readonly<Record<number, (machine: Machine) => void>> = {
  0x80: (machine) => machine.unsigned(1), // PROTO
  0x4e: (machine) => machine.push(null), // NONE
  0x88: (machine) => machine.push(true), // NEWTRUE
  0x89: (machine) => machine.push(false), // NEWFALSE
  0x4a: (machine) => machine.push(machine.signed()), // BININT
  0x4b: (machine) => machine.push(machine.unsigned(1)), // BININT1
  0x4d: (machine) => machine.push(machine.unsigned(2)), // BININT2
  0x8a: (machine) => machine.push(machine.long()), // LONG1
  0x58: (machine) => machine.push(machine.text(machine.unsigned(4))), // BINUNICODE
  0x28: (machine) => machine.push(mark), // MARK
  0x29: (machine) => machine.push([]), // EMPTY_TUPLE
  0x85: (machine) => machine.tuple(1), // TUPLE1
  0x86: (machine) => machine.tuple(2), // TUPLE2
  0x87: (machine) => machine.tuple(3), // TUPLE3
  0x74: (machine) => machine.tupleFromMark(), // TUPLE
  0x7d: (machine) => machine.push(new Map()), // EMPTY_DICT
  0x73: (machine) => machine.setItem(), // SETITEM
  0x75: (machine) => machine.setItems(), // SETITEMS
  0x71: (machine) => machine.remember(machine.unsigned(1)), // BINPUT
  0x72: (machine) => machine.remember(machine.unsigned(4)), // LONG_BINPUT
  0x68: (machine) => machine.recall(machine.unsigned(1)), // BINGET
  0x6a: (machine) => machine.recall(machine.unsigned(4)), // LONG_BINGET
  0x63: (machine) => machine.global(), // GLOBAL
  0x52: (machine) => machine.reduce(), // REDUCE
  0x51: (machine) => machine.persistent(), // BINPERSID
  0x62: (machine) => machine.dropState(), // BUILD
};
