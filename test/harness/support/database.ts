import type pg from 'pg';
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';
import {
  connect,
  createDatabase,
  dropDatabase,
  openTarget,
  uniqueName,
  withDatabase,
} from '../../../scripts/postgres/index.ts';
import { createScope } from '../../../scripts/report/index.ts';
import type { TestServer } from './servers.ts';

/** The servers of this run: use with describe.each, so that every test runs on each. */
export const servers: TestServer[] = inject('servers');

/** One of them, for what the version of the server decides nothing about, or what other tests try on each. */
export const oneServer: TestServer[] = servers.slice(0, 1);

/**
 * Another server of that kind, of the calling describe block's own: a seal holds the roles of a server, and on the
 * shared one other tests make some at any moment.
 */
export function ownServer(kind: TestServer): TestServer {
  const scope = createScope();
  const server = { ...kind, url: '' };
  beforeAll(async () => {
    server.url = (await openTarget(kind.target, scope, () => {})).url;
  });
  afterAll(() => scope.close());
  return server;
}

export interface Database {
  name: string;
  url: string;
}

/** An empty database of the calling test's own, dropped when the test is over. */
export async function freshDatabase(server: TestServer, template?: string): Promise<Database> {
  const name = uniqueName('iu_test');
  const admin = await connect(server.url);
  await createDatabase(admin, name, template ? { template } : {});
  onTestFinished(async () => {
    await dropDatabase(admin, name);
    await admin.end();
  });
  return { name, url: withDatabase(server.url, name) };
}

/** Runs one statement on a connection of its own. */
export async function query(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Array<Record<string, unknown>>> {
  const client: pg.Client = await connect(url);
  try {
    const result = await client.query(text, values);
    return (Array.isArray(result) ? result.at(-1) : result).rows;
  } finally {
    await client.end();
  }
}
