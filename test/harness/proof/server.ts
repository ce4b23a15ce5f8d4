import { existsSync, readFileSync } from 'node:fs';
import type pg from 'pg';
import { connect, openTarget } from '../../../scripts/postgres/index.ts';
import { createScope } from '../../../scripts/report/index.ts';

const INSTALLED_15 = '/usr/lib/postgresql/15/bin';

/** The servers of these tests, by major. Each test file starts its own: roles belong to a whole cluster. */
export const SERVERS: ReadonlyArray<{ major: number; target: string }> = [
  { major: 18, target: 'embedded' },
  ...(existsSync(`${INSTALLED_15}/initdb`) ? [{ major: 15, target: `embedded:${INSTALLED_15}` }] : []),
];

/** One of nearly everything, in schema app. */
export const BASE = readFileSync(new URL('./base.sql', import.meta.url), 'utf8');

export interface Server {
  /** Connection string of a database. */
  url(database: string): string;
  connect(database?: string): Promise<pg.Client>;
  stop(): Promise<void>;
}

export async function startServer(spec: string): Promise<Server> {
  const scope = createScope();
  const target = await openTarget(spec, scope, () => {});
  // What a seal sees must not change by itself.
  const admin = await connect(target.url);
  await admin.query('alter system set autovacuum = off');
  await admin.query('select pg_reload_conf()');
  await admin.end();
  return {
    url: target.database,
    connect: (database = 'postgres') => connect(target.database(database)),
    stop: () => scope.close(),
  };
}

/** Makes the roles and the database that BASE is loaded into, and connects to it. */
export async function openBase(server: Server): Promise<pg.Client> {
  const admin = await server.connect();
  await admin.query('create role seal_alice; create role seal_bob');
  await admin.query('create database base');
  await admin.end();
  const client = await server.connect('base');
  await client.query(BASE);
  return client;
}
