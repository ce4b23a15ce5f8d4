import type pg from 'pg';
import type { Manifest } from '../cut/index.ts';
import { type Run, readRuns } from './read.ts';
import { sqlFile } from './sql-file.ts';

/** A unit that is there, a piece of the manifest, or both (difference.sql says what each change means). */
export interface Difference {
  address: string;
  position: number | null;
  change: 'new' | 'same' | 'changed' | 'gone' | 'taken' | 'spent';
  fields: Array<'title' | 'body'>;
  new_title: string | null;
  new_sha256: string | null;
  unit_id: string | null;
  version_id: string | null;
  lifecycle_status: string | null;
  live_title: string | null;
  live_sha256: string | null;
  live_body: string | null;
}

/** A pinned version of the document's source. */
export interface Source {
  sha256: string;
  bytes: string;
  origin: string;
  pinned_at: Date;
}

/** What was seen of a document; null is what the login may not see, and `notSeen` says so. */
export interface Seen {
  difference: Difference[] | null;
  sources: Source[] | null;
  runs: Run[] | null;
  switched: boolean | null;
  notSeen: string[];
}

/**
 * Looks at a document in one snapshot, read-only: its units with their text beside the pieces of `manifest`, its
 * pinned sources, its runs, and whether the kill-switch is open for `run`. What the login has no right to see is
 * told, never made up. Throws anything else that the server says.
 */
export async function look(client: pg.Client, manifest: Manifest, run: string): Promise<Seen> {
  const { prefix } = manifest;
  const pieces = manifest.pieces.map(({ address, position, title, sha256 }) => ({
    address,
    position,
    title,
    sha256,
  }));
  const notSeen: string[] = [];
  const see = async <T>(what: string, read: () => Promise<T>): Promise<T | null> => {
    await client.query('savepoint seen');
    try {
      return await read();
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (code !== '42501') throw error;
      await client.query('rollback to savepoint seen');
      notSeen.push(`${what}: ${message}`);
      return null;
    }
  };
  const rows = async <T extends pg.QueryResultRow>(text: string, values: unknown[]) =>
    (await client.query<T>(text, values)).rows;
  await client.query('begin isolation level repeatable read read only');
  try {
    const difference = await see('its units', async () =>
      rows<Difference>(await sqlFile('difference.sql'), [prefix, JSON.stringify(pieces)]),
    );
    const sources = await see('its sources', async () =>
      rows<Source>(await sqlFile('sources.sql'), [prefix]),
    );
    const runs = await see('its runs', async () =>
      (await readRuns(client)).filter(({ doc_prefix }) => doc_prefix === prefix),
    );
    const switched = await see('the kill-switch', async () => {
      const text = 'select cutter_governance.execution_enabled($1) as open';
      return (await rows<{ open: boolean }>(text, [run]))[0]!.open;
    });
    return { difference, sources, runs, switched, notSeen };
  } finally {
    await client.query('rollback').catch(() => {});
  }
}
