import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createDatabase, uniqueName, withConnection, withDatabase } from '../../../scripts/postgres/index.ts';
import {
  type FileResult,
  prepareTemplate,
  runOnClones,
  type Suite,
  type Template,
} from '../../../scripts/tap/index.ts';
import { freshDatabase, query, type TestServer } from '../support/index.ts';

/** A folder of the calling test's own with these files; removed when the test is over. */
export function folder(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'iu-tap-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

interface Options {
  /** SQL that makes what is tested, in the template. */
  schema?: string;
  seconds?: number;
  jobs?: number;
  /** The files to run, when not all of them. */
  run?: string[];
}

/** Databases of this run that are still there when it is over. */
type Ran = Suite & { left: string[] };

const targetOf = (server: TestServer) => ({
  url: server.url,
  database: (name: string) => withDatabase(server.url, name),
});

/** By server: an empty database with pgTAP, made once for a test process; it ends with the server. */
const bases = new Map<TestServer, Promise<Template>>();

async function makeBase(server: TestServer): Promise<Template> {
  const name = uniqueName('iu_tap_base');
  await withConnection(server.url, (admin) => createDatabase(admin, name));
  return prepareTemplate(targetOf(server), name);
}

/** Runs test files on clones of a database with `schema` in it. */
export async function runTests(
  server: TestServer,
  files: Record<string, string>,
  { schema, seconds = 30, jobs = 2, run = Object.keys(files) }: Options = {},
): Promise<Ran> {
  const base = bases.get(server) ?? makeBase(server);
  bases.set(server, base);
  let template = await base;
  if (schema) {
    const { name, url } = await freshDatabase(server, template.name);
    await query(url, schema);
    template = await prepareTemplate(targetOf(server), name);
  }
  const what = { root: folder(files), files: run, seconds, jobs, onFile: () => {} };
  const suite = await runOnClones(targetOf(server), template, what);
  const left = await query(server.url, 'select datname from pg_database where starts_with(datname, $1)', [
    `${template.name}_`,
  ]);
  return { ...suite, left: left.map(({ datname }) => String(datname)) };
}

/** The same for one file, with its result. */
export async function runTest(server: TestServer, text: string, options: Options = {}): Promise<FileResult> {
  const { files } = await runTests(server, { 'article.sql': text }, options);
  return files[0]!;
}
