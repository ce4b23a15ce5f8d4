import type pg from 'pg';
import { sqlFile } from './sql-file.ts';

/** One attempt to write, and what the server said to it. */
export interface Attempt {
  what: string;
  /** With the transaction as the session opens it, or after taking its read-only setting off. */
  setting: 'read-only' | 'taken off';
  sqlstate: string | null;
  message: string;
  /** For want of a right, or as nothing is written in such a transaction or on a standby. */
  refused: boolean;
}

/** 42501: no right · 25006: a read-only transaction · 0A000: a standby takes no read-write transaction. */
const REFUSED = ['42501', '25006', '0A000'];

/** What the login could write by the catalog, one sentence each; none: nothing. Throws what the server says. */
export async function mayWrite(client: pg.Client): Promise<string[]> {
  return (await client.query<{ what: string }>(await sqlFile('may-write.sql'))).rows.map(({ what }) => what);
}

const TRIES: Array<[what: string, text: string]> = [
  ['insert a unit', 'insert into public.information_unit default values'],
  ['create a table', 'create table public.iu_cut_attempt ()'],
  ['state a document', "select public.fn_cut_source_set('IU-CUT-ATTEMPT', null, null, null, 'attempt')"],
  ['create units', "select public.fn_iu_create_many('[]', 'attempt')"],
];

/**
 * Tries to write in every way the lane knows, each in a transaction that is rolled back: as the session opens it,
 * and with its read-only setting taken off, when only missing rights are left to refuse it. Call it only once
 * mayWrite() says nothing. Throws what the server says where it is no answer to an attempt (a lost connection).
 */
export async function tryToWrite(client: pg.Client): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  for (const setting of ['read-only', 'taken off'] as const) {
    for (const [what, text] of TRIES)
      attempts.push(await attempt(client, { what, text, values: [], setting }));
  }
  return attempts;
}

/** Attempts the cut itself, LIVE, with the read-only setting taken off. */
export const tryToCut = (client: pg.Client, run: string, actor: string): Promise<Attempt> =>
  attempt(client, {
    what: 'cut, LIVE',
    text: 'select public.fn_cut_apply($1, $2)',
    values: [run, actor],
    setting: 'taken off',
  });

interface Try {
  what: string;
  text: string;
  values: unknown[];
  setting: Attempt['setting'];
}

async function attempt(client: pg.Client, { what, text, values, setting }: Try): Promise<Attempt> {
  const told = { what, setting, sqlstate: null, message: 'it was done, and rolled back', refused: false };
  await client.query('begin');
  try {
    if (setting === 'taken off') await client.query('set transaction read write');
    await client.query(text, values);
    return told;
  } catch (error) {
    const { severity, code, message } = error as { severity?: string; code?: string; message: string };
    if (severity !== 'ERROR') throw error;
    return { ...told, sqlstate: code!, message, refused: REFUSED.includes(code!) };
  } finally {
    await client.query('rollback').catch(() => {});
  }
}
