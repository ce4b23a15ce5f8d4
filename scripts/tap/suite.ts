import { connectionLost, withConnection } from '../postgres/index.ts';
import { EXIT, IuError } from '../report/index.ts';
import { type Clones, clonesOf } from './clones.ts';
import {
  addCalls,
  type Calls,
  type CoveredFunction,
  judgeCoverage,
  type Tracked,
  trackedFunctions,
} from './coverage.ts';
import { installPgtap } from './pgtap.ts';
import { addTrouble, type FileResult, judgeFile, refusedFile } from './result.ts';
import { runPieces } from './run.ts';
import { openSession, type TestSession } from './session.ts';
import { readSource, type Source } from './source.ts';

/** What the files of one run have in common. */
export interface Run {
  /** The folder that file names and `\i` are relative to. */
  root: string;
  files: string[];
  /** The time of one file. */
  seconds: number;
  /** Called as each file ends. */
  onFile(result: FileResult): void;
}

export interface Suite {
  /** In the order they were given. */
  files: FileResult[];
  /** Files that were not started because another bailed out. */
  notRun: string[];
  /** Null where calls cannot be told apart from those of others. */
  coverage: CoveredFunction[] | null;
}

/** A database to clone, with pgTAP in it and nobody connected. */
export interface Template {
  name: string;
  /** Where pgTAP is. */
  schema: string;
  functions: Tracked[];
}

/** The server the clones are made on. */
export interface Server {
  /** A database that is no template: the clones are made from there. */
  url: string;
  database(name: string): string;
}

/** Makes the database `name` ready to be cloned: loads pgTAP into it and lists its functions. */
export async function prepareTemplate(server: Server, name: string): Promise<Template> {
  return withConnection(server.database(name), async (client) => {
    const { schema } = await installPgtap(client);
    return { name, schema, functions: await trackedFunctions(client) };
  });
}

/**
 * Runs every file on a clone of its own, `jobs` of them at a time, and drops the clones. For disposable
 * servers: it needs a superuser, nobody may be connected to the template, and roles are shared by all clones.
 * After a file that bails out none is started.
 */
export async function runOnClones(
  server: Server,
  template: Template,
  run: Run & { jobs: number },
): Promise<Suite> {
  const results = new Map<string, FileResult>();
  const bench: Bench = { server, template, seconds: run.seconds, calls: new Map() };
  const queue = [...run.files];
  const notRun: string[] = [];
  const jobs = Math.min(run.jobs, run.files.length);
  const work = async (clones: Clones) => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const source = await readOrRefuse(run.root, file);
      const result = 'ok' in source ? source : await onClone(bench, clones, source, queue.length >= jobs);
      results.set(file, result);
      run.onFile(result);
      if (result.bailedOut !== null) notRun.push(...queue.splice(0));
    }
    await clones.close();
  };
  const worker = () => withConnection(server.url, (admin) => work(clonesOf(admin, template.name)));
  await Promise.all(Array.from({ length: jobs }, worker));
  return {
    files: run.files.flatMap((file) => results.get(file) ?? []),
    notRun,
    coverage: judgeCoverage(template.functions, bench.calls),
  };
}

interface Bench {
  server: Server;
  template: Template;
  seconds: number;
  calls: Calls;
}

async function onClone(bench: Bench, clones: Clones, source: Source, more: boolean): Promise<FileResult> {
  const clone = await clones.take();
  if (more) clones.begin();
  const result = await runOn(bench, bench.server.database(clone), source);
  try {
    await clones.drop(clone);
    return result;
  } catch (error) {
    const message = `${source.file}: ${error instanceof Error ? error.message : error}`;
    const next = 'let the test undo what outlives its session (a prepared transaction, a slot)';
    return addTrouble(result, { code: 'clone_not_dropped', message, file: source.file, next });
  }
}

async function runOn(bench: Bench, url: string, source: Source): Promise<FileResult> {
  const session = await openSession(url, bench.template.schema);
  try {
    const started = performance.now();
    const ran = await runPieces(session, source.pieces, { seconds: bench.seconds, url: bench.server.url });
    const result = judgeFile(source.file, ran, performance.now() - started);
    await countCalls(bench, url, session);
    return result;
  } finally {
    await session.client.end().catch(() => {});
  }
}

/** Through the test's own session, or, where a crash ended that, through another once it is gone. */
async function countCalls({ server, calls }: Bench, url: string, session: TestSession): Promise<void> {
  try {
    await addCalls(session.client, calls);
  } catch (error) {
    if (!connectionLost(error)) throw error;
    await withConnection(server.url, async (admin) => {
      const gone = 'select not exists (select from pg_stat_activity where pid = $1) as gone';
      while (!(await admin.query(gone, [session.pid])).rows[0].gone);
    });
    await withConnection(url, (client) => addCalls(client, calls));
  }
}

/** The file, ready to run; or, as a result, why it is not run. Throws what is a bug. */
export async function readOrRefuse(root: string, file: string): Promise<Source | FileResult> {
  try {
    return await readSource(root, file);
  } catch (error) {
    if (!(error instanceof IuError) || error.exit === EXIT.bug) throw error;
    return refusedFile(file, error.findings);
  }
}
