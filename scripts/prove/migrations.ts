import {
  applyMigration,
  type Numbered,
  prepareDatabase,
  rollbackMigration,
  type Session,
} from '../apply/index.ts';
import { climb, type FactChange, type StepVerdict } from '../proof/index.ts';
import { type Finding, IuError } from '../report/index.ts';
import { type Bench, type ProofItem, type StageResult, timed } from './stage.ts';

/** Every migration up, down and up again, the catalog compared by its content. Ends with all applied. */
export async function proveMigrations(bench: Bench): Promise<StageResult> {
  const session = await bench.connect(bench.database);
  try {
    await prepareDatabase(session.client, bench.project, bench.settings);
    const items: ProofItem[] = [];
    const findings: Finding[] = [];
    for (const one of bench.project.migrations) {
      const [step, milliseconds] = await timed(bench.progress, `up, down, up  ${one.name}`, async (mark) => {
        const verdict = await climbOne(bench, session, one);
        if (verdict.verdict !== 'equal') mark(verdict.verdict.toUpperCase());
        return verdict;
      });
      const { verdict, facts } = step;
      items.push({ stage: 'migrations', name: one.name, verdict, milliseconds, facts });
      findings.push(...stepFindings(one, step));
      if (verdict === 'not-reapplied') return { items, findings, brokenOff: true };
    }
    return { items, findings };
  } finally {
    await session.client.end();
  }
}

const climbOne = (bench: Bench, session: Session, one: Numbered): Promise<StepVerdict> =>
  climb(session.client, {
    name: one.name,
    up: () => applyMigration(session, bench.project, bench.settings, one),
    down: () => rollbackMigration(session, one),
  });

function stepFindings(one: Numbered, step: StepVerdict): Finding[] {
  const rollback = one.rollback?.file ?? '';
  switch (step.verdict) {
    case 'equal':
      return [];
    case 'empty': {
      const message = `${one.file.file} changes nothing in the catalog, so its rollback proves nothing`;
      const next = 'move what it does with rows into a runtime script';
      return [{ code: 'empty_up', message, file: one.file.file, next }];
    }
    case 'not-inverted':
      return [failure(step.error, 'rollback_failed', rollback, 'fails')];
    case 'not-reapplied':
      return [
        failure(step.error, 'not_reapplied', rollback, 'leaves a database that the migration fails on'),
        ...step.facts.map((fact) => factFinding(fact, rollback)),
      ];
    case 'not-equal':
      return step.facts.map((fact) => factFinding(fact, rollback));
  }
}

/** What the server said of a file that failed on the staircase, told of its rollback. */
function failure(error: unknown, code: string, file: string, what: string): Finding {
  if (!(error instanceof IuError)) throw error;
  const [cause] = error.findings;
  return { ...cause, code, message: `${file} ${what}: ${cause?.message ?? error.message}`, file };
}

function factFinding({ object, field, before, after }: FactChange, file: string): Finding {
  const shown = (value: string | null) => (value === null ? 'nothing' : value);
  return {
    code: 'not_rolled_back',
    message: `the rollback does not give back ${field} of ${object}`,
    file,
    object,
    detail: `expected: ${shown(before)}\nfound:    ${shown(after)}`,
    next: 'complete the rollback file',
  };
}
