import {
  applyMigration,
  type Numbered,
  type Project,
  rollbackMigration,
  type Session,
  type Settings,
} from '../apply/index.ts';
import { climb, type Level, type State, type Visit } from '../proof/index.ts';
import { type Finding, IuError, type Progress } from '../report/index.ts';
import { judge, type Recorded } from './judge.ts';
import { look } from './look.ts';
import { markOf, notRun, type Rehearsed, rehearsed } from './run.ts';

/** Our own chain on a database of its own, prepared for it. */
export interface Chain {
  session: Session;
  project: Project;
  settings: Settings;
  /** The numbers to rehearse; the other migrations are only applied and inverted. */
  asked: ReadonlySet<number>;
  /** The whole server is ours, so roles and the like are compared too. */
  disposable: boolean;
  progress: Progress;
}

/** The catalog below and above each migration, as the climb on empty tables recorded it. */
export type Records = Map<number, Recorded>;

const namesOf = (one: Numbered) => ({ up: one.file.file, down: one.rollback!.file });

/** The harness keeps its own tables; they record every move. */
const see = ({ session, disposable }: Chain): Promise<State> =>
  look(session.client, { cluster: disposable, ignore: /^(iu_ledger|graphile_migrate)\./ });

/**
 * Takes every migration up, down, up, down, up, oldest first, on empty tables, and records the catalog of
 * both levels. Ends with all applied, unless it broke off: at a rollback that stopped half-way, or after
 * which the migration fails. Throws what a first up throws.
 */
export async function climbChain(
  chain: Chain,
): Promise<{ all: Rehearsed[]; records: Records; brokenOff: boolean }> {
  const all: Rehearsed[] = [];
  const records: Records = new Map();
  let below: State | null = null;
  for (const one of chain.project.migrations) {
    if (!chain.asked.has(one.number)) {
      below = null;
      await chain.progress.step(`up  ${one.name}`, () => up(chain, one));
      continue;
    }
    const start: Visit = { ...(below ?? (await see(chain))), level: 'low' };
    const { done, last, recorded } = await climbOne(chain, one, start);
    all.push(done);
    if (recorded) records.set(one.number, recorded);
    const { verdict } = done.item;
    if (verdict === 'not-reapplied' || done.judgement!.between) return { all, records, brokenOff: true };
    below = last;
  }
  return { all, records, brokenOff: false };
}

/**
 * Takes every migration down, up, down, up, down, newest first, from a chain that is fully applied and holds
 * rows. Ends below the lowest one asked for. A rollback that fails ends the walk, and those further down are
 * `not-run`; `findings` has the failure of one that was not asked for.
 */
export async function descendChain(
  chain: Chain,
  records: Records,
): Promise<{ all: Rehearsed[]; findings: Finding[] }> {
  const all: Rehearsed[] = [];
  const findings: Finding[] = [];
  let above: State | null = null;
  let stopped = '';
  const lowest = Math.min(...chain.asked);
  for (const one of chain.project.migrations.toReversed().filter(({ number }) => number >= lowest)) {
    if (stopped) {
      if (chain.asked.has(one.number)) all.push(notRun(one.name, 'seeded', namesOf(one), stopped));
    } else if (chain.asked.has(one.number)) {
      const start: Visit = { ...(above ?? (await see(chain))), level: 'high' };
      const { done, last } = await climbOne(chain, one, start, records.get(one.number));
      all.push(done);
      if (done.judgement!.failed) stopped = `${one.name} did not come down`;
      above = last;
    } else {
      above = null;
      const failed = await passDown(chain, one);
      findings.push(...failed);
      if (failed.length > 0) stopped = `${one.name} did not come down`;
    }
  }
  return { all, findings };
}

/** Inverts one that was not asked for; what went wrong comes back. */
async function passDown(chain: Chain, one: Numbered): Promise<Finding[]> {
  try {
    await chain.progress.step(`with rows: down  ${one.name}`, () => down(chain, one));
    return [];
  } catch (error) {
    if (!(error instanceof IuError)) throw error;
    return error.findings.map((finding) => ({ ...finding, code: 'rollback_failed' }));
  }
}

const up = ({ session, project, settings }: Chain, one: Numbered) =>
  applyMigration(session, project, settings, one);
const down = ({ session }: Chain, one: Numbered) => rollbackMigration(session, one);

const LABELS: Record<Level, string> = {
  low: 'up, down, up, down, up',
  high: 'with rows: down, up, down, up, down',
};

async function climbOne(
  chain: Chain,
  one: Numbered,
  start: Visit,
  known?: Recorded,
): Promise<{ done: Rehearsed; last: State; recorded: Recorded | null }> {
  const began = performance.now();
  return chain.progress.step(`${LABELS[start.level]}  ${one.name}`, async (mark) => {
    const step = { up: () => up(chain, one), down: () => down(chain, one) };
    const climbed = await climb(start, step, () => see(chain));
    const judgement = judge(climbed, one.rollback!, known);
    mark(markOf(judgement.verdict));
    const run = start.level === 'low' ? 'empty' : 'seeded';
    const milliseconds = Math.round(performance.now() - began);
    const first = (level: Level) => climbed.visits.find((visit) => visit.level === level)?.facts;
    const [low, high] = [first('low'), first('high')];
    return {
      done: rehearsed(one.name, run, namesOf(one), judgement, milliseconds),
      last: climbed.failed?.left ?? climbed.visits.at(-1)!,
      recorded: low && high ? { low, high } : null,
    };
  });
}
