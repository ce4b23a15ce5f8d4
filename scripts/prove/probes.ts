import { explain, type Numbered, type Session, scenariosIn } from '../apply/index.ts';
import { createDatabase, dropDatabase } from '../postgres/index.ts';
import { openWitness, type ProbeItem, reportProbe, runProbe, type Witness } from '../proof/index.ts';
import type { Finding } from '../report/index.ts';
import { type Bench, type ProofItem, type StageResult, timed } from './stage.ts';

/** Runs every sandbox probe inside the envelope, on a clone of the database and with a witness. */
export async function proveProbes(bench: Bench): Promise<StageResult> {
  const clone = `${bench.database}_probes`;
  await createDatabase(bench.admin, clone, { template: bench.database });
  const session = await bench.connect(clone);
  const watching = await bench.connect(clone);
  const items: ProofItem[] = [];
  const findings: Finding[] = [];
  try {
    const opened = await openWitness(watching.client);
    for (const one of bench.project.probes) {
      const [found, milliseconds] = await timed(bench.progress, `probe  ${one.name}`, async (mark) => {
        const result = await probe(session, one, opened.witness ?? opened.missing);
        if (result.findings.length > 0) mark(result.verdict.toUpperCase());
        return result;
      });
      const { item, verdict } = found;
      items.push({ ...item, stage: 'probes', name: one.name, verdict, milliseconds });
      findings.push(...found.findings);
    }
    await opened.witness?.close();
    return { items, findings };
  } finally {
    await session.client.end();
    await watching.client.end();
    await dropDatabase(bench.admin, clone);
  }
}

async function probe(
  { client }: Session,
  { file }: Numbered,
  witness: Witness | string,
): Promise<{ item: ProbeItem; verdict: string; findings: Finding[] }> {
  const run = await runProbe(client, file, {
    witness,
    run: async (statement) => {
      const result = await client.query(statement.text).catch((error: unknown) => {
        throw explain(error, file, statement);
      });
      return result.rows;
    },
  });
  const { item, findings } = reportProbe(file, run, scenariosIn(run.rows));
  const failed = item.scenarios.some(({ ok }) => !ok);
  return { item, findings, verdict: failed && /^clean/.test(item.verdict) ? 'failed' : item.verdict };
}
