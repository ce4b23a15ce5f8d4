import { readFile } from 'node:fs/promises';
import pg from 'pg';
import type { Identity } from '../postgres/index.ts';
import { type Finding, IuError } from '../report/index.ts';
import { createdConcurrently, createdObjects } from '../sql/index.ts';
import type { Numbered } from './numbered.ts';

/**
 * What must hold on a target before the first write, so that a run never stops half-way for a reason that
 * could be seen from the start. Throws all that is refused at once.
 */
export async function preflight(client: pg.Client, identity: Identity, pending: Numbered[]): Promise<void> {
  const refused = [...mayCreate(identity), ...(await foreignObjects(client, pending))];
  if (refused.length > 0) throw new IuError('refused', refused);
  const leftovers = await invalidLeftovers(client, pending);
  if (leftovers.length > 0) throw new IuError('finding', leftovers);
}

function mayCreate(identity: Identity): Finding[] {
  if (identity.may_create_in_database) return [];
  const message = `${identity.user} may not create anything in database ${identity.database}`;
  const [database, user] = [identity.database, identity.user].map(pg.escapeIdentifier);
  const next = `have its owner run: grant create on database ${database} to ${user} with grant option`;
  return [{ code: 'may_not_create', message, object: `database ${identity.database}`, next }];
}

/** What the harness itself makes, before the first migration. */
const OUR_SCHEMAS = ['graphile_migrate', 'iu_ledger'].map((name) => ({ kind: 'schema', schema: null, name }));

/** Objects of somebody else that stand where a pending file creates its own. */
async function foreignObjects(client: pg.Client, pending: Numbered[]): Promise<Finding[]> {
  const created = [...OUR_SCHEMAS, ...pending.flatMap((one) => createdObjects(one.file))];
  const { rows } = await client.query(
    await readFile(new URL('./foreign-objects.sql', import.meta.url), 'utf8'),
    [
      created.map((object) => object.kind),
      created.map((object) => object.schema),
      created.map((object) => object.name),
    ],
  );
  return rows.map((row) => ({
    code: 'foreign_object',
    message: `${row.kind} ${row.name} is there already and belongs to ${row.owner}, not to IU Core`,
    object: `${row.kind} ${row.name}`,
    next: 'rename or move it, or install IU Core into a database of its own',
  }));
}

async function invalidLeftovers(client: pg.Client, pending: Numbered[]): Promise<Finding[]> {
  const making = new Set(pending.flatMap((one) => createdConcurrently(one.file).map((index) => index.name)));
  if (making.size === 0) return [];
  return (await invalidIndexes(client)).filter((finding) => making.has(finding.object!.split('.').at(-1)!));
}

/** Every INVALID index of the database: what a broken CREATE INDEX CONCURRENTLY leaves, and IF NOT EXISTS skips. */
export async function invalidIndexes(client: pg.Client): Promise<Finding[]> {
  const { rows } = await client.query(
    await readFile(new URL('./invalid-indexes.sql', import.meta.url), 'utf8'),
  );
  return rows.map((row) => ({
    code: 'invalid_index',
    message: `index ${row.index} on ${row.table} is INVALID: it was never finished and no query uses it`,
    object: row.index,
    next: `drop index concurrently ${row.index}; then run the migration again`,
  }));
}
