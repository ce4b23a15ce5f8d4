import type { Outcome } from '../../report/index.ts';
import type { Context } from '../verb.ts';
import type { Given } from './given.ts';
export async function compareReadOnly(_context: Context, _given: Given): Promise<Outcome> {
  throw new Error('not yet');
}
