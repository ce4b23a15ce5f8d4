import type pg from 'pg';
import { hasLedger, installLedger } from '../evidence/index.ts';
import { installGraphile, type Settings } from './graphile.ts';
import type { Project } from './project.ts';
import { runStatements } from './session.ts';

/**
 * Makes a database ready for the chain: roles.sql (cluster-wide roles, and what workflow_admin may do in
 * this database), graphile-migrate's own schema and the ledger, both owned by workflow_admin. Each in one
 * transaction; writes nothing where all of it is there. Throws the refusals of roles.sql.
 */
export async function prepareDatabase(
  client: pg.Client,
  project: Project,
  settings: Settings,
): Promise<void> {
  await inTransaction(client, () => runStatements(client, project.roles));
  if (await hasLedger(client)) return;
  await inTransaction(client, async () => {
    await client.query('set local role workflow_admin');
    await installGraphile(client, settings);
    await installLedger(client);
  });
}

/** Runs `work` between BEGIN and COMMIT; whatever it throws rolls everything back. */
export async function inTransaction<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    const value = await work();
    await client.query('commit');
    return value;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}
