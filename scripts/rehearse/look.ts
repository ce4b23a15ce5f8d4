import type pg from 'pg';
import { contentFacts, contentSeal, kindNames, type State, tableDigests } from '../proof/index.ts';
import { IuError } from '../report/index.ts';

/** What of a database is compared. */
export interface Scope {
  /** Roles and what else belongs to the whole server: only where nobody else can change it meanwhile. */
  cluster: boolean;
  /** Tables whose rows are not looked at. */
  ignore?: RegExp;
}

/**
 * What the database of `client` holds now. Facts, not seals: for a schema of ours both cost the same (some
 * 35 ms), and facts of a state that is gone can still name what differs.
 * Throws IuError (inconclusive) where a table may not be read.
 */
export async function look(client: pg.Client, scope: Scope): Promise<State> {
  const kinds = scope.cluster ? kindNames() : kindNames('content', 'database');
  const facts = await contentFacts(client, kinds);
  const rows = await tableDigests(client).catch((error: unknown) => {
    throw unreadable(error) ?? error;
  });
  return { facts, rows: new Map([...rows].filter(([table]) => !scope.ignore?.test(table))) };
}

function unreadable(error: unknown): IuError | null {
  if ((error as { code?: string }).code !== '42501') return null;
  const message = `rows cannot be compared: ${(error as Error).message}`;
  const next = 'let the login of the target read every table (row security included), or use a superuser';
  return new IuError('inconclusive', { code: 'unreadable_rows', message, next }, { cause: error });
}

/** Throws IuError (inconclusive) where the catalog holds rows of a kind that no fact speaks of. */
export async function assertModelled(client: pg.Client): Promise<void> {
  const { unmodelled } = await contentSeal(client, ['schemas']);
  if (unmodelled.length === 0) return;
  const message = `objects of a kind that cannot be compared are there: ${unmodelled.join(', ')}`;
  const next = 'rehearse without them; scripts/proof/COVERAGE.md lists what is compared';
  throw new IuError('inconclusive', { code: 'unmodelled', message, next });
}
