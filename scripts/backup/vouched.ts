import { type Finding, IuError } from '../report/index.ts';
import { tail } from './failure.ts';
import { quietly } from './program.ts';

/** What one of the backup tools says about its newest backup. */
export interface Vouched {
  tool: 'pgbackrest' | 'wal-g' | 'barman';
  label: string;
  finishedAt: Date;
  bytes: number | null;
  /** The cluster it is of, as the tool knows it; null: it does not say. */
  systemIdentifier: string | null;
  program: string;
}

interface Backup {
  label: string;
  finished: number;
  bytes?: number | null;
  systemIdentifier?: string | null;
}

/** Numbers of 64 bits become texts before JavaScript rounds them. */
const parse = (json: string): unknown =>
  JSON.parse(json.replace(/("(?:system-id|system_identifier)"\s*:\s*)(\d+)/g, '$1"$2"'));

const FRESH_HOURS = 24;

/** What is asked of each tool: commands that must all succeed, and how the last one's JSON is read. */
const TOOLS: Record<
  Vouched['tool'],
  { commands(name: string): string[][]; read(json: unknown, name: string): Backup[] }
> = {
  pgbackrest: {
    commands: (stanza) => [
      [`--stanza=${stanza}`, 'check'],
      [`--stanza=${stanza}`, 'info', '--output=json'],
    ],
    read(json, stanza) {
      type Info = {
        name: string;
        db: Array<{ id: number; 'system-id': string }>;
        backup: Array<{
          label: string;
          error?: boolean;
          timestamp: { stop: number };
          info: { size: number };
          database: { id: number };
        }>;
      };
      const found = (json as Info[]).find(({ name }) => name === stanza);
      return (found?.backup ?? [])
        .filter(({ error }) => error !== true)
        .map((one) => ({
          label: one.label,
          finished: one.timestamp.stop * 1000,
          bytes: one.info.size,
          systemIdentifier: found!.db.find(({ id }) => id === one.database.id)?.['system-id'] ?? null,
        }));
    },
  },
  'wal-g': {
    commands: () => [['backup-list', '--detail', '--json']],
    read(json) {
      type Listed = {
        backup_name: string;
        finish_time: string;
        compressed_size?: number;
        system_identifier?: string | null;
      };
      return (json as Listed[]).map((one) => ({
        label: one.backup_name,
        finished: Date.parse(one.finish_time),
        bytes: one.compressed_size ?? null,
        systemIdentifier: one.system_identifier ?? null,
      }));
    },
  },
  barman: {
    commands: (server) => [
      ['-f', 'json', 'check', server],
      ['-f', 'json', 'list-backups', server],
    ],
    read(json, server) {
      type Listed = { backup_id: string; status: string; end_time_timestamp?: string; size_bytes?: number };
      return ((json as Record<string, Listed[]>)[server] ?? [])
        .filter(({ status }) => status === 'DONE')
        .map((one) => ({
          label: one.backup_id,
          finished: Number(one.end_time_timestamp) * 1000,
          bytes: one.size_bytes ?? null,
        }));
    },
  },
};

/** Reads `pgbackrest:<stanza>`, `wal-g` or `barman:<server>`. Throws a usage error. */
export function parseVouched(given: string): { tool: Vouched['tool']; name: string } {
  const [, tool, name = ''] = /^(pgbackrest|wal-g|barman)(?::([\w.-]+))?$/.exec(given) ?? [];
  if (tool && (name !== '') === (tool !== 'wal-g')) return { tool: tool as Vouched['tool'], name };
  const message = `'${given}' names none of the tools that can vouch for a backup`;
  const next = 'give pgbackrest:STANZA, wal-g or barman:SERVER';
  throw new IuError('usage', { code: 'usage', message, next });
}

/**
 * Asks the tool's own check for its newest backup. Throws IuError (refused): `no_such_tool`,
 * `not_vouched` (its check failed or it has none), `stale_backup` (older than 24 h), `of_another_cluster`.
 * Nothing is restored: that the backup can be is the tool's word.
 */
export async function askTool(given: string, systemIdentifier: string | null): Promise<Vouched> {
  const { tool, name } = parseVouched(given);
  const version = await quietly()`${tool} --version`;
  if (version.exitCode === 127 || version.exitCode === null) {
    throw refused('no_such_tool', `${tool} is not on the PATH`, `install ${tool}, or run this where it is`);
  }
  let answer = '';
  for (const command of TOOLS[tool].commands(name)) {
    const { exitCode, stdout, stderr } = await quietly()`${tool} ${command}`;
    const shown = `${tool} ${command.join(' ')}`;
    const detail = tail(stderr || stdout);
    if (exitCode !== 0) throw refused('not_vouched', `${shown} failed`, `mend what ${tool} says`, { detail });
    answer = stdout;
  }
  let backups: Backup[];
  try {
    backups = TOOLS[tool].read(parse(answer), name);
  } catch {
    const detail = answer.slice(0, 400);
    throw refused('not_vouched', `${tool} did not answer as expected`, 'check its version', { detail });
  }
  const newest = backups.filter((one) => one.finished > 0).sort((a, b) => b.finished - a.finished)[0];
  if (!newest) throw refused('not_vouched', `${tool} knows no complete backup`, `make one with ${tool}`);
  const hours = (Date.now() - newest.finished) / 3_600_000;
  if (hours >= FRESH_HOURS) {
    const message = `the newest backup of ${tool}, ${newest.label}, is ${hours.toFixed(0)} hours old: fresh is under ${FRESH_HOURS}`;
    throw refused('stale_backup', message, `make one with ${tool}, and find out why its schedule did not`);
  }
  const of = newest.systemIdentifier ?? null;
  if (of !== null && systemIdentifier !== null && of !== systemIdentifier) {
    const message = `${tool} vouches for system ${of}, and the target is system ${systemIdentifier}`;
    throw refused('of_another_cluster', message, 'name the stanza or server of this target');
  }
  return {
    tool,
    label: newest.label,
    finishedAt: new Date(newest.finished),
    bytes: newest.bytes ?? null,
    systemIdentifier: of,
    program: version.stdout.trim(),
  };
}

function refused(code: string, message: string, next: string, more: Partial<Finding> = {}): IuError {
  return new IuError('refused', { code, message, next, ...more });
}
