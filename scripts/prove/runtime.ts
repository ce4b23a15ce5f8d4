import type pg from 'pg';
import { applyScript, type Numbered, revertScript, type Scenario, type Session } from '../apply/index.ts';
import { contentFacts, diffFacts, type Facts, type TableDigest, tableDigests } from '../proof/index.ts';
import type { Finding } from '../report/index.ts';
import { type Bench, type ProofItem, type StageResult, timed } from './stage.ts';

type Digests = Map<string, TableDigest>;

/** What the database was before a runtime script, to compare with after its revert. */
export interface Before {
  one: Numbered;
  facts: Facts;
  digests: Digests;
}

/** Applies every runtime script twice, in order of number: the second time no row of any table may change. */
export async function proveRuntime(bench: Bench): Promise<StageResult & { before: Before[] }> {
  const session = await bench.connect(bench.database);
  const items: ProofItem[] = [];
  const findings: Finding[] = [];
  const before: Before[] = [];
  try {
    for (const one of bench.project.runtime) {
      before.push({
        one,
        facts: await contentFacts(session.client),
        digests: await governedRows(session.client),
      });
      const [found, milliseconds] = await timed(bench.progress, `apply twice  ${one.name}`, async (mark) => {
        const result = await applyTwice(session, one);
        if (result.findings.length > 0) mark('FAILED');
        return result;
      });
      const { scenarios } = found;
      const verdict = found.findings.length === 0 ? 'idempotent' : 'failed';
      items.push({ stage: 'runtime', name: one.name, verdict, milliseconds, scenarios });
      findings.push(...found.findings);
    }
    return { items, findings, before };
  } finally {
    await session.client.end();
  }
}

/** Reverts every runtime script, newest first: the catalog and the rows of `state` tables must be as before. */
export async function proveReverts(bench: Bench, before: Before[]): Promise<StageResult> {
  const session = await bench.connect(bench.database);
  const items: ProofItem[] = [];
  const findings: Finding[] = [];
  // What a newer script left is there below every older one too: only the newest is to blame for it.
  const blamed = new Set<string>();
  try {
    for (const { one, facts, digests } of before.toReversed()) {
      const [found, milliseconds] = await timed(bench.progress, `revert  ${one.name}`, async (mark) => {
        const scenarios = await revertScript(session, one);
        const changed = [
          ...diffFacts(facts, await contentFacts(session.client)).map((fact) => fact.object),
          ...differing(digests, await governedRows(session.client, 'state')),
        ].filter((object) => !blamed.has(object));
        for (const object of changed) blamed.add(object);
        const result = [
          ...failedScenarios(one.rollback!.file, scenarios),
          ...changed.map((object) => notReverted(one, object)),
        ];
        if (result.length > 0) mark('NOT EQUAL');
        return result;
      });
      const verdict = found.length === 0 ? 'reverted' : 'not-equal';
      items.push({ stage: 'reverts', name: one.name, verdict, milliseconds });
      findings.push(...found);
    }
    return { items, findings };
  } finally {
    await session.client.end();
  }
}

async function applyTwice(
  session: Session,
  one: Numbered,
): Promise<{ scenarios: Scenario[]; findings: Finding[] }> {
  const scenarios = await applyScript(session, one);
  const first = await governedRows(session.client);
  await applyScript(session, one);
  const changed = differing(first, await governedRows(session.client)).map((table) => ({
    code: 'not_idempotent',
    message: `a second run of ${one.file.file} changes rows of ${table}`,
    file: one.file.file,
    object: table,
    next: 'make the script write only what is not there yet',
  }));
  return { scenarios, findings: [...failedScenarios(one.file.file, scenarios), ...changed] };
}

/** Digests of the rows of every table but the harness's own; of one declared class when it is given. */
async function governedRows(client: pg.Client, only?: string): Promise<Digests> {
  const digests = await tableDigests(client);
  const classes = await declaredClasses(client);
  return new Map(
    [...digests].filter(
      ([table]) =>
        !/^(iu_ledger|graphile_migrate)\./.test(table) && (!only || (classes.get(table) ?? only) === only),
    ),
  );
}

/** state, ledger or runtime-object, as the schema itself declares it; a table it does not know counts as state. */
async function declaredClasses(client: pg.Client): Promise<Map<string, string>> {
  const { rows: there } = await client.query(
    "select to_regclass('iu_core.governed_table') is not null as there",
  );
  if (!there[0].there) return new Map();
  const { rows } = await client.query('select table_name, class from iu_core.governed_table');
  return new Map(rows.map((row) => [row.table_name, row.class]));
}

const differing = (before: Digests, after: Digests): string[] =>
  [...after.keys()].filter((table) => before.get(table)?.digest !== after.get(table)?.digest).sort();

export function failedScenarios(file: string, scenarios: Scenario[]): Finding[] {
  return scenarios
    .filter((scenario) => !scenario.ok)
    .map(({ scenario, detail }) => ({
      code: 'scenario_failed',
      message: `${scenario}: not as it must be${detail ? ` (${detail})` : ''}`,
      file,
    }));
}

function notReverted(one: Numbered, object: string): Finding {
  return {
    code: 'not_reverted',
    message: `after ${one.rollback?.file} ${object} is not what it was before ${one.file.file}`,
    file: one.rollback?.file ?? '',
    object,
    next: 'complete the rollback file',
  };
}
