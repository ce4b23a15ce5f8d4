import type pg from 'pg';
import { contentFacts, diffFacts, type Facts } from '../proof/index.ts';
import { isDeclaredLost } from '../rehearse/index.ts';
import type { Finding } from '../report/index.ts';
import { belongsTo, unlikeParent } from './shape.ts';
import { declarationOf, missing, type Rows, total } from './tables.ts';

/** Tables whose rows are not the same, of any class. */
export const differing = (before: Rows, after: Rows): string[] =>
  [...new Set([...before.digests.keys(), ...after.digests.keys()])]
    .filter((table) => before.digests.get(table)?.digest !== after.digests.get(table)?.digest)
    .sort();

/** State tables whose rows differ, their stamps aside, and the declarations of runtime objects. */
export function changedStates(before: Rows, after: Rows): string[] {
  return differing(before, after).filter((table) => {
    if (declarationOf(table, before, after).class !== 'state') return false;
    const [was, is] = [before.hashes.get(table), after.hashes.get(table)];
    if (!was || !is) return true;
    return missing(was, is) + missing(is, was) > 0;
  });
}

/** Objects whose facts differ, but those of runtime objects: these are judged by their shape. */
export function changedObjects(was: { facts: Facts; rows: Rows }, facts: Facts, rows: Rows): string[] {
  const runtime = [...was.rows.declared, ...rows.declared]
    .filter(([, declared]) => declared.class === 'runtime-object')
    .map(([table]) => table);
  return diffFacts(was.facts, facts)
    .map(({ object }) => object)
    .filter((object) =>
      runtime.every((table) => !belongsTo(table, object, facts) && !belongsTo(table, object, was.facts)),
    );
}

/** Ledgers of which a row that was there is there no more, or no more as it was. */
export function rewrittenLedgers(
  before: Rows,
  after: Rows,
  file: string,
  destroys: string[] = [],
): Finding[] {
  return [...before.hashes]
    .filter(([table]) => declarationOf(table, before).class === 'ledger')
    .map(([table, hashes]) => ({ table, lost: missing(hashes, after.hashes.get(table)) }))
    .filter(({ table, lost }) => lost > 0 && !isDeclaredLost(table, destroys))
    .map(({ table, lost }) => ({
      code: 'ledger_rewritten',
      message: `${file} removes or changes ${lost} of ${total(before.hashes.get(table))} earlier rows of the ledger ${table}`,
      file,
      object: table,
      next: `keep them, or say what is lost: --! Destroys: rows of ${table}`,
    }));
}

/** Where runtime objects have left their parent's shape since `was`. */
export async function oddShapes(client: pg.Client, was: Facts, rows: Rows, file: string): Promise<Finding[]> {
  const objects = [...rows.declared].filter(([, declared]) => declared.class === 'runtime-object');
  if (objects.length === 0) return [];
  const facts = await contentFacts(client);
  return objects.flatMap(([table]) => {
    const known = unlikeParent(table, was);
    return unlikeParent(table, facts)
      .filter((what) => !known.includes(what))
      .map((what) => ({
        code: 'runtime_object_shape',
        message: `${table} is not of its parent's shape: ${what}`,
        file,
        object: table,
        next: 'make it PARTITION OF its parent, or LIKE it and attached, and change the parent only',
      }));
  });
}
