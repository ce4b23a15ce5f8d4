import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { type TableDigest, tableDigests, withPinned } from '../proof/index.ts';

/** What a proof may expect of a table's rows, as the schema itself declares it. */
export interface Declared {
  class: 'state' | 'ledger' | 'runtime-object';
  /** Columns that only say when or by whom a row was last touched: left out where states are compared. */
  stamps: string[];
}

/** How often each row hash occurs. */
export type Hashes = ReadonlyMap<string, number>;

/** The rows of a database at one moment, as far as a proof by table class needs them. */
export interface Rows {
  declared: ReadonlyMap<string, Declared>;
  /** Of every table but the harness's own. */
  digests: ReadonlyMap<string, TableDigest>;
  /**
   * Row by row: of ledgers whole; of state tables with stamps without these; of the declarations without
   * those of runtime objects.
   */
  hashes: ReadonlyMap<string, Hashes>;
}

/** The rows of a ledger that one moment has and an earlier one had not. */
export interface Added {
  table: string;
  earlier: number;
  added: number;
  /** The first of them, as JSON. */
  rows: string[];
}

/** How many new rows of a ledger are listed. */
const LISTED = 20;
const OWN = /^(iu_ledger|graphile_migrate)\./;
/** Runtime objects come and go, and so do the rows that declare them. */
const DECLARATIONS = 'iu_core.governed_table';
const UNDECLARED: Declared = { class: 'state', stamps: [] };

/** A table that the schema does not declare counts as state. */
export const declarationOf = (table: string, ...moments: Rows[]): Declared =>
  moments.map(({ declared }) => declared.get(table)).find((found) => found) ?? UNDECLARED;

/** Reads the rows of every table. The hashes of a ledger are fetched: some 40 bytes per row. */
export async function readRows(client: pg.Client): Promise<Rows> {
  const declared = await declaredTables(client);
  const digests = new Map([...(await tableDigests(client))].filter(([table]) => !OWN.test(table)));
  const byRow = [...declared].filter(
    ([table, one]) => one.class === 'ledger' || one.stamps.length > 0 || table === DECLARATIONS,
  );
  return { declared, digests, hashes: await rowHashes(client, byRow) };
}

/** iu_core.governed_table; its column stamp_columns (text[]) is read where it exists. */
async function declaredTables(client: pg.Client): Promise<Map<string, Declared>> {
  const { rows: there } = await client.query(
    "select to_regclass('iu_core.governed_table') is not null as there",
  );
  if (!there[0].there) return new Map();
  const { rows } = await client.query('select to_jsonb(g) as one from iu_core.governed_table g');
  return new Map(
    rows.map(({ one }) => [one.table_name, { class: one.class, stamps: one.stamp_columns ?? [] }]),
  );
}

type ByRow = ReadonlyArray<[string, Declared]>;

/** The tables that are there, each with the expression that hashes one of its rows, and what to read. */
async function expressions(client: pg.Client, tables: ByRow): Promise<Array<[string, string, string]>> {
  if (tables.length === 0) return [];
  const wanted = Object.fromEntries(
    tables.map(([table, one]) => [table, one.class === 'ledger' ? [] : one.stamps]),
  );
  const text = await readFile(new URL('./row-hash.sql', import.meta.url), 'utf8');
  const literal = `${client.escapeLiteral(JSON.stringify(wanted))}::jsonb`;
  return withPinned(client, async (ask) => {
    const [answer] = await ask(text.replaceAll('%tables%', () => literal));
    return answer!.rows as Array<[string, string, string]>;
  });
}

async function rowHashes(client: pg.Client, tables: ByRow): Promise<Map<string, Hashes>> {
  const built = await expressions(client, tables);
  return withPinned(client, async (ask) => {
    const all = new Map<string, Hashes>();
    for (const [table, hash, from] of built) {
      const where = table === DECLARATIONS ? " where class <> 'runtime-object'" : '';
      const [answer] = await ask(`select ${hash} from ${from}${where}`);
      const counts = new Map<string, number>();
      for (const [value] of answer!.rows) counts.set(value!, (counts.get(value!) ?? 0) + 1);
      all.set(table, counts);
    }
    return all;
  });
}

/** How many rows there are. */
export const total = (hashes: Hashes | undefined): number =>
  [...(hashes?.values() ?? [])].reduce((sum, count) => sum + count, 0);

/** How many occurrences of rows `before` has that `after` lacks: 0 when before is contained in after. */
export function missing(before: Hashes | undefined, after: Hashes | undefined): number {
  return [...(before ?? [])].reduce(
    (sum, [hash, count]) => sum + Math.max(0, count - (after?.get(hash) ?? 0)),
    0,
  );
}

/** The rows of every ledger that came between two moments, counted and listed. The client sees the later one. */
export async function addedToLedgers(client: pg.Client, before: Rows, after: Rows): Promise<Added[]> {
  const grown = [...after.hashes].filter(([table]) => declarationOf(table, after).class === 'ledger');
  const built = await expressions(
    client,
    [...after.declared].filter(([table]) => after.hashes.has(table)),
  );
  const readable = new Map(built.map(([table, hash, from]) => [table, { hash, from }]));
  const all: Added[] = [];
  for (const [table, hashes] of grown) {
    const earlier = before.hashes.get(table);
    const added = missing(hashes, earlier);
    if (added === 0) continue;
    const fresh = [...hashes]
      .filter(([hash, count]) => count > (earlier?.get(hash) ?? 0))
      .map(([hash]) => hash);
    const list = client.escapeLiteral(`{${fresh.slice(0, LISTED).join(',')}}`);
    const rows = await withPinned(client, async (ask) => {
      const { hash, from } = readable.get(table)!;
      const where = `${hash} = any (${list}::text[])`;
      const [answer] = await ask(`select to_jsonb(t)::text from ${from} t where ${where} limit ${LISTED}`);
      return answer!.rows.map(([row]) => row!);
    });
    all.push({ table, earlier: total(earlier), added, rows });
  }
  return all;
}
