import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { createDatabase, dropDatabase, uniqueName } from '../postgres/index.ts';
import type { Scope as Lifetime } from '../report/index.ts';

const PREFIX = 'iu_rehearse';

/**
 * Makes an empty database `iu_rehearse_…` and returns its name. It is dropped when `lifetime` ends, or by
 * `drop` before that. As long as `admin` is connected it holds an advisory lock that says the run is alive.
 * Throws the refusals of createDatabase (CREATEDB is needed).
 */
export async function makeScratch(
  admin: pg.Client,
  lifetime: Lifetime,
): Promise<{ name: string; drop(): Promise<void> }> {
  const name = uniqueName(PREFIX);
  const lock = 'hashtextextended($1, 0)';
  await admin.query(`select pg_try_advisory_lock(${lock})`, [name]);
  let gone: Promise<void> | undefined;
  const drop = () => {
    gone ??= dropDatabase(admin, name);
    return gone;
  };
  lifetime.defer(drop);
  await createDatabase(admin, name);
  return { name, drop };
}

/** Drops the scratch databases that killed runs left on this server; what cannot be dropped is said in `log`. */
export async function dropLeftovers(admin: pg.Client, log: (line: string) => void): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(
    await readFile(new URL('./leftovers.sql', import.meta.url), 'utf8'),
  );
  for (const { name } of rows) {
    // not WITH (FORCE): who has come meanwhile is not thrown out
    const failed = await admin.query(`drop database if exists "${name}"`).then(
      () => null,
      (error: Error) => error.message,
    );
    log(
      failed === null
        ? `dropped ${name}, which a killed run had left`
        : `${name} was left by a killed run and could not be dropped (${failed}): drop database ${name}`,
    );
  }
}
