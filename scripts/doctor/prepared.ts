import { readFile } from 'node:fs/promises';
import pg from 'pg';
import type { Finding } from '../report/index.ts';
import { each, type Part } from './check.ts';

/** Transactions that were prepared and neither committed nor rolled back: they hold locks over restarts. */
export async function prepared(client: pg.Client): Promise<Part> {
  const text = await readFile(new URL('./prepared.sql', import.meta.url), 'utf8');
  const { rows } = await client.query(text);
  const findings = rows.map(({ gid, owner, prepared_at, seconds }): Finding => {
    const name = pg.escapeLiteral(gid);
    return {
      code: 'prepared_transaction',
      message:
        `transaction ${name} was prepared by ${owner} at ${prepared_at} (${seconds} s ago) and is still open: ` +
        'it holds its locks and keeps VACUUM from cleaning up',
      object: gid,
      next: `ask whose it is; then, as ${owner} in this database: commit prepared ${name} or rollback prepared ${name}`,
    };
  });
  return each('prepared transactions', 'no transaction is left prepared', findings);
}
