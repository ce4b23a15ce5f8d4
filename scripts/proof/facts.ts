import type pg from 'pg';
import { kindNames } from './kinds.ts';
import { type Ask, withPinned } from './pinned.ts';
import { factsQueries } from './queries.ts';

/** What is said about one object: field → value in the server's own spelling (`t`, `f`); a null is left out. */
export type Fields = Readonly<Record<string, string>>;

/** The facts of one state: object → fields, for the kinds that were asked. Keys are names, never oids. */
export interface Facts {
  major: number;
  kinds: readonly string[];
  objects: ReadonlyMap<string, Fields>;
}

/** The server's major version, as every query of the proof needs it. */
export async function majorOf(ask: Ask): Promise<number> {
  const [answer] = await ask(`select current_setting('server_version_num')::int / 10000`);
  return Number(answer?.rows[0]?.[0]);
}

/**
 * Reads every fact of the given kinds (all by default), in one statement per kind and one round trip. Several
 * kinds speak of one object: a table's row, comment and privileges end up under one name.
 * Throws when two rows claim the same field of the same object: that is a bug in a facts file.
 * The result does not promise one instant: the server deparses definitions with what is committed now, so a
 * schema that others alter meanwhile may be seen half before and half after.
 */
export async function contentFacts(
  client: pg.ClientBase,
  kinds: readonly string[] = kindNames(),
): Promise<Facts> {
  return withPinned(client, async (ask) => {
    const major = await majorOf(ask);
    const answers = await ask([...factsQueries(major, kinds).values()].join(';\n'));
    const objects = new Map<string, Record<string, string>>();
    for (const { names, rows } of answers) for (const row of rows) add(objects, names, row);
    return { major, kinds: [...kinds], objects };
  });
}

function add(objects: Map<string, Record<string, string>>, names: string[], row: Array<string | null>) {
  const object = row[0]!;
  let fields = objects.get(object);
  if (!fields) {
    fields = {};
    objects.set(object, fields);
  }
  for (let i = 1; i < names.length; i += 1) {
    const value = row[i];
    if (value === null || value === undefined) continue;
    const field = names[i]!;
    if (field in fields) throw new Error(`two rows of the facts claim the ${field} of ${object}`);
    fields[field] = value;
  }
}
