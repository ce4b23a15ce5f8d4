import { explain, type Numbered, type Scenario, type Session, scenariosIn } from '../apply/index.ts';
import { createDatabase, dropDatabase } from '../postgres/index.ts';
import { type ProbeRun, runProbe } from '../proof/index.ts';
import { type Finding, IuError } from '../report/index.ts';
import { failedScenarios } from './runtime.ts';
import { type Bench, type ProofItem, type StageResult, timed } from './stage.ts';

/** Runs every sandbox probe on a clone of the database and looks whether it left anything. */
export async function proveProbes(bench: Bench): Promise<StageResult> {
  const clone = `${bench.database}_probes`;
  await createDatabase(bench.admin, clone, { template: bench.database });
  const session = await bench.connect(clone);
  const items: ProofItem[] = [];
  const findings: Finding[] = [];
  try {
    for (const one of bench.project.probes) {
      const [found, milliseconds] = await timed(bench.progress, `probe  ${one.name}`, async (mark) => {
        const result = await probe(session, one);
        if (result.findings.length > 0) mark(result.verdict.toUpperCase());
        return result;
      });
      const { findings: wrong, ...evidence } = found;
      items.push({ stage: 'probes', name: one.name, milliseconds, ...evidence });
      findings.push(...wrong);
    }
    return { items, findings };
  } finally {
    await session.client.end();
    await dropDatabase(bench.admin, clone);
  }
}

type Probed = Omit<ProbeRun, 'rows' | 'verdict'> & {
  verdict: string;
  scenarios: Scenario[];
  findings: Finding[];
};

async function probe({ client }: Session, one: Numbered): Promise<Probed> {
  const file = one.file.file;
  try {
    const { rows, ...run } = await runProbe(client, one.file, async (statement) => {
      const result = await client.query(statement.text).catch((error: unknown) => {
        throw explain(error, one.file, statement);
      });
      return result.rows;
    });
    const scenarios = scenariosIn(rows);
    const failed = failedScenarios(file, scenarios);
    const verdict = run.verdict === 'clean' && failed.length > 0 ? 'failed' : run.verdict;
    return { ...run, verdict, scenarios, findings: [...failed, ...leaks(file, run.residues)] };
  } catch (error) {
    if (!(error instanceof IuError)) throw error;
    return {
      verdict: 'failed',
      scenarios: [],
      findings: error.findings,
      residues: [],
      xid: null,
      xactStatus: null,
    };
  }
}

const leaks = (file: string, residues: ProbeRun['residues']): Finding[] =>
  residues.map((residue) => ({
    code: `residue_${residue.class.replace('-', '_')}`,
    message: `${file} left something behind: ${residue.object}: ${residue.detail}`,
    file,
    object: residue.object,
    next: 'a probe must undo all it does: take out what ROLLBACK does not undo',
  }));
