import { prepareDatabase, type Session } from '../apply/index.ts';
import { createDatabase, dropDatabase } from '../postgres/index.ts';
import {
  allFindings,
  type Chain,
  climbChain,
  type Records,
  type Rehearsed,
  rehearseSeeded,
} from '../rehearse/index.ts';
import type { Bench, ProofItem, StageResult } from './stage.ts';

/**
 * The rollback staircase of every migration: on empty tables from below, then with rows from above on a
 * clone. Ends with all applied and no rows but the migrations' own.
 */
export async function proveMigrations(bench: Bench): Promise<StageResult> {
  const { all, records, brokenOff } = await onDatabase(bench, bench.database, climbChain);
  if (brokenOff) return { items: all.map(proofItem), findings: allFindings(all), brokenOff };
  const seeded = await onClone(bench, records);
  const both = [...all, ...seeded.all];
  return { items: both.map(proofItem), findings: [...allFindings(both), ...seeded.findings] };
}

async function onClone(bench: Bench, records: Records): ReturnType<typeof rehearseSeeded> {
  const clone = `${bench.database}_seeded`;
  await createDatabase(bench.admin, clone, { template: bench.database });
  try {
    return await onDatabase(bench, clone, (chain) => rehearseSeeded(chain, records));
  } finally {
    await dropDatabase(bench.admin, clone);
  }
}

async function onDatabase<T>(bench: Bench, name: string, work: (chain: Chain) => Promise<T>): Promise<T> {
  const { project, settings, progress, target } = bench;
  const session: Session = await bench.connect(name);
  const asked = new Set(project.migrations.map(({ number }) => number));
  try {
    // also on a clone: grants on a database stay behind with the database
    await prepareDatabase(session.client, project, settings);
    return await work({ session, project, settings, asked, disposable: target.disposable, progress });
  } finally {
    await session.client.end();
  }
}

const proofItem = ({ item }: Rehearsed): ProofItem => ({ stage: 'migrations', ...item });
