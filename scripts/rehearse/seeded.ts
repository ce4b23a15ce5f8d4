import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { applyScript, type Project } from '../apply/index.ts';
import { type Finding, IuError } from '../report/index.ts';
import { type Chain, descendChain, type Records } from './chain.ts';
import { readPlainFile, runFile } from './files.ts';
import { notRun, type Rehearsed } from './run.ts';

const SEED = 'test/seed.sql';

const hasSeed = ({ root }: Project) => existsSync(join(root, SEED));

/**
 * The seeded run on a fully migrated database: puts rows into it (every runtime script once, by number, then
 * test/seed.sql where the project has it) and walks down. Scenarios of the scripts are not judged here. What
 * cannot be run is `not-run`, with the reason; where that is a fault of a file, `findings` has it.
 */
export async function rehearseSeeded(
  chain: Chain,
  records: Records,
): Promise<{ all: Rehearsed[]; findings: Finding[] }> {
  const { project, progress } = chain;
  if (project.runtime.length === 0 && !hasSeed(project)) {
    const reason = `no rows to rehearse with: the project has no runtime script and no ${SEED}`;
    progress.line(`  ${reason}`);
    return { all: noneRun(chain, reason), findings: [] };
  }
  try {
    await progress.step('seed', () => seed(chain));
  } catch (error) {
    if (!(error instanceof IuError)) throw error;
    const findings = error.findings.map((finding) => ({
      ...finding,
      code: 'not_seeded',
      message: `no rows to rehearse with: ${finding.message}`,
    }));
    return { all: noneRun(chain, error.message), findings };
  }
  return descendChain(chain, records);
}

async function seed({ session, project }: Chain): Promise<void> {
  for (const one of project.runtime) await applyScript(session, one);
  if (hasSeed(project)) await runFile(session.client, await readPlainFile(project.root, SEED));
}

const noneRun = ({ project, asked }: Chain, reason: string): Rehearsed[] =>
  project.migrations
    .filter(({ number }) => asked.has(number))
    .map((one) => notRun(one.name, 'seeded', { up: one.file.file, down: one.rollback!.file }, reason));
