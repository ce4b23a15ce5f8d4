import { applyScript, type Numbered, revertScript, type Scenario, type Session } from '../apply/index.ts';
import { contentFacts, type Facts } from '../proof/index.ts';
import type { Finding } from '../report/index.ts';
import { changedObjects, changedStates, differing, oddShapes, rewrittenLedgers } from './classes.ts';
import { type Bench, type ProofItem, type StageResult, timed } from './stage.ts';
import { type Added, addedToLedgers, type Rows, readRows } from './tables.ts';

/** What the database was before a runtime script, to compare with after its revert. */
export interface Before {
  one: Numbered;
  facts: Facts;
  rows: Rows;
}

interface Found {
  findings: Finding[];
  scenarios: Scenario[];
  /** What it added to ledgers. */
  ledgers: Added[];
}

/**
 * Applies every runtime script twice, in order of number. The first run changes no earlier row of a ledger
 * and makes runtime objects of their parents' shape; the second changes no row of any table.
 */
export async function proveRuntime(bench: Bench): Promise<StageResult & { before: Before[] }> {
  const session = await bench.connect(bench.database);
  const items: ProofItem[] = [];
  const findings: Finding[] = [];
  const before: Before[] = [];
  try {
    for (const one of bench.project.runtime) {
      const was = { one, facts: await contentFacts(session.client), rows: await readRows(session.client) };
      before.push(was);
      const [found, milliseconds] = await timed(bench.progress, `apply twice  ${one.name}`, async (mark) => {
        const result = await applyTwice(session, was);
        if (result.findings.length > 0) mark('FAILED');
        return result;
      });
      const { findings: wrong, ...evidence } = found;
      const verdict = wrong.length === 0 ? 'idempotent' : 'failed';
      items.push({ stage: 'runtime', name: one.name, verdict, milliseconds, ...evidence });
      findings.push(...wrong);
    }
    return { items, findings, before };
  } finally {
    await session.client.end();
  }
}

/**
 * Reverts every runtime script, newest first: the catalog and the rows of `state` tables must be as before
 * it (runtime objects and declared stamps aside), and no ledger may lose a row unless `Destroys:` says so.
 */
export async function proveReverts(bench: Bench, before: Before[]): Promise<StageResult> {
  const session = await bench.connect(bench.database);
  const items: ProofItem[] = [];
  const findings: Finding[] = [];
  // What a newer script left is there below every older one too: only the newest is to blame for it.
  const blamed = new Set<string>();
  try {
    let rows = await readRows(session.client);
    for (const was of before.toReversed()) {
      const { one } = was;
      const [found, milliseconds] = await timed(bench.progress, `revert  ${one.name}`, async (mark) => {
        const scenarios = await revertScript(session, one);
        const after = await readRows(session.client);
        const changed = [
          ...changedObjects(was, await contentFacts(session.client), after),
          ...changedStates(was.rows, after),
        ].filter((object) => !blamed.has(object));
        for (const object of changed) blamed.add(object);
        const result = [
          ...failedScenarios(one.rollback!.file, scenarios),
          ...changed.map((object) => notReverted(one, object)),
          ...rewrittenLedgers(rows, after, one.rollback!.file, one.rollback!.headers.Destroys),
        ];
        if (result.length > 0) mark('NOT EQUAL');
        const ledgers = await addedToLedgers(session.client, rows, after);
        rows = after;
        return { findings: result, scenarios, ledgers };
      });
      const { findings: wrong, ...evidence } = found;
      const verdict = wrong.length === 0 ? 'reverted' : 'not-equal';
      items.push({ stage: 'reverts', name: one.name, verdict, milliseconds, ...evidence });
      findings.push(...wrong);
    }
    return { items, findings };
  } finally {
    await session.client.end();
  }
}

async function applyTwice(session: Session, { one, facts, rows: before }: Before): Promise<Found> {
  const { client } = session;
  const { file } = one.file;
  const scenarios = await applyScript(session, one);
  const first = await readRows(client);
  const ledgers = await addedToLedgers(client, before, first);
  const shapes = await oddShapes(client, facts, first, file);
  await applyScript(session, one);
  const second = await readRows(client);
  const findings = [
    ...failedScenarios(file, scenarios),
    ...rewrittenLedgers(before, first, file, one.file.headers.Destroys),
    ...shapes,
    ...differing(first, second).map((table) => notIdempotent(file, table)),
  ];
  return { scenarios, ledgers, findings };
}

const notIdempotent = (file: string, table: string): Finding => ({
  code: 'not_idempotent',
  message: `a second run of ${file} changes rows of ${table}`,
  file,
  object: table,
  next: 'make the script write only what is not there yet',
});

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
