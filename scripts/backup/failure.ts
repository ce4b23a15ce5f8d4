import { type ExitName, type Finding, IuError } from '../report/index.ts';

/** The last lines a program printed to standard error, for a finding's detail. */
export const tail = (stderr: string): string => stderr.trim().split('\n').slice(-12).join('\n');

const refusal = (
  exit: ExitName,
  code: string,
  message: string,
  next: string,
  more: Partial<Finding> = {},
): IuError => new IuError(exit, { code, message, next, ...more });

/** Runs what writes into `folder`; a full disk becomes a refusal by name. */
export async function withRoom<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
    throw refusal(
      'refused',
      'disk_full',
      `there is no room left in ${folder}: no backup was made, and what was written is removed`,
      'free some space there, or give another folder with --out',
    );
  }
}

/** What a failed pg_dump means, from what it said. */
export function dumpFailure(stderr: string): IuError {
  const detail = tail(stderr);
  const denied = /permission denied for (.+)/.exec(stderr)?.[1];
  if (denied) return mayNotRead([denied], detail);
  if (/lock timeout|could not obtain lock/.test(stderr)) {
    return refusal(
      'blocked',
      'table_locked',
      'a table stayed locked for a minute: it could not be dumped',
      'find who holds it (pg_locks with pg_stat_activity), wait or end it, and run this again',
      { detail },
    );
  }
  if (/server version mismatch/.test(stderr)) {
    return refusal('refused', 'old_pg_dump', 'pg_dump is older than the server', 'install a newer one', {
      detail,
    });
  }
  return refusal(
    'refused',
    'dump_failed',
    'pg_dump could not dump this database',
    'mend what pg_dump says, and run this again',
    { detail },
  );
}

/** The login may not read all of it: a backup of the rest would be none. */
export function mayNotRead(objects: string[], detail?: string): IuError {
  return refusal(
    'refused',
    'may_not_read',
    `this login may not read ${objects.join(', ')}: what it cannot read cannot be backed up`,
    'have the right granted (pg_read_all_data, and BYPASSRLS where row security hides rows), or use another login',
    detail === undefined ? {} : { detail },
  );
}

/** DDL came in between: the dump may hold half of it. */
export function changed(detail: string): IuError {
  return refusal(
    'inconclusive',
    'changed_while_backed_up',
    'the target was changed while it was backed up: what was written may hold half of it and is removed',
    'run this again when nobody alters the schema',
    { detail },
  );
}

/** What the server said while the source was read, as a refusal where it has a name; else the error itself. */
export function readFailure(error: unknown): unknown {
  const { code, message } = error as { code?: string; message?: string };
  if (code === '42501') return mayNotRead([/for (.+)$/.exec(message ?? '')?.[1] ?? 'something'], message);
  if (code === '55P03') return dumpFailure('lock timeout');
  // A table that the snapshot knows and that is gone, or was rewritten under it.
  if (code === '42P01' || code === '42703' || code === 'XX000') return changed(message ?? '');
  return error;
}

/** gpg ended in the middle of it. */
export function notEncrypted(stderr: string): IuError {
  return refusal(
    'refused',
    'bad_key',
    'gpg failed while it encrypted the backup: nothing is kept',
    'npm run iu -- backup --selftest says what the key can do',
    { detail: tail(stderr) },
  );
}
