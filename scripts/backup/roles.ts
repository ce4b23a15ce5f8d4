import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { contentFacts, diffFacts, type FactChange, type Facts } from '../proof/index.ts';
import { sqlFile } from './sql-file.ts';

/** The roles a database cannot be restored without, and the file that makes them. */
export interface Roles {
  names: string[];
  /** The role that initdb made: it owns what initdb made, whatever it is called. */
  bootstrap: string;
  /** The text of `roles.sql`. */
  text: string;
}

const KINDS = ['roles', 'memberships', 'role_settings'];

/**
 * The cluster roles that the database of `client` depends on, as idempotent SQL (only what is missing is
 * made), followed by the project's own migrations/roles.sql if `root` has one. It holds no passwords, and not
 * the logins that are members of these roles: whom they are granted to is not the database's business.
 */
export async function neededRoles(client: pg.Client, root: string): Promise<Roles> {
  type Row = { name: string; bootstrap: boolean; creation: string; memberships: string[] };
  const { rows } = await client.query<Row>(await sqlFile('needed-roles.sql'));
  const file = join(root, 'migrations/roles.sql');
  const project = existsSync(file) ? await readFile(file, 'utf8') : null;
  const lines = [
    '-- The cluster roles that this backup depends on, written by iu backup. Run it on the cluster where the',
    '-- backup is to be restored, before pg_restore, as a login that may create roles. It makes only what is',
    '-- missing. Passwords are not in it, nor who the roles are granted to: a DBA gives those.',
    '',
    ...rows.map(({ creation }) => creation),
    ...rows.flatMap(({ memberships }) => memberships),
    '',
  ];
  if (project !== null) {
    const sha256 = createHash('sha256').update(project).digest('hex');
    lines.push(
      `-- From here on: migrations/roles.sql of the project, as it is (sha256 ${sha256}).`,
      '',
      project,
    );
  }
  return {
    names: rows.map(({ name }) => name),
    bootstrap: rows.find(({ bootstrap }) => bootstrap)?.name ?? 'postgres',
    text: lines.join('\n'),
  };
}

/** The facts of the given roles: attributes, settings, what they are members of. Not who granted that. */
export async function roleFacts(client: pg.Client, names: string[]): Promise<Facts> {
  const all = await contentFacts(client, KINDS);
  const known = new Set(names.map((name) => quoted(name)));
  const kept = [...all.objects]
    .map(([object, fields]) => [object.replace(/ granted by .*$/, ''), fields] as const)
    .filter(([object]) => {
      const whose = /^(?:role|membership of) (\w+|"(?:[^"]|"")*")/.exec(object)?.[1];
      return whose !== undefined && known.has(whose);
    });
  return { ...all, objects: new Map(kept) };
}

/** The roles that were made otherwise than they were; initdb's own is not looked at. */
export const diffRoles = (before: Facts, after: Facts): FactChange[] => diffFacts(before, after);

const quoted = (name: string) => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
