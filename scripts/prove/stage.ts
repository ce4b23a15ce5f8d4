import type pg from 'pg';
import type { Project, Session, Settings } from '../apply/index.ts';
import type { Target } from '../postgres/index.ts';
import type { Finding, Progress } from '../report/index.ts';

/** The bench all stages of a proof work on: one disposable server, one database that the chain is applied to. */
export interface Bench {
  project: Project;
  target: Target;
  /** Connected to the server's maintenance database: makes and drops the others. */
  admin: pg.Client;
  /** The database under proof. */
  database: string;
  settings: Settings;
  progress: Progress;
  /** A session on the database under proof; the stage that asks for it closes it. */
  connect(database: string): Promise<Session>;
}

/** One thing that was proven, or not. */
export interface ProofItem {
  stage: string;
  name: string;
  verdict: string;
  milliseconds: number;
  [evidence: string]: unknown;
}

export interface StageResult {
  items: ProofItem[];
  findings: Finding[];
  /** The stages after this one have nothing to stand on. */
  brokenOff?: boolean;
}

/** Runs `work` as one step of the progress and times it. */
export async function timed<T>(
  progress: Progress,
  label: string,
  work: (mark: (text: string) => void) => Promise<T>,
): Promise<[T, number]> {
  const started = performance.now();
  const value = await progress.step(label, work);
  return [value, Math.round(performance.now() - started)];
}
