import type pg from 'pg';
import type { Project } from '../apply/index.ts';
import type { Identity } from '../postgres/index.ts';
import { EXIT, type Exit, type Finding } from '../report/index.ts';
import { type Check, HARMLESS, joined, NOT_CHECKED, type Part, readOnly, tried } from './check.ts';
import { indexes, migrations } from './migrations.ts';
import { prepared } from './prepared.ts';
import { type Delta, schema } from './schema.ts';
import { target } from './target.ts';

export interface Examined extends Part {
  /** What the grant probe said; null where it could not be asked. */
  deltas: Delta[] | null;
}

/**
 * Looks at a database, in READ ONLY transactions: which server, the chain, and what the schema says of
 * itself. Does not promise that a check stays true: nothing is locked.
 */
export async function examine(client: pg.Client, identity: Identity, project: Project): Promise<Examined> {
  const chain = await readOnly(client, () => migrations(client, project));
  const parts: Part[] = [target(identity), chain];
  let deltas: Delta[] | null = null;
  if (chain.empty) {
    const detail =
      'nothing of IU Core is in this database yet, so there are no roles, grants, locks or gates to look at';
    parts.push({ checks: [{ group: 'schema', check: 'schema', ok: null, detail }], findings: [] });
  } else {
    const said = await schema(client, identity, chain.pending);
    deltas = said.deltas;
    parts.push(said);
  }
  parts.push(await tried(client, 'indexes', () => indexes(client)));
  parts.push(await tried(client, 'prepared transactions', () => prepared(client)));
  return { ...joined(parts), deltas };
}

/** Something wrong outweighs something unknown, and that what is pending. */
export function verdict(findings: Finding[], checks: Check[]): { verdict: string; exit: Exit } {
  const codes = new Set(findings.map(({ code }) => code));
  const wrong = [...codes].filter((code) => ![NOT_CHECKED, 'pending', ...HARMLESS].includes(code));
  if (wrong.length > 0) return { verdict: 'not well', exit: EXIT.finding };
  if (codes.has(NOT_CHECKED)) return { verdict: 'inconclusive', exit: EXIT.inconclusive };
  if (codes.has('pending')) return { verdict: 'pending', exit: EXIT.pending };
  return { verdict: `well: ${checks.length} checks`, exit: EXIT.clean };
}
