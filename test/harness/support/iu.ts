import { resolve } from 'node:path';
import { $, type ProcessPromise } from 'zx';
import { type Report, report } from '../../../scripts/evidence/index.ts';
import { REAL_PROJECT } from './project.ts';

const SCRIPT = resolve(import.meta.dirname, '../../../scripts/iu.ts');

export interface IuRun {
  code: number;
  stdout: string;
  stderr: string;
  /** The one JSON object of --json, checked against its schema. */
  report: Report;
}

/** Starts `iu …` as a user would and hands back the running process. */
export function startIu(
  args: string[],
  cwd: string = REAL_PROJECT,
  env: Record<string, string> = {},
): ProcessPromise {
  const options = { cwd, env: { ...process.env, IU_TARGET: '', ...env }, quiet: true, nothrow: true };
  return $(options)`exec ${process.execPath} ${SCRIPT} ${args}`;
}

/** Runs `iu … --json` to its end; standard output must hold exactly one object of the one JSON shape. */
export async function iu(args: string[], cwd?: string, env?: Record<string, string>): Promise<IuRun> {
  const output = await startIu([...args, '--json'], cwd, env);
  const { stdout, stderr } = output;
  let parsed: unknown;
  try {
    parsed = JSON.parse(stdout);
  } catch {
    throw new Error(`iu ${args.join(' ')} printed no single JSON object:\n${stdout}\n${stderr}`);
  }
  return { code: output.exitCode ?? -1, stdout, stderr, report: report.parse(parsed) };
}
