import type pg from 'pg';
import type { SqlFile, Statement } from '../../sql/index.ts';
import { type OpenTransaction, openTransaction } from './impact.ts';
import { type Intent, intents } from './intent.ts';

/** What running the statements one by one gave. */
export interface Ran {
  rows: unknown[];
  error: unknown;
  open: OpenTransaction | null;
  /** Where the transaction ended before its ROLLBACK. */
  ended: string | null;
  intents: Intent[];
  notObserved: string[];
}

/**
 * Runs a probe's statements one by one and watches the transaction. Whatever happens, no transaction is open
 * afterwards; what a statement throws is in `error`. Throws only when the connection is lost.
 */
export async function runStatements(
  client: pg.Client,
  file: SqlFile,
  run: (statement: Statement) => Promise<unknown[]>,
): Promise<Ran> {
  const ran: Ran = { rows: [], error: null, open: null, ended: null, intents: [], notObserved: [] };
  const last = file.statements.at(-1);
  let current = last;
  try {
    for (const [index, statement] of file.statements.entries()) {
      current = statement;
      if (statement === last) {
        ran.open = await openTransaction(client).catch((error: Error) => {
          ran.notObserved.push(`the probe's impact: ${error.message}`);
          return null;
        });
      }
      ran.rows.push(...(await run(statement)));
      ran.intents.push(...intents(statement));
      if (index === 0 && file.headers.Pure) await client.query('set transaction read only; select');
      if (statement !== last && client.getTransactionStatus() === 'I') {
        ran.ended = `the transaction ended at line ${statement.line}`;
        break;
      }
    }
  } catch (error) {
    ran.error = error;
    // a program that failed has run all the same
    ran.intents.push(...intents(current!).filter((intent) => intent.class === 'autonomous-commit'));
  }
  try {
    if (ran.error || client.getTransactionStatus() !== 'I') await client.query('rollback');
  } catch (error) {
    throw ran.error ?? error;
  }
  return ran;
}

/** What the probe used that reaches out of its transaction, as far as the server or its own text tell. */
export const outsideOf = ({ open, intents: found }: Ran): string[] => [
  ...(open?.outside ?? []),
  ...found.flatMap(({ class: kind, object }) =>
    kind === 'outside' || kind === 'autonomous-commit' ? object : [],
  ),
];
