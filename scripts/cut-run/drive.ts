import type pg from 'pg';
import type { Manifest } from '../cut/index.ts';
import type { Witness } from '../proof/index.ts';
import type { Progress } from '../report/index.ts';
import { type DryRun, type RunStatus, readStatus } from './read.ts';
import { type Rehearsal, rehearse } from './rehearse.ts';
import * as steps from './steps.ts';

/** A run, and what may be needed to take it on. */
export interface Drive {
  client: pg.Client;
  run: string;
  actor: string;
  /** Called where the run is not marked yet; throws where there is no file to mark. */
  manifest(status: RunStatus): Promise<Manifest>;
  /** Called where the database does not keep the bytes; throws where there is no file to bring. */
  content(status: RunStatus): Promise<Buffer>;
  /** For a LIVE run; without one it pauses before. */
  backup: steps.Backup | null;
  witness: Witness | string;
  step: Progress['step'];
  /** What each step runs in: says for whom it waits, say. */
  attended<T>(work: () => Promise<T>): Promise<T>;
}

/** Where a run was taken. */
export interface Driven {
  status: RunStatus;
  /**
   * ended: closed or voided · halted: stopped or failed · no-backup, sg-1: a LIVE run pauses there · leaked: the
   * dry run left something behind, so none was recorded · beyond: what comes next this release has not.
   */
  end: 'ended' | 'halted' | 'no-backup' | 'sg-1' | 'leaked' | 'beyond';
  /** What the probe envelope saw; null where this process made no dry run. */
  rehearsal: Rehearsal | null;
}

/** The newest dry run of what the run is marked with. */
export const latestDryRun = ({ manifest_digest, dry_runs }: RunStatus): DryRun | null =>
  dry_runs.filter((one) => one.manifest_digest === manifest_digest).at(-1) ?? null;

/**
 * Takes a run from its recorded state to its end or its next pause, each step one call in a transaction of its
 * own: wherever this process dies, calling it again goes on. Others may drive the same run meanwhile: a step
 * they took first is not taken again. Throws what the server says.
 */
export async function drive(given: Drive): Promise<Driven> {
  const made: Made = { rehearsal: null, recorded: null };
  for (;;) {
    const status = await readStatus(given.client, given.run);
    const next = nextStep(given, status, made);
    if (typeof next === 'string') return { status, end: next, rehearsal: made.rehearsal };
    await given.step(next.label, async (mark) => {
      const taken = await given.attended(next.take).catch(overtaken(given, status));
      if (taken === null) return mark('taken by another process');
      if ('evidence' in taken) made.rehearsal = taken;
      if ('dryrun_id' in taken) made.recorded = taken;
      mark(next.mark?.(taken) ?? 'ok');
    });
  }
}

/** What this process has made so far. */
interface Made {
  rehearsal: Rehearsal | null;
  recorded: steps.Recorded | null;
}

type Taken = steps.Answer | steps.Recorded | Rehearsal;

interface Step {
  label: string;
  take(): Promise<Taken>;
  mark?(taken: Taken): string;
}

/** Null for a step that came too late as another process had taken it. */
const overtaken =
  ({ client, run }: Drive, { state }: RunStatus) =>
  async (error: unknown): Promise<null> => {
    if ((error as { code?: string }).code !== 'IU064') throw error;
    if ((await readStatus(client, run)).state === state) throw error;
    return null;
  };

function nextStep(given: Drive, status: RunStatus, made: Made): Step | Driven['end'] {
  const { client, run, actor, backup } = given;
  const content = async () => (status.source.kept ? null : given.content(status));
  switch (status.state) {
    case 'pending':
    case 'source_pinned':
      return {
        label: 'mark',
        take: async () => steps.markRun(client, run, await given.manifest(status), actor),
      };
    case 'marked':
      return { label: 'plan', take: async () => steps.planRun(client, run, actor, await content()) };
    case 'plan_ok': {
      const stated = status.mode === 'DRYRUN' ? { kind: 'none' as const } : backup;
      if (!stated) return 'no-backup';
      return { label: 'record the backup', take: () => steps.recordBackup(client, run, stated, actor) };
    }
    case 'backup_taken':
    case 'grants_probed':
      return { label: 'probe the grants', take: () => steps.probeGrants(client, run, actor) };
    case 'awaiting_sg_1':
      return atPause(given, status, made, content);
    case 'closed':
    case 'voided':
      return 'ended';
    case 'stopped':
    case 'failed':
      return 'halted';
    default:
      return 'beyond';
  }
}

const LEFT: string[] = ['leaked', 'committed', 'refused'];

/** The dry run is made twice: inside the probe envelope, of which nothing stays, and for the record. */
function atPause(
  { client, run, actor, witness }: Drive,
  status: RunStatus,
  { rehearsal, recorded }: Made,
  content: () => Promise<Buffer | null>,
): Step | Driven['end'] {
  if (!rehearsal) {
    return {
      label: 'dry run, and what it leaves behind',
      take: async () => rehearse(client, [run, actor, await content()], witness),
      mark: (taken) => (taken as Rehearsal).evidence.verdict,
    };
  }
  if (LEFT.includes(rehearsal.evidence.verdict)) return 'leaked';
  const known = latestDryRun(status)?.verdict === 'green' && rehearsal.answer.verdict === 'green';
  if (!known && !recorded) {
    return {
      label: 'dry run, for the record',
      take: async () => steps.recordDryRun(client, run, actor, await content()),
      mark: (taken) => (taken as steps.Recorded).verdict,
    };
  }
  if (status.mode === 'LIVE') return 'sg-1';
  return { label: 'close', take: () => steps.closeRun(client, run, actor) };
}
