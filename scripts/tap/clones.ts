import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import {
  connectionLost,
  createDatabase,
  dropDatabase,
  uniqueName,
  withConnection,
} from '../postgres/index.ts';
import { EXIT, IuError } from '../report/index.ts';
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
  const calls: Calls = new Map();
  const queue = [...run.files];
  const notRun: string[] = [];
  // How many clones are being made for files that are still in the queue.
  let ahead = 0;
  const worker = () =>
    withConnection(server.url, async (admin) => {
      let spare: Promise<string> | null = null;
      const take = () => {
        const clone = spare ?? cloneDatabase(admin, template.name);
        if (spare) ahead -= 1;
        spare = null;
        return clone;
      };
      for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
        const source = await readOrRefuse(run.root, file);
        let result = 'ok' in source ? source : null;
        if (!('ok' in source)) {
          const clone = await take();
          if (queue.length > ahead) {
            // While this file runs the clone for the next one is made.
            ahead += 1;
            spare = cloneDatabase(admin, template.name);
            spare.catch(() => {}); // told to the one that takes it
          }
          const ran = await runOn({ server, template, calls }, server.database(clone), source, run.seconds);
          await spare;
          result = await dropClone(admin, clone, ran);
        }
        results.set(file, result!);
        run.onFile(result!);
        if (result!.bailedOut !== null) notRun.push(...queue.splice(0));
      }
      if (spare) await dropDatabase(admin, await spare);
    });
  await Promise.all(Array.from({ length: Math.min(run.jobs, run.files.length) }, worker));
  return {
    files: run.files.flatMap((file) => results.get(file) ?? []),
    notRun,
    coverage: judgeCoverage(template.functions, calls),
  };
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
