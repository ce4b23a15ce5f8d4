import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createDatabase, dropDatabase } from '../postgres/index.ts';
import type { Finding } from '../report/index.ts';
import {
  type CoveredFunction,
  describeCoverage,
  describeFile,
  type FileResult,
  findTests,
  prepareTemplate,
  runOnClones,
  testItem,
} from '../tap/index.ts';
import type { Bench, ProofItem, StageResult } from './stage.ts';

/** How long one test file may take. */
const SECONDS = 60;

const FOLDER = 'test/pgtap';

/**
 * Runs the project's pgTAP tests on clones of the database under proof, as it is then (nobody may be connected
 * to it), and whether they called every function. Nothing is asked of a project without test/pgtap/.
 */
export async function proveTests(bench: Bench): Promise<StageResult> {
  const { project, progress, admin, target } = bench;
  if (!existsSync(join(project.root, FOLDER))) return { items: [], findings: [] };
  const files = await findTests(project.root, [FOLDER]);
  const name = `${bench.database}_tests`;
  await createDatabase(admin, name, { template: bench.database });
  try {
    const template = await prepareTemplate(target, name);
    const suite = await runOnClones(target, template, {
      root: project.root,
      files,
      jobs: availableParallelism(),
      seconds: SECONDS,
      onFile: (result) => progress.line(describeFile(result)),
    });
    if (suite.coverage) progress.line(`  ${describeCoverage(suite.coverage)}`);
    const findings = suite.files.flatMap((file) => file.findings);
    const covered = suite.coverage ? judgeCoverage(suite.coverage) : { items: [], findings: [] };
    return {
      items: [...suite.files.map(proofItem), ...covered.items],
      findings: [...findings, ...notRun(suite.notRun), ...covered.findings],
    };
  } finally {
    await dropDatabase(admin, name);
  }
}

function proofItem(result: FileResult): ProofItem {
  const { file, ok, seconds, ...counts } = testItem(result);
  const verdict = ok ? 'passed' : 'failed';
  return { stage: 'tests', name: file, verdict, milliseconds: Math.round(seconds * 1000), ...counts };
}

/** A function that no test ever called is a finding; one that may have been inlined is only named. */
function judgeCoverage(coverage: CoveredFunction[]): StageResult {
  const findings = coverage
    .filter(({ state }) => state === 'never')
    .map(({ function: object }) => ({
      code: 'never_called',
      message: `no test calls ${object}`,
      object,
      next: `add one to ${FOLDER}/`,
    }));
  const verdict = findings.length === 0 ? 'covered' : 'not-covered';
  const item = {
    stage: 'coverage',
    name: describeCoverage(coverage),
    verdict,
    milliseconds: 0,
    functions: coverage,
  };
  return { items: [item], findings };
}

const notRun = (files: string[]): Finding[] =>
  files.map((file) => ({
    code: 'not_run',
    message: `${file} was not run, as a test before it bailed out`,
    file,
    next: 'put right what that test bailed out for',
  }));
