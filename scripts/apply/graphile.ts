import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from 'graphile-migrate';
import { calculateHash } from 'graphile-migrate/dist/hash.js';
import * as library from 'graphile-migrate/dist/migration.js';
import { clearAllPools } from 'graphile-migrate/dist/pgReal.js';
import { type ParsedSettings, parseSettings } from 'graphile-migrate/dist/settings.js';
import type pg from 'pg';
import type { Finding } from '../report/index.ts';
import type { Numbered } from './numbered.ts';

/*
 * The one place that knows graphile-migrate. Its functions below `migrate` are used, on a connection of
 * ours: its own pool calls process.exit when an idle connection dies, stays open after the work, and cannot
 * stop after one file. The version is pinned for that reason.
 */

export type Settings = ParsedSettings;

/** iu reports progress itself. */
export const quietLogger = (): Logger => new Logger(() => () => {});

export async function graphileSettings(root: string, url: string): Promise<Settings> {
  return parseSettings({
    connectionString: url,
    migrationsFolder: join(root, 'migrations'),
    logger: quietLogger(),
  });
}

/** The files as graphile-migrate's own objects, linked, made from the very bytes that were digested. */
export function graphileMigrations(migrations: Numbered[]): library.FileMigration[] {
  let previous: library.FileMigration | null = null;
  return migrations.map((one) => {
    const { headers, body } = library.parseMigrationText(one.file.file, one.file.text);
    const migration: library.FileMigration = {
      realFilename: `${one.name}.sql`,
      filename: graphileName(one),
      fullPath: one.file.file,
      hash: headers.Hash ?? '',
      previousHash: headers.Previous === '-' ? null : (headers.Previous ?? null),
      allowInvalidHash: false,
      message: headers.Message ?? null,
      messageSlug: one.name.replace(/^\d+-/, ''),
      body,
      previous,
    };
    previous = migration;
    return migration;
  });
}

/** The name under which graphile-migrate's table knows a migration: its number. */
export const graphileName = (one: Numbered): string => `${String(one.number).padStart(6, '0')}.sql`;

const RECOMMIT =
  'if it was never applied anywhere, make it again with iu commit; if it was, restore it from git';

/** Where the files do not follow one another as their Previous lines say. */
export function chainFindings(migrations: Numbered[]): Finding[] {
  return graphileMigrations(migrations)
    .filter(({ previous, previousHash }) => previousHash !== (previous?.hash ?? null))
    .map(({ fullPath: file }) => {
      const message = `${file} was committed after another migration than the one before it`;
      return { code: 'broken_chain', message, file, next: RECOMMIT };
    });
}

/**
 * Files whose Hash line does not cover their body: graphile-migrate will not run them. Asked of files that
 * are still to be run; of one that is applied, the ledger tells a cosmetic edit from a semantic one.
 */
export function hashFindings(migrations: Numbered[]): Finding[] {
  return graphileMigrations(migrations)
    .filter(({ body, previousHash, hash }) => calculateHash(body, previousHash) !== hash)
    .map(({ fullPath: file }) => {
      const message = `${file} was edited after it was committed`;
      return { code: 'hash_mismatch', message, file, next: RECOMMIT };
    });
}

/** Creates graphile-migrate's schema; the caller has the transaction. */
export const installGraphile = (client: pg.Client, settings: Settings): Promise<void> =>
  library._migrateMigrationSchema(client as never, settings);

/** Runs one committed migration in a transaction of its own (or none, as its marker says) and records it. */
export const runMigration = (
  client: pg.Client,
  settings: Settings,
  migration: library.FileMigration,
): Promise<void> =>
  library.runCommittedMigration(
    client as never,
    settings,
    { database: settings.databaseName },
    migration,
    '',
  );

/**
 * Ends the pools that `commit` and `uncommit` keep for a moment, and waits until the server has seen it: an
 * idle connection of theirs that dies with its server would end this process. `admin` must be the only
 * other session.
 */
export async function closeGraphilePools(admin: pg.Client): Promise<void> {
  clearAllPools();
  const others = `select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`;
  for (let tries = 0; tries < 500 && (await admin.query(others)).rowCount !== 0; tries++) await sleep(10);
}
