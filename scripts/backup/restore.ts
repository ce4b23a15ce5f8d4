import { join } from 'node:path';
import type { Scope } from '../report/index.ts';
import { tail } from './failure.ts';
import { forLibpq, type Program } from './find.ts';
import { DECRYPT } from './gpg.ts';
import { piped } from './program.ts';

/** How a restore ended: null when pg_restore had nothing to say that matters. */
export type RestoreProblem = {
  /** `room`: no space; `rights`: the login may not restore it there; `content`: anything else. */
  why: 'room' | 'rights' | 'content';
  detail: string;
} | null;

// Settings that a newer pg_dump sets and an older server does not know change nothing.
const HARMLESS = /unrecognized configuration parameter/;

/**
 * Restores a stored dump into the database of `url`, decrypting it on the way where it is encrypted. Table
 * spaces are left out, and subscriptions, which would start to work. That it went through does not say that
 * what is there is right: compare.
 */
export async function restore(
  scope: Scope,
  pgDump: Program,
  file: string,
  url: string,
): Promise<RestoreProblem> {
  const { dbname, env } = forLibpq(url);
  const program = join(pgDump.directory, 'pg_restore');
  const options = ['--no-password', '--no-tablespaces', '--no-subscriptions', `--dbname=${dbname}`];
  const running = piped(
    scope,
    (sh) =>
      file.endsWith('.gpg')
        ? sh`gpg ${DECRYPT} ${file} | ${program} ${options}`
        : sh`exec ${program} ${options} ${file}`,
    env,
  );
  running.stdin.end();
  running.stdout.resume();
  const { exitCode, stderr } = await running.ended;
  if (exitCode === 0) return null;
  const errors = stderr.split('\n').filter((line) => /error: (?!.*errors ignored)/.test(line));
  if (errors.length > 0 && errors.every((line) => HARMLESS.test(line))) return null;
  const detail = tail(stderr);
  if (/No space left on device|could not extend file/.test(stderr)) return { why: 'room', detail };
  const rights = /permission denied|must be (superuser|owner|able to|member|a member)/;
  if (errors.length > 0 && errors.every((line) => rights.test(line))) return { why: 'rights', detail };
  return { why: 'content', detail };
}
