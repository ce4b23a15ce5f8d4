import { dirname } from 'node:path';
import { $ } from 'zx';
import { findPgDump, programs } from '../backup/index.ts';
import { packagedBinaries } from '../postgres/index.ts';
import type { Check } from './check.ts';

/** What this machine has that verbs can use. Nothing of it is a fault: each says what needs it. */
export async function tools(engines: string, serverMajor: number): Promise<Check[]> {
  return Promise.all([
    nodeCheck(engines),
    embedded(),
    servers(),
    pgDump(serverMajor),
    program('gpg', 'iu backup with BACKUP_GPG_FPR needs it', 'apt install gnupg', () => shell`gpg --version`),
    program(
      'docker',
      '--target container needs it',
      'install Docker and let this user reach it',
      () => shell`docker version --format ${'server {{.Server.Version}}'}`,
    ),
  ]);
}

/** A daemon that does not answer must not hold us up. */
const shell = $({ quiet: true, nothrow: true, timeout: '5s', env: { ...process.env, LC_ALL: 'C' } });

const tool = (check: string, ok: true | null, detail: string, next?: string): Check => ({
  group: 'tools',
  check,
  ok,
  detail,
  ...(next ? { next } : {}),
});

async function nodeCheck(engines: string): Promise<Check> {
  const wanted = Number(/\d+/.exec(engines)?.[0] ?? 0);
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= wanted) return tool('node', true, `${process.version}; package.json asks for ${engines}`);
  return tool('node', null, `${process.version} is older than ${engines}`, `install Node ${engines}`);
}

async function embedded(): Promise<Check> {
  const found = await packagedBinaries().catch(() => null);
  if (found === null) {
    return tool(
      'embedded server',
      null,
      'its binaries are not installed: the default target needs them',
      'npm ci',
    );
  }
  const { stdout } = await shell`${`${found}/postgres`} --version`;
  return tool('embedded server', true, stdout.trim() || `binaries in ${dirname(found)}`);
}

async function servers(): Promise<Check> {
  const found = (await programs(['postgres', 'initdb'])).map(
    ({ directory, version }) => `${version} in ${directory}`,
  );
  if (found.length > 0) return tool('other server binaries', true, found.join(' · '));
  return tool(
    'other server binaries',
    null,
    'none: --target embedded:DIR needs some, to try another version of PostgreSQL',
  );
}

async function pgDump(major: number): Promise<Check> {
  const found = await findPgDump(major, []);
  if (found) return tool('pg_dump', true, `${found.version} in ${found.directory}`);
  return tool(
    'pg_dump',
    null,
    `none that can dump PostgreSQL ${major}: iu backup of a target that is not embedded needs it`,
    `install the client programs of PostgreSQL ${major} or later (apt install postgresql-client-${major})`,
  );
}

async function program(
  name: string,
  needs: string,
  next: string,
  run: () => Promise<{ exitCode: number | null; stdout: string }>,
): Promise<Check> {
  const { exitCode, stdout } = await run();
  if (exitCode === 0) return tool(name, true, stdout.split('\n')[0]!.trim());
  return tool(name, null, `not found, or it does not run: ${needs}`, next);
}
