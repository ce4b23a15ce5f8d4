import type pg from 'pg';
import { withPinned } from '../pinned.ts';
import { askTagged, first, sql } from './queries.ts';

/**
 * What a probe did before its ROLLBACK, as the server counted it: rows written per table (attempts, those of
 * rolled-back savepoints included), relations locked, functions called (null: this server does not count
 * them). Not seen: built-in functions, inlined SQL functions, locks that a rolled-back savepoint gave back.
 */
export interface Impact {
  tables: Array<{ table: string; inserted: number; updated: number; deleted: number }>;
  locks: Array<{ object: string; modes: string }>;
  functions: Array<{ function: string; calls: number }> | null;
}

/** The impact and what else is known only before the ROLLBACK. */
export interface OpenTransaction {
  impact: Impact;
  /** Null where nothing was written. */
  xid: string | null;
  /** The oids of all that is locked: a name may be the probe's own, and gone with it. */
  relations: string[];
  /** Sequences that were moved or could have been, by oid: nextval and setval keep their lock to the end. */
  sequences: ReadonlyMap<string, string>;
  /** Foreign tables and functions that were used and reach out of the transaction. */
  outside: string[];
}

/** Reads the impact inside the probe's transaction, in a savepoint that leaves no trace. */
export async function openTransaction(client: pg.ClientBase): Promise<OpenTransaction> {
  const answers = await withPinned(client, (ask) => askTagged(ask, sql('impact')));
  const rows = (tag: string) => (answers.get(tag) ?? []) as string[][];
  const relations = rows('lock').map(([object, kind, modes, oid]) => ({
    object: object!,
    kind,
    modes: modes!,
    oid: oid!,
  }));
  const functions = rows('function').map(([name, calls, outside]) => ({
    function: name!,
    calls: Number(calls),
    outside: outside === 't',
  }));
  const counted = first(answers, 'tracked') === 'all';
  return {
    impact: {
      tables: rows('table').map(([table, inserted, updated, deleted]) => ({
        table: table!,
        inserted: Number(inserted),
        updated: Number(updated),
        deleted: Number(deleted),
      })),
      locks: relations.map(({ object, modes }) => ({ object, modes })),
      functions: counted ? functions.map(({ function: name, calls }) => ({ function: name, calls })) : null,
    },
    xid: first(answers, 'xid'),
    relations: relations.map(({ oid }) => oid),
    sequences: new Map(
      relations
        .filter(({ kind, modes }) => kind === 'S' && modes.includes('RowExclusiveLock'))
        .map(({ oid, object }) => [oid, object]),
    ),
    outside: [
      ...relations.filter(({ kind }) => kind === 'f').map(({ object }) => `foreign table ${object}`),
      ...functions.filter(({ outside }) => outside).map(({ function: name }) => `function ${name}`),
    ],
  };
}
