import { connect, withConnection } from '../postgres/index.ts';
import { climb } from '../proof/index.ts';
import { EXIT, type Finding, IuError, type Progress } from '../report/index.ts';
import type { SqlFile } from '../sql/index.ts';
import { runFile } from './files.ts';
import { judge } from './judge.ts';
import { assertModelled, look } from './look.ts';
import {
  allFindings,
  markOf,
  notRun,
  type RehearsalItem,
  type Rehearsed,
  type Run,
  rehearsed,
} from './run.ts';

/** A migration and its rollback, whoever wrote them, with what they stand on. */
export interface Pair {
  up: SqlFile;
  down: SqlFile;
  /** Applied first. */
  base: SqlFile | null;
  /** Loaded after the base and before the up, in the seeded run. */
  seed: SqlFile | null;
}

/** Where a pair is rehearsed. */
export interface PairBench {
  /** An empty database of our own, by its URL. */
  scratch(): Promise<{ url: string; drop(): Promise<void> }>;
  /** The whole server is ours, so roles and the like are compared too. */
  disposable: boolean;
  progress: Progress;
}

/**
 * Rehearses a pair on empty tables and, where there is a seed, with its rows; each run in a database of its
 * own. Throws what the base, the seed or the first up throw: then nothing is to be proven. The result says
 * nothing of rows that would be written between the up and the down.
 */
export async function rehearsePair(
  bench: PairBench,
  pair: Pair,
): Promise<{ items: RehearsalItem[]; findings: Finding[] }> {
  const runs: Run[] = pair.seed ? ['empty', 'seeded'] : ['empty'];
  const all: Rehearsed[] = [];
  const unanswered: Finding[] = [];
  for (const run of runs) {
    const label = `${run === 'seeded' ? 'with rows: ' : ''}up, down, up, down, up  ${pair.up.file}`;
    await bench.progress.step(label, async (mark) => {
      const { one, findings } = await orInconclusive(pair, run, () => rehearseOnce(bench, pair, run));
      all.push(one);
      unanswered.push(...findings);
      mark(markOf(one.item.verdict));
    });
  }
  return { items: all.map(({ item }) => item), findings: [...allFindings(all), ...unanswered] };
}

const namesOf = ({ up, down }: Pair) => ({ up: up.file, down: down.file });

async function rehearseOnce(bench: PairBench, pair: Pair, run: Run): Promise<Rehearsed> {
  const started = performance.now();
  const scratch = await bench.scratch();
  // every file in a session of its own, as psql -f would give it: no setting of one reaches the next
  const play = (file: SqlFile) => withConnection(scratch.url, (client) => runFile(client, file));
  const watcher = await connect(scratch.url, { application_name: 'iu rehearse' });
  try {
    if (pair.base) await play(pair.base);
    if (pair.seed && run === 'seeded') await play(pair.seed);
    const see = () => look(watcher, { cluster: bench.disposable });
    const step = { up: () => play(pair.up), down: () => play(pair.down) };
    const climbed = await climb({ level: 'low', ...(await see()) }, step, see);
    await assertModelled(watcher);
    const milliseconds = Math.round(performance.now() - started);
    return rehearsed(pair.up.file, run, namesOf(pair), judge(climbed, pair.down), milliseconds);
  } finally {
    await watcher.end().catch(() => {});
    await scratch.drop();
  }
}

/** Missing evidence makes one run inconclusive and leaves the other what it is. */
async function orInconclusive(
  pair: Pair,
  run: Run,
  work: () => Promise<Rehearsed>,
): Promise<{ one: Rehearsed; findings: Finding[] }> {
  try {
    return { one: await work(), findings: [] };
  } catch (error) {
    if (!(error instanceof IuError) || error.exit !== EXIT.inconclusive) throw error;
    const reason = error.message;
    return {
      one: notRun(pair.up.file, run, namesOf(pair), reason, 'inconclusive'),
      findings: error.findings,
    };
  }
}
