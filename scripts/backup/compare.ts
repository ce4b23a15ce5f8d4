import type { FactChange } from '../proof/index.ts';

/**
 * Differences that the check makes itself: it restores no subscription, which would start to work, and no
 * table space, which is a directory of another machine.
 */
export const forgiven = ({ object, field }: FactChange): boolean =>
  field === 'tablespace' || object.startsWith('subscription ');

/** What is not compared after a restore, in plain words. */
export const NOT_COMPARED = [
  'rows of materialized views (they are computed again from what was compared)',
  'subscriptions and tablespaces (the check restores neither)',
  'settings, privileges and comment of the database itself (in the dump; pg_restore --create gives them back)',
  'passwords of roles (not in the backup), and who granted a membership',
  'planner statistics',
];

/** What is not compared after a second server was started on a cold copy. */
export const NOT_COMPARED_COLD = [
  'databases of the cluster other than this one (they are in the copy)',
  'configuration files (in the copy), planner statistics',
];

/** How a dump is restored. */
export function restoreOrder(database: string, encrypted: boolean): string[] {
  const clear = (file: string) => (encrypted ? `gpg --decrypt ${file}.gpg | ` : '');
  const from = (file: string) => (encrypted ? '' : ` ${file}`);
  const name = /^[\w.-]+$/.test(database) ? database : `'${database.replaceAll("'", "'\\''")}'`;
  return [
    `${clear('roles.sql')}psql -v ON_ERROR_STOP=1 -d postgres${encrypted ? '' : ' -f roles.sql'}`,
    `createdb --template=template0 ${name}`,
    `${clear('database.dump')}pg_restore --exit-on-error --dbname=${name}${from('database.dump')}`,
  ];
}

/** How a cold copy is put back. */
export function unpackOrder(major: number, encrypted: boolean): string[] {
  const unpack = encrypted
    ? 'mkdir -m 700 data && gpg --decrypt cluster.tar.gpg | tar -x -C data'
    : 'mkdir -m 700 data && tar -x -C data -f cluster.tar';
  return [unpack, `postgres -D data    # of PostgreSQL ${major}, as the user who owns data`];
}
