import type pg from 'pg';
import { type Project, runStatements } from '../apply/index.ts';
import { contentFacts, diffFacts, kindNames } from '../proof/index.ts';
import { IuError } from '../report/index.ts';

/**
 * Throws IuError (refused) if migrations/roles.sql would change anything that belongs to the whole server:
 * found out by running it in a transaction that is rolled back. What roles.sql itself throws comes through.
 */
export async function assertRolesThere(client: pg.Client, project: Project): Promise<void> {
  const shared = () => contentFacts(client, kindNames('cluster'));
  // one snapshot for both looks, so that nobody else's new role is taken for one of ours
  await client.query('begin isolation level repeatable read');
  try {
    const before = await shared();
    await runStatements(client, project.roles);
    const made = [...new Set(diffFacts(before, await shared()).map(({ object }) => object))];
    if (made.length === 0) return;
    throw new IuError('refused', {
      code: 'roles_missing',
      message: `${project.roles.file} would make or change, for the whole server: ${made.join(', ')}`,
      file: project.roles.file,
      next: 'leave out --target to rehearse on a temporary server, or have a DBA run that file first',
    });
  } finally {
    await client.query('rollback').catch(() => {});
  }
}
