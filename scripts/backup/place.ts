import type pg from 'pg';
import {
  connect,
  createDatabase,
  dropDatabase,
  identify,
  MAJORS,
  openTarget,
  uniqueName,
  withConnection,
} from '../postgres/index.ts';
import { IuError, type Scope } from '../report/index.ts';
import { programs } from './find.ts';
import type { Roles } from './roles.ts';
import { majorOf, type Source } from './source.ts';

/** Where a backup is restored to be compared: an empty database, and a connection to it. */
export interface Place {
  describe: string;
  url: string;
  client: pg.Client;
  /** The cluster is another than the source's: roles were made there from roles.sql. */
  elsewhere: boolean;
  /** Drops it, or stops its server. */
  close(): Promise<void>;
}

const SCRATCH = 'iu_backup_check';

/**
 * A temporary server of the source's major where its programs are installed; null otherwise, and where an
 * extension of the source cannot be made there. The roles are made in it by running roles.sql itself.
 */
export async function temporaryServer(
  source: Source,
  roles: Roles,
  scope: Scope,
  first: string[],
  log: (line: string) => void,
): Promise<Place | null> {
  const major = majorOf(source.identity);
  const installed = await programs(['postgres', 'initdb'], first);
  const specs = installed
    .filter((one) => one.major === major)
    .map(({ directory }) => `embedded:${directory}`);
  // The npm package's server is of the newest major we support.
  if (major === MAJORS.last) specs.push('embedded');
  for (const spec of specs) {
    const server = await openTarget(spec, scope, log).catch(() => null);
    if (!server) continue;
    const fits = await withConnection(
      server.url,
      async (client) => majorOf(await identify(client)) === major && (await hasExtensions(client, source)),
    );
    if (!fits) {
      await server.close();
      continue;
    }
    const admin = await asBootstrap(server.url, roles.bootstrap);
    const name = uniqueName(SCRATCH);
    await withConnection(admin.url, async (client) => {
      await client.query(roles.text).catch((error: Error) => {
        throw rolesFailed(error);
      });
      await createDatabase(client, name, { template: 'template0' });
    });
    const url = admin.database(name);
    const client = await connect(url, { application_name: 'iu backup' });
    const close = async () => {
      await client.end().catch(() => {});
      await server.close();
    };
    return { describe: `a temporary server of PostgreSQL ${major}`, url, client, elsewhere: true, close };
  }
  return null;
}

/** A scratch database on the source's own server; null where the login may not create one. */
export async function scratchDatabase(source: Source, scope: Scope): Promise<Place | null> {
  const { target, client: admin, identity } = source;
  if (!identity.may_create_databases || identity.in_recovery) return null;
  await sweepScratch(admin);
  const name = uniqueName(SCRATCH);
  try {
    await createDatabase(admin, name, { template: 'template0' });
  } catch (error) {
    if (error instanceof IuError) return null;
    throw error;
  }
  const url = target.database(name);
  // Connected for as long as it is used: that is how another run knows that it is.
  const client = await connect(url, { application_name: 'iu backup' });
  const close = async () => {
    await client.end().catch(() => {});
    await dropDatabase(admin, name);
  };
  scope.defer(close);
  return { describe: `scratch database ${name} on the same server`, url, client, elsewhere: false, close };
}

/** Drops what a killed run left: scratch databases that nobody is connected to. */
async function sweepScratch(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(
    `select quote_ident(datname) as name from pg_catalog.pg_database
      where datname ~ '^${SCRATCH}_[0-9a-f]{12}$' and pg_has_role(datdba, 'usage')
        and not exists (select from pg_catalog.pg_stat_activity a where a.datid = pg_database.oid)`,
  );
  // Without force: one that somebody connects to in this moment stays.
  for (const { name } of rows) await admin.query(`drop database if exists ${name}`).catch(() => {});
}

async function hasExtensions(client: pg.Client, source: Source): Promise<boolean> {
  const { rows } = await source.client.query<{ name: string }>(
    'select extname::text as name from pg_catalog.pg_extension',
  );
  const missing = await client.query(
    'select from unnest($1::text[]) n where n not in (select name from pg_catalog.pg_available_extensions)',
    [rows.map(({ name }) => name)],
  );
  return missing.rowCount === 0;
}

/**
 * The server's own role is called postgres; where the source's is called otherwise, this gives it that name,
 * because what initdb made belongs to it. Nobody may rename himself, so a second superuser does.
 */
async function asBootstrap(url: string, bootstrap: string) {
  const as = (role: string) => url.replace('//postgres@', `//${encodeURIComponent(role)}@`);
  const database = (name: string) => (text: string) => text.replace(/\/postgres\?/, `/${name}?`);
  if (bootstrap !== 'postgres') {
    await withConnection(url, (client) => client.query('create role iu_renames superuser login'));
    await withConnection(as('iu_renames'), (client) =>
      client.query(`alter role postgres rename to ${client.escapeIdentifier(bootstrap)}`),
    );
    await withConnection(as(bootstrap), (client) => client.query('drop role iu_renames'));
  }
  return { url: as(bootstrap), database: (name: string) => database(name)(as(bootstrap)) };
}

function rolesFailed(error: Error): IuError {
  return new IuError('finding', {
    code: 'roles_do_not_run',
    message: `the roles of this backup cannot be made on an empty cluster: ${error.message}`,
    next: 'mend migrations/roles.sql of the project: it has to run on a cluster that has none of its roles',
  });
}
