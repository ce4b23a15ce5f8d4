import {
  assertSound,
  graphileSettings,
  hashFindings,
  loadProject,
  openSession,
  type Project,
  recordSeal,
  type Session,
} from '../apply/index.ts';
import { append, type Event, readChain } from '../evidence/index.ts';
import { connect, createDatabase, dropDatabase, identify, uniqueName } from '../postgres/index.ts';
import {
  type Bench,
  proveMigrations,
  proveProbes,
  proveReverts,
  proveRuntime,
  proveTests,
  type StageResult,
} from '../prove/index.ts';
import { type Evidence, EXIT, IuError, type Outcome } from '../report/index.ts';
import { open } from './connection.ts';
import type { Context, Verb } from './verb.ts';

/** What this proof does not look at; a receipt that kept silent about it would claim it. */
const NOT_PROVEN = [
  'rows that neither runtime/ nor test/seed.sql brings: a rollback that loses such rows is not caught',
  'where sequences stand after a rollback or a revert',
  'what no probe envelope can see (docs/iu-probe.md, Not observed), and what each probe lists as not observed',
];

export const prove: Verb = {
  name: 'prove',
  leavesReceipt: true,
  summary: 'prove the whole project on a disposable server, and write a receipt',
  async run(context): Promise<Outcome> {
    const project = await loadProject(context.root);
    project.findings.push(...hashFindings(project.migrations));
    assertSound(project);
    const bench = await openBench(context, project);
    const result = await runStages(bench);
    const { chain, seal } = await closeLedger(bench, result);
    await dropDatabase(bench.admin, bench.database);
    const verdict = result.findings.length === 0 ? 'proven' : 'not proven';
    const exit = result.findings.length === 0 ? EXIT.clean : EXIT.finding;
    const evidence = {
      files: fileDigests(project),
      seal,
      notRun: result.notRun,
      notProven: NOT_PROVEN,
      chain,
    };
    return { verdict, exit, items: result.items, findings: result.findings, evidence };
  },
};

async function openBench(context: Context, project: Project): Promise<Bench> {
  const { target, client } = await open(context, 'prove');
  if (!target.disposable) {
    const message = `${target.describe()} is no disposable server: a proof makes roles and databases and drops them`;
    const next = 'leave out --target, or give embedded:BINDIR or container:IMAGE of the same major';
    throw new IuError('usage', { code: 'not_disposable', message, next });
  }
  const database = uniqueName('iu_prove');
  await createDatabase(client, database);
  return {
    project,
    target,
    admin: client,
    database,
    settings: await graphileSettings(context.root, target.database(database)),
    progress: context.progress,
    async connect(name): Promise<Session> {
      const connection = await connect(target.database(name), { application_name: 'iu prove' });
      return openSession(connection, await identify(connection), false);
    },
  };
}

/** Runs the stages in order; one that breaks off ends the proof, and those after it are named as not run. */
async function runStages(bench: Bench): Promise<StageResult & { notRun: string[] }> {
  const all: StageResult = { items: [], findings: [] };
  let before: Awaited<ReturnType<typeof proveRuntime>>['before'] = [];
  const stages: Array<[string, () => Promise<StageResult>]> = [
    ['migrations', () => proveMigrations(bench)],
    [
      'runtime scripts',
      async () => {
        const result = await proveRuntime(bench);
        before = result.before;
        return result;
      },
    ],
    ['sandbox probes', () => proveProbes(bench)],
    ['pgTAP tests', () => proveTests(bench)],
    ['reverts of the runtime scripts', () => proveReverts(bench, before)],
  ];
  for (const [index, [name, stage]] of stages.entries()) {
    const notRun = () => stages.slice(index + 1).map(([later]) => later);
    bench.progress.line(name);
    try {
      const result = await stage();
      all.items.push(...result.items);
      all.findings.push(...result.findings);
      if (result.brokenOff) return { ...all, notRun: notRun() };
    } catch (error) {
      if (!(error instanceof IuError)) throw error;
      all.findings.push(...error.findings);
      return { ...all, notRun: notRun() };
    }
  }
  return { ...all, notRun: [] };
}

/** The ledger's last word on this proof, and the whole chain, so that the receipt can cite and carry it. */
async function closeLedger(
  bench: Bench,
  result: StageResult,
): Promise<{ chain: Event[]; seal: string | null }> {
  const session = await bench.connect(bench.database);
  try {
    const detail = JSON.stringify({ items: result.items.length, findings: result.findings.length });
    const seal = await recordSeal(session);
    await append(session.client, session.runId, 'prove', '', 'started', { server: session.server });
    await append(
      session.client,
      session.runId,
      'prove',
      '',
      result.findings.length === 0 ? 'done' : 'failed',
      { detail },
    );
    return { chain: await readChain(session.client), seal };
  } finally {
    await session.client.end();
  }
}

const fileDigests = (project: Project): Evidence['files'] =>
  [
    project.roles,
    ...[...project.migrations, ...project.runtime, ...project.probes].flatMap((one) => [
      one.file,
      one.rollback,
    ]),
  ]
    .filter((file) => file !== null)
    .map(({ file, sha256, digest }) => ({ file, sha256, digest }));
