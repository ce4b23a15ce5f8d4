import type pg from 'pg';
import { connect } from '../postgres/index.ts';

/** A connection that one test file has to itself. */
export interface TestSession {
  client: pg.Client;
  pid: number;
}

/** Connects, with the schema of pgTAP as the last of the search_path. */
export async function openSession(url: string, schema: string): Promise<TestSession> {
  const client = await connect(url, { application_name: 'iu test' });
  const { rows } = await client.query(
    `select pg_backend_pid() as pid,
            set_config('search_path', concat_ws(', ', nullif(current_setting('search_path'), ''), quote_ident($1)), false)`,
    [schema],
  );
  return { client, pid: rows[0].pid };
}
