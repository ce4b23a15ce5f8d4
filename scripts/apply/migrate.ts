import type pg from 'pg';
import { describeHolder, GRAPHILE_LOCK_KEY, lockHolder } from '../postgres/index.ts';
import { IuError } from '../report/index.ts';
import type { SqlFile } from '../sql/index.ts';
import { graphileMigrations, graphileName, runMigration, type Settings } from './graphile.ts';
import type { Numbered } from './numbered.ts';
import { inTransaction } from './prepare.ts';
import type { Project } from './project.ts';
import {
  announce,
  explain,
  fileFacts,
  recordFailure,
  runFacts,
  runStatements,
  type Session,
} from './session.ts';

/** How long a file waits for a table's lock before it gives up, so that a migration never queues up a site. */
const LOCK_TIMEOUT = '10s';

/**
 * Applies one committed migration: announced in the ledger first, then run by graphile-migrate, its done
 * event in its own transaction. Throws an IuError with the place of the fault; a transactional migration
 * has then changed nothing.
 */
export async function applyMigration(
  session: Session,
  project: Project,
  settings: Settings,
  one: Numbered,
): Promise<void> {
  const migration = graphileMigrations(project.migrations)[project.migrations.indexOf(one)]!;
  await announce(session, 'migrate', one.file.file, { ...fileFacts(one), ...runFacts(one.file) });
  await withLockTimeout(session.client, one.file, async () => {
    try {
      await runMigration(session.client, settings, migration);
    } catch (error) {
      throw await failed(
        session,
        'migrate',
        one.file,
        await explainRun(session.client, error, one.file, migration.body),
      );
    }
  });
}

/**
 * Inverts one applied migration by its rollback file: statements one by one, graphile-migrate's row and the
 * done event in the same transaction. With NoTransaction the statements commit one by one, and the row goes last.
 */
export async function rollbackMigration(session: Session, one: Numbered): Promise<void> {
  const rollback = one.rollback!;
  await announce(session, 'rollback', one.file.file, { ...fileFacts(one), ...runFacts(rollback) });
  const forget = () => forgetMigration(session.client, one);
  await withLockTimeout(session.client, rollback, async () => {
    try {
      if (rollback.headers.NoTransaction) {
        await runStatements(session.client, rollback);
        await forget();
      } else {
        await inTransaction(session.client, async () => {
          await runStatements(session.client, rollback);
          await session.client.query('reset role');
          await forget();
        });
      }
    } catch (error) {
      throw await failed(session, 'rollback', one.file, explain(error, rollback));
    }
  });
}

/** Takes a migration out of graphile-migrate's table; throws, and so undoes the rollback, unless it was there. */
async function forgetMigration(client: pg.Client, one: Numbered): Promise<void> {
  const gone = await client.query('delete from graphile_migrate.migrations where filename = $1', [
    graphileName(one),
  ]);
  if (gone.rowCount === 1) return;
  const message = `${one.file.file} is not among the migrations that graphile-migrate has applied`;
  const next = 'npm run iu -- status shows what is; nothing of the rollback was kept';
  throw new IuError('finding', { code: 'not_applied', message, file: one.file.file, next });
}

/**
 * A lock_timeout for files in a transaction. A file without one keeps the server's: a timeout there also
 * ends the wait for old snapshots and leaves an INVALID index.
 */
async function withLockTimeout(client: pg.Client, file: SqlFile, work: () => Promise<void>): Promise<void> {
  if (file.headers.NoTransaction) return work();
  await client.query(`set lock_timeout = '${LOCK_TIMEOUT}'`);
  try {
    await work();
  } finally {
    await client.query('reset lock_timeout').catch(() => {});
  }
}

async function failed(
  session: Session,
  kind: 'migrate' | 'rollback',
  file: SqlFile,
  error: unknown,
): Promise<unknown> {
  if (error instanceof IuError) await recordFailure(session, kind, file.file, error.findings[0]!);
  return error;
}

/** graphile-migrate sends a file's whole body, so a position counts from where the body starts. */
async function explainRun(client: pg.Client, error: unknown, file: SqlFile, body: string): Promise<unknown> {
  if (error instanceof Error && error.message === 'Failed to get exclusive lock') {
    const holder = await lockHolder(client, GRAPHILE_LOCK_KEY);
    const message = `graphile-migrate is running on this database${holder ? `: ${describeHolder(holder)}` : ''}`;
    return new IuError('blocked', {
      code: 'lock_held',
      message,
      next: 'wait for it to end and run this again',
    });
  }
  return explain(error, file, undefined, Math.max(0, file.text.indexOf(body.trimEnd())));
}
