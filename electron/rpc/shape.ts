// What a server and a client are made from: the methods of one service, or of several by name.
import type { Shape } from '../contract/index.ts';

/** Flat for one service (`load`), nested for several (`chats.send`). */
export type AnyShape<T> = Shape<T> | { [S in keyof T]: Shape<T[S]> };
