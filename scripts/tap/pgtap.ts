import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type pg from 'pg';

/** Where pgTAP is in a database, and whether this run put it there. */
export interface Pgtap {
  schema: string;
  ours: boolean;
}

const SCHEMA = 'pgtap';
const NOTE = 'pgTAP, loaded by iu test and removed by it afterwards';
const PACKAGE = '@electric-sql/pglite-pgtap';
const SCRIPT = /\/pgtap--\d+\.\d+\.\d+\.sql$/;

const sql = (name: string) => readFile(new URL(name, import.meta.url), 'utf8');

/**
 * Makes sure that pgTAP is in the database of `client`: the extension or the copy that is there, or else its
 * SQL, loaded into a schema of its own that every role may use. What a killed run left is taken over. Needs
 * CREATE on the database only where it is not there. Not asked: which version of pgTAP was there.
 */
export async function installPgtap(client: pg.Client): Promise<Pgtap> {
  const { rows } = await client.query(await sql('./find-pgtap.sql'), [NOTE]);
  if (rows[0]) return { schema: rows[0].schema, ours: rows[0].ours };
  const script = await pgtapScript();
  await client.query('begin');
  try {
    await client.query(`create schema ${SCHEMA}; comment on schema ${SCHEMA} is '${NOTE}'`);
    // Its default privileges may be somebody's choice; the tests run under every role.
    await client.query(`set local search_path = ${SCHEMA}; set local check_function_bodies = off`);
    await client.query(script);
    await client.query(
      `grant usage on schema ${SCHEMA} to public; grant execute on all functions in schema ${SCHEMA} to public;
       grant select on all tables in schema ${SCHEMA} to public`,
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
  return { schema: SCHEMA, ours: true };
}

/** Takes pgTAP out again where it was ours; else does nothing. */
export async function removePgtap(client: pg.Client, pgtap: Pgtap): Promise<void> {
  if (!pgtap.ours) return;
  await client.query(`set client_min_messages = warning; drop schema if exists ${SCHEMA} cascade`);
}

/** The newest complete script in the npm package (its extension script, which is plain SQL). */
async function pgtapScript(): Promise<string> {
  const folder = dirname(createRequire(import.meta.url).resolve(PACKAGE));
  const archive = await readFile(join(folder, 'pgtap.tar.gz'));
  const entry = [...tarEntries(gunzipSync(archive))].find(({ name }) => SCRIPT.test(name));
  if (!entry) throw new Error(`${PACKAGE} holds no pgtap--x.y.z.sql`);
  return entry.content.toString('utf8');
}

/** The regular files of a ustar archive: 512-byte headers, contents padded to that. */
function* tarEntries(tar: Buffer): Generator<{ name: string; content: Buffer }> {
  const text = (start: number, end: number) => tar.toString('latin1', start, end).replace(/\0.*$/s, '');
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, at + 136), 8);
    yield { name: text(at, at + 100), content: tar.subarray(at + 512, at + 512 + size) };
    at += 512 + Math.ceil(size / 512) * 512;
  }
}
