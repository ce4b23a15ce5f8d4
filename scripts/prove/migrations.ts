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
    case 'not-inverted': {
      if (!(step.error instanceof IuError)) throw step.error;
      const [cause] = step.error.findings;
      const message = `${rollback} fails: ${cause?.message ?? step.error.message}`;
      return [{ ...cause, code: 'rollback_failed', message, file: rollback }];
    }
    case 'not-equal':
      return step.facts.map((fact) => ({ ...factFinding(fact), file: rollback }));
  }
}

function factFinding({ object, field, before, after }: FactChange): Finding {
  const shown = (value: string | null) => (value === null ? 'nothing' : value);
  return {
    code: 'not_rolled_back',
    message: `the rollback does not give back ${field} of ${object}`,
    object,
    detail: `expected: ${shown(before)}\nfound:    ${shown(after)}`,
    next: 'complete the rollback file',
  };
}
