// Whether this machine's addresses have changed: connections over an address that is gone are dead, though nobody says so,
// and a new address is worth a try at once.
import { networkInterfaces } from 'node:os';

export type NetworkChange = 'same' | 'added' | 'lost';

/** Addresses by which other machines can be reached. */
export function machineAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  // Link-local ones reach no hub, and come and go with every virtual interface.
  return all.filter(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/i.test(address)).map(({ address }) => address);
}

export class NetworkWatch {
  readonly #addresses: () => string[];
  #known: ReadonlySet<string>;

  constructor(addresses: () => string[]) {
    this.#addresses = addresses;
    this.#known = new Set(addresses());
  }

  /** Since it was last asked. */
  change(): NetworkChange {
    const before = this.#known;
    const now = new Set(this.#addresses());
    this.#known = now;
    if ([...before].some((address) => !now.has(address))) return 'lost';
    return now.size > before.size ? 'added' : 'same';
  }
}
