import { onTestFinished } from 'vitest';
import { connect, uniqueName } from '../../../scripts/postgres/index.ts';
import type { Database } from './database.ts';
import type { TestServer } from './servers.ts';

/** A login of the calling test's own; it and all it owns or granted in `database` go when the test is over. */
export async function login(
  server: TestServer,
  database: Database,
  options: string,
): Promise<{ name: string; url: string }> {
  const name = uniqueName('iu_login');
  const admin = await connect(server.url);
  await admin.query(`create role ${name} login ${options}`);
  onTestFinished(async () => {
    const inside = await connect(database.url);
    await inside.query(`reassign owned by ${name} to postgres; drop owned by ${name} cascade`);
    await inside.end();
    await admin.query(`reassign owned by ${name} to postgres; drop owned by ${name} cascade`);
    await admin.query(`drop role ${name}`);
    await admin.end();
  });
  return { name, url: database.url.replace('//postgres@', `//${name}@`) };
}
