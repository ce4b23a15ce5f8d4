import { existsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { openTarget } from '../../../scripts/postgres/index.ts';
import { createScope } from '../../../scripts/report/index.ts';

/** A server that the whole test run shares; every test makes databases of its own on it. */
export interface TestServer {
  name: string;
  /** What to give `--target` to get another server of this kind. */
  target: string;
  url: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    servers: TestServer[];
  }
}

const DEBIAN_15 = '/usr/lib/postgresql/15/bin';

/** vitest's global setup: one embedded PostgreSQL 18, and a 15 where Debian's binaries are installed. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const scope = createScope();
  const kinds = [
    { name: 'PostgreSQL 18', target: 'embedded' },
    ...(existsSync(`${DEBIAN_15}/initdb`)
      ? [{ name: 'PostgreSQL 15', target: `embedded:${DEBIAN_15}` }]
      : []),
  ];
  if (kinds.length === 1) process.stdout.write('PostgreSQL 15 is not installed: its tests are left out\n');
  const servers = await Promise.all(
    kinds.map(async (kind) => ({ ...kind, url: (await openTarget(kind.target, scope, () => {})).url })),
  );
  project.provide('servers', servers);
  return () => scope.close();
}
