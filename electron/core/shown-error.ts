// An error as a page or the database may have it: what was not foreseen is logged here, its stack goes no further.
import { toErrorShape, type ErrorShape } from '../contract/errors.ts';

export function shownError(error: unknown): ErrorShape {
  const shape = toErrorShape(error);
  if (shape.code !== 'internal') return shape;
  console.error(error);
  return { code: shape.code, message: shape.message };
}
