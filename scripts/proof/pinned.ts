import type pg from 'pg';
import { IuError } from '../report/index.ts';
import { query } from './queries.ts';

const values: pg.CustomTypesConfig = { getTypeParser: () => (value: unknown) => value };

/** Runs a query and hands back rows as arrays of the server's own text, one list per statement of `text`. */
export type Ask = (text: string) => Promise<Array<{ names: string[]; rows: Array<Array<string | null>> }>>;

/**
 * Runs `work` with every setting pinned that changes how the server spells things, and leaves the session as
 * it was found. Outside a transaction the work sees one snapshot (repeatable read, read only); inside one it
 * sees what that transaction sees, in a savepoint that is rolled back, which also lets its locks go.
 * Throws IuError (inconclusive) when the transaction has already failed.
 */
export async function withPinned<T>(client: pg.ClientBase, work: (ask: Ask) => Promise<T>): Promise<T> {
  // an error reaches the caller before the status that follows it: one empty query later both are known
  await client.query('');
  const status = client.getTransactionStatus();
  if (status === 'E') {
    throw new IuError('inconclusive', {
      code: 'transaction_failed',
      message: 'The transaction has failed; the server answers no question in it.',
      next: 'Roll back, then ask again.',
    });
  }
  const [open, close] =
    status === 'T'
      ? ['savepoint iu_pinned', 'rollback to savepoint iu_pinned; release savepoint iu_pinned']
      : ['begin isolation level repeatable read, read only', 'rollback'];
  await client.query(open);
  try {
    await client.query(query('pinned'));
    return await work((text) => ask(client, text));
  } finally {
    await client.query(close);
  }
}

async function ask(client: pg.ClientBase, text: string) {
  const result = await client.query<Array<string | null>>({ text, rowMode: 'array', types: values });
  return [result].flat().map(({ fields, rows }) => ({ names: fields.map(({ name }) => name), rows }));
}
