import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { IuError } from '../report/index.ts';
import { quietly } from './program.ts';

/** A PostgreSQL program on this machine. */
export interface Program {
  directory: string;
  /** `pg_dump (PostgreSQL) 15.18 (Debian …)` */
  version: string;
  major: number;
}

/** Where packages put a version's programs: Debian, PGDG on Red Hat, Homebrew, EDB. */
const HOMES: Array<[string, RegExp, string]> = [
  ['/usr/lib/postgresql', /^\d+$/, 'bin'],
  ['/usr', /^pgsql-\d+$/, 'bin'],
  ['/opt/homebrew/opt', /^(postgresql|libpq)/, 'bin'],
  ['/usr/local/opt', /^(postgresql|libpq)/, 'bin'],
  ['/Library/PostgreSQL', /^\d+$/, 'bin'],
];

async function directories(first: string[]): Promise<string[]> {
  const path = (process.env.PATH ?? '').split(delimiter).filter((one) => one !== '');
  const homes = HOMES.map(async ([root, names, bin]) =>
    (await readdir(root).catch(() => []))
      .filter((name) => names.test(name))
      .map((name) => join(root, name, bin)),
  );
  return [...new Set([...first, ...path, ...(await Promise.all(homes)).flat()])];
}

/**
 * Every directory with `names` (all of them), `first` before PATH before the usual places, with the version
 * the first of them says of itself: what a directory is called proves nothing.
 */
export async function programs(names: [string, ...string[]], first: string[] = []): Promise<Program[]> {
  const found = (await directories(first)).filter((directory) =>
    names.every((name) => existsSync(join(directory, name))),
  );
  const asked = found.map(async (directory): Promise<Program | null> => {
    const { stdout } = await quietly()`${join(directory, names[0])} --version`;
    const major = Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1]);
    return Number.isNaN(major) ? null : { directory, version: stdout.trim(), major };
  });
  return (await Promise.all(asked)).filter((one) => one !== null);
}

/** The pg_dump (with its pg_restore) of the smallest major that can dump a server of `major`; null: none. */
export async function findPgDump(major: number, first: string[]): Promise<Program | null> {
  const found = await programs(['pg_dump', 'pg_restore'], first);
  const fit = found.filter((one) => one.major >= major).sort((a, b) => a.major - b.major);
  return fit[0] ?? null;
}

/** The refusal where there is no such pg_dump: what there is, and what to install. */
export async function noPgDump(major: number): Promise<IuError> {
  const there = (await programs(['pg_dump'])).map(({ directory, version }) => `${directory}: ${version}`);
  const message =
    there.length === 0
      ? `there is no pg_dump on this machine, and the server is PostgreSQL ${major}`
      : `no pg_dump on this machine can dump PostgreSQL ${major}: an older pg_dump does not know a newer server`;
  return new IuError('refused', {
    code: there.length === 0 ? 'no_pg_dump' : 'old_pg_dump',
    message,
    next:
      `install the client programs of PostgreSQL ${major} or later (Debian: apt install ` +
      `postgresql-client-${major} from apt.postgresql.org; Red Hat: postgresql${major}; Homebrew: ` +
      `postgresql@${major}) and run this again`,
    ...(there.length > 0 ? { detail: [...new Set(there)].join('\n') } : {}),
  });
}

/**
 * A URL as libpq's programs take it: without the password, which would be seen in the list of processes and
 * goes into the environment, and without parameters that only node-pg knows.
 */
export function forLibpq(url: string): { dbname: string; env: Record<string, string> } {
  const [, scheme, user, password, rest] = /^(\w+:\/\/)(?:([^:@/?#]*)(?::([^@]*))?@)?(.*)$/s.exec(url)!;
  const [place, query = ''] = rest!.split('?', 2) as [string, string?];
  const kept = query.split('&').filter((one) => one !== '' && !/^(password|uselibpqcompat|ssl)=/.test(one));
  const given = password ?? /(?:^|&)password=([^&]*)/.exec(query)?.[1];
  return {
    dbname: `${scheme}${user === undefined ? '' : `${user}@`}${place}${kept.length ? `?${kept.join('&')}` : ''}`,
    env: given === undefined ? {} : { PGPASSWORD: decodeURIComponent(given) },
  };
}
