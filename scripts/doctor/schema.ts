import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { scenariosIn } from '../apply/index.ts';
import type { Identity } from '../postgres/index.ts';
import type { Finding } from '../report/index.ts';
import { type Check, each, joined, judged, notChecked, type Part, tried } from './check.ts';

/** A row of fn_deployment_grant_probe(). */
export interface Delta {
  delta: string;
  grantee: string;
  object_type: string;
  object: string;
  privilege: string | null;
  ddl: string | null;
}

interface Gate {
  key: string;
  policy: string;
  state: string;
  until: Date | null;
  holder: string | null;
  since: Date | null;
  reason: string | null;
  safe: boolean;
}

interface Callable {
  name: string;
  may: boolean;
  roles: string[];
}

const PROBE = 'fn_deployment_grant_probe';
const GATES = 'fn_iu_gate_list';
/** Covered by the two above, row by row. */
const COVERED = ['fn_iu_check_grants', 'fn_iu_check_gates'];
const FIRST = ['roles', 'grants', 'locks', 'gates'];

/** The runtime script that fills what a check finds empty. */
const SCRIPTS: Record<string, string> = {
  vocabulary: 'apply runtime/002_vocabulary.sql, or put right what it says',
};

const sql = (name: string) => readFile(new URL(name, import.meta.url), 'utf8');

/**
 * Everything the schema's own checks say: each `fn_iu_check_…` of workflow_admin, the grant probe and the
 * gates. One that this login may not call is a check that could not be made, with the grant it takes.
 */
export async function schema(
  client: pg.Client,
  identity: Identity,
  pending: number | null,
): Promise<Part & { deltas: Delta[] | null }> {
  const { rows } = await client.query<Callable>(await sql('./callable.sql'));
  let deltas: Delta[] | null = null;
  const parts = new Map<string, Part>();
  const absent = (name: string): Callable =>
    rows.find((one) => one.name === name) ?? { name, may: false, roles: [] };
  const all = [
    ...rows.filter(({ name }) => name !== PROBE && name !== GATES && !COVERED.includes(name)),
    absent(PROBE),
    absent(GATES),
  ];
  for (const one of all) {
    const group = groupOf(one.name);
    const missing = whyNot(one, rows, identity, pending);
    if (missing) {
      parts.set(group, missing);
      continue;
    }
    const work: Record<string, () => Promise<Part>> = {
      [PROBE]: async () => {
        deltas = (await client.query<Delta>(`select * from public.${PROBE}()`)).rows;
        return grants(deltas);
      },
      [GATES]: async () => gates((await client.query<Gate>(`select * from public.${GATES}()`)).rows),
    };
    parts.set(
      group,
      await tried(client, group, work[one.name] ?? (() => scenarios(client, one.name, group))),
    );
  }
  const place = (group: string) => (FIRST.includes(group) ? FIRST.indexOf(group) : FIRST.length);
  const ordered = [...parts].sort(([a], [b]) => place(a) - place(b)).map(([, part]) => part);
  return { ...joined(ordered), deltas };
}

const groupOf = (name: string): string => {
  if (name === PROBE) return 'grants';
  return name === GATES ? 'gates' : name.replace('fn_iu_check_', '');
};

/** What keeps a check from being made: it is not there, or not for this login. */
function whyNot(one: Callable, there: Callable[], identity: Identity, pending: number | null): Part | null {
  const group = groupOf(one.name);
  const shown = `public.${one.name}()`;
  if (one.may) return null;
  if (!there.includes(one)) {
    if (pending !== 0 && pending !== null) {
      const detail = `${shown} comes with a migration that is pending`;
      return { checks: [{ group, check: group, ok: null, detail }], findings: [] };
    }
    const next = 'npm run iu -- status; who dropped it, or owns it now, is to be found out';
    const detail = `${shown} is not there, or does not belong to workflow_admin`;
    return judged(
      { group, check: group, ok: false, detail, next },
      { code: 'missing_function', object: shown },
    );
  }
  const user = pg.escapeIdentifier(identity.user);
  const next = `have a DBA run: grant ${one.roles[0] ?? 'workflow_admin'} to ${user}`;
  return notChecked(group, group, `user ${identity.user} may not call ${shown}`, next);
}

async function scenarios(client: pg.Client, name: string, group: string): Promise<Part> {
  const { rows } = await client.query(`select * from public.${pg.escapeIdentifier(name)}()`);
  const next = SCRIPTS[group] ?? `put right what it says; then select * from public.${name}()`;
  return joined(
    scenariosIn(rows).map(({ scenario, ok, detail }) =>
      judged(
        { group, check: scenario, ok, detail: detail ?? '', ...(ok ? {} : { next }) },
        { code: 'check_failed', object: `public.${name}()` },
      ),
    ),
  );
}

const WORDS: Record<string, (one: Delta) => string> = {
  missing: ({ grantee, privilege, object }) => `${grantee} is not granted ${privilege} on ${object}`,
  excess: ({ grantee, privilege, object }) =>
    `${grantee} has ${privilege} on ${object}, which nobody expects`,
  missing_object: ({ object_type, object }) => `${object_type} ${object} is not there`,
  missing_role: ({ object }) => `role ${object} is not there`,
  wrong_owner: ({ grantee, object_type, object }) =>
    `${object_type} ${object} belongs to ${grantee}, not to workflow_admin`,
  default_privileges: ({ grantee, privilege, object }) =>
    `${object} that workflow_admin will create are granted to ${grantee} (${privilege})`,
};

/** Each delta a finding; its next step is the statement, and who may run it. */
function grants(deltas: Delta[]): Part {
  const findings = deltas.map(
    (one): Finding => ({
      code: `grant_${one.delta}`,
      message: WORDS[one.delta]?.(one) ?? `${one.delta} of ${one.grantee} on ${one.object}`,
      object: one.object,
      next: one.ddl ?? 'npm run iu -- status says which migration makes it; npm run iu -- migrate',
    }),
  );
  return each('grants', 'what is granted is what the matrix says', findings);
}

/** An open gate is somebody's decision and is shown; one that may never be open is a finding. */
function gates(rows: Gate[]): Part {
  if (rows.length === 0) {
    const next = 'apply runtime/003_gates.sql';
    return judged(
      { group: 'gates', check: 'gates are declared', ok: false, detail: 'none is', next },
      { code: 'no_gates' },
    );
  }
  return joined(
    rows.map((gate) => {
      const may = gate.policy === 'standing' || gate.policy === 'lease';
      const held = gate.state === 'open' || gate.state === 'lapsed';
      const detail = [
        `${gate.state}, policy ${gate.policy}`,
        held && `by ${gate.holder} since ${gate.since?.toISOString()}: ${gate.reason}`,
        held && (gate.until ? `until ${gate.until.toISOString()}` : 'until somebody closes it'),
      ].filter(Boolean);
      const next =
        may && held
          ? `npm run iu -- gate close ${gate.key} --because "…"`
          : 'somebody went around the functions: find out who, and set the key to false';
      const check: Check = {
        group: 'gates',
        check: gate.key,
        ok: may ? (gate.state === 'open' ? null : true) : gate.safe,
        detail: detail.join(', '),
        ...(gate.safe && !held ? {} : { next }),
      };
      return judged(check, { code: 'gate_unsafe', object: gate.key });
    }),
  );
}
