import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import {
  applyMigration,
  applyScript,
  assertSound,
  graphileSettings,
  loadProject,
  openSession,
  prepareDatabase,
} from '../apply/index.ts';
import { connect, createDatabase, identify, uniqueName } from '../postgres/index.ts';
import { EXIT, IuError, type Outcome } from '../report/index.ts';
import {
  describeCoverage,
  describeFile,
  findTests,
  prepareTemplate,
  type Run,
  renderJunit,
  renderTap,
  runDirectly,
  runOnClones,
  type Suite,
  testItem,
} from '../tap/index.ts';
import { type Connection, openForWriting, waitOption, wholeNumber } from './connection.ts';
import type { Context, Verb } from './verb.ts';

export const test: Verb = {
  name: 'test',
  summary: 'run pgTAP tests, each file on a clone of its own',
  configure: (command) =>
    void command
      .argument('[paths...]', 'test files (.sql, .pg), or folders with them (default: test/pgtap)')
      .option('--jobs <n>', 'how many files at a time (default: one per core)', wholeNumber)
      .option('--timeout <seconds>', 'how long one file may take', wholeNumber, 60)
      .option('--tap <file>', 'write TAP 14 into this file')
      .option('--junit <file>', 'write JUnit XML into this file')
      .option('--coverage', 'list every function and whether a test called it')
      .addOption(waitOption()),
  async run(context, options, paths): Promise<Outcome> {
    const jobs = atLeastOne('--jobs', Number(options.jobs ?? availableParallelism()));
    const run: Run = {
      root: context.root,
      files: await findTests(context.root, paths.length > 0 ? paths : ['test/pgtap']),
      seconds: atLeastOne('--timeout', Number(options.timeout)),
      onFile: (result) => context.progress.line(describeFile(result)),
    };
    const connection = await openForWriting(context, 'test', options.wait as number);
    const suite = connection.target.disposable
      ? await onClones(context, connection, { ...run, jobs })
      : await runDirectly(connection.client, connection.target.url, context.scope, run);
    const write = (file: unknown, text: string) =>
      typeof file === 'string' ? writeFile(resolve(context.root, file), text) : Promise.resolve();
    await write(options.tap, renderTap(suite.files, suite.notRun));
    await write(options.junit, renderJunit(suite.files));
    return judged(context, suite, options.coverage === true);
  },
};

/** The template is the project, all of it applied; where there is none, an empty database. */
async function onClones(
  context: Context,
  { client, target }: Connection,
  run: Run & { jobs: number },
): Promise<Suite> {
  const name = uniqueName('iu_test_template');
  await createDatabase(client, name);
  if (existsSync(join(context.root, 'migrations/committed'))) {
    await context.progress.step('apply migrations and runtime scripts', () =>
      applyProject(context.root, target.database(name)),
    );
  }
  const template = await context.progress.step('load pgTAP', () => prepareTemplate(target, name));
  return runOnClones(target, template, run);
}

async function applyProject(root: string, url: string): Promise<void> {
  const project = await loadProject(root);
  assertSound(project);
  const settings = await graphileSettings(root, url);
  const client = await connect(url, { application_name: 'iu test' });
  try {
    await prepareDatabase(client, project, settings);
    const session = openSession(client, await identify(client), false);
    for (const one of project.migrations) await applyMigration(session, project, settings, one);
    for (const one of project.runtime) await applyScript(session, one);
  } finally {
    await client.end();
  }
}

function judged({ progress }: Context, suite: Suite, withCoverage: boolean): Outcome {
  const { files, notRun, coverage } = suite;
  const findings = files.flatMap((file) => file.findings);
  if (notRun.length > 0) {
    const message = `a test bailed out, so ${notRun.length} files were not run: ${notRun.join(', ')}`;
    findings.push({ code: 'not_run', message, next: 'put right what it bailed out for, and run all again' });
  }
  progress.line(
    coverage ? describeCoverage(coverage) : 'coverage: not observed, as others call functions here too',
  );
  const listed = withCoverage ? (coverage ?? []) : [];
  for (const { function: name, state, calls } of listed) {
    progress.line(`  ${name}  ${state}${calls > 0 ? ` (${calls} calls)` : ''}`);
  }
  const passed = files.reduce((sum, file) => sum + file.passed, 0);
  const failed = files.filter(({ ok }) => !ok).length;
  return {
    verdict: findings.length === 0 ? `${passed} tests passed` : `${failed} of ${files.length} files failed`,
    exit: findings.length === 0 ? EXIT.clean : EXIT.finding,
    items: [...files.map(testItem), ...listed],
    findings,
  };
}

function atLeastOne(option: string, value: number): number {
  if (value >= 1) return value;
  const message = `${option} must be at least 1`;
  throw new IuError('usage', { code: 'usage', message, next: 'npm run iu -- test --help' });
}
