import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { askTool } from '../../../scripts/backup/vouched.ts';
import { iu, query } from '../support/index.ts';
import { fakes, folder } from './support.ts';

/*
 * Fakes: shell scripts named like the tools that print what these print. The shapes are those of pgBackRest
 * 2.5x (info --output=json), WAL-G 3 (backup-list --detail --json) and Barman 3 (-f json).
 */
const url = inject('servers')[0]!.url;
const HOUR = 3_600_000;
const ago = (hours: number) => Date.now() - hours * HOUR;
const systemOf = async () =>
  (await query(url, 'select system_identifier::text as id from pg_control_system()'))[0]!.id as string;

const print = (json: string) => `cat <<'END'\n${json}\nEND\n`;
const fakePgbackrest = (stop: number, system: string, check = 0, error = false) =>
  fakes({
    pgbackrest: `case "$*" in
--version) echo 'pgBackRest 2.54' ;;
*check) exit ${check} ;;
*info*) ${print(`[{"archive":[{"database":{"id":1,"repo-key":1},"id":"15-1","max":"000000010000000000000007","min":"000000010000000000000003"}],"backup":[{"archive":{"start":"000000010000000000000003","stop":"000000010000000000000003"},"database":{"id":1,"repo-key":1},"error":${error},"info":{"delta":31000000,"repository":{"delta":3900000,"size":3900000},"size":31000000},"label":"20261119-230001F","prior":null,"type":"full","timestamp":{"start":${Math.floor(stop / 1000) - 60},"stop":${Math.floor(stop / 1000)}}}],"cipher":"none","db":[{"id":1,"repo-key":1,"system-id":${system},"version":"15"}],"name":"main","status":{"code":0,"lock":{"backup":{"held":false}},"message":"ok"}}]`)} ;;
esac`,
  });
const fakeWalg = (finish: number, system: string) =>
  fakes({
    'wal-g': `case "$*" in
--version) echo 'wal-g version v3.0.3' ;;
*) ${print(`[{"backup_name":"base_000000010000000000000004","time":"2026-11-19T22:00:00Z","wal_file_name":"000000010000000000000004","start_time":"${new Date(finish - 60_000).toISOString()}","finish_time":"${new Date(finish).toISOString()}","date_fmt":"%Y-%m-%dT%H:%M:%S.%fZ","hostname":"db1","data_dir":"/var/lib/postgresql/15/main","pg_version":150018,"start_lsn":67108904,"finish_lsn":67109120,"is_permanent":false,"system_identifier":${system},"uncompressed_size":31000000,"compressed_size":3900000}]`)} ;;
esac`,
  });
const fakeBarman = (end: number, status = 'DONE', check = 0) =>
  fakes({
    barman: `case "$*" in
--version) echo '3.11.1 Barman by EnterpriseDB' ;;
*check*) echo '{"main":{"postgresql":{"hint":"","status":"OK"}}}'; exit ${check} ;;
*) ${print(`{"main":[{"backup_id":"20261119T230001","end_time":"Thu Nov 19 23:01:00 2026","end_time_timestamp":"${Math.floor(end / 1000)}","retention_status":"-","size":"29.6 MiB","size_bytes":31000000,"status":"${status}","tablespaces":[],"wal_size":"0 B","wal_size_bytes":0}]}`)} ;;
esac`,
  });

const run = (tool: string, env: { PATH: string }, ...more: string[]) =>
  iu(['backup', '--target', url, '--vouched', tool, ...more], undefined, env);

afterEach(() => void vi.unstubAllEnvs());

describe('a backup that another tool vouches for', () => {
  it('is recorded with what the tool said, if it is fresh and of this cluster', async () => {
    const system = await systemOf();
    const out = folder();
    for (const [tool, env] of [
      ['pgbackrest:main', fakePgbackrest(ago(3), system)],
      ['wal-g', fakeWalg(ago(3), system)],
      ['barman:main', fakeBarman(ago(3))],
    ] as const) {
      const { report } = await run(tool, env, '--out', out);
      expect(report).toMatchObject({
        verdict: 'vouched',
        exit: 0,
        items: [{ mechanism: tool.split(':')[0], grade: 'vouched', sha256: null, restoredOn: null }],
      });
    }
    expect(readdirSync(out)).toHaveLength(3);
  });

  it('says where the tool does not tell of which cluster it is', async () => {
    const { report } = await run('barman:main', fakeBarman(ago(1)));
    expect((report.items[0] as { why: string }).why).toContain('could not be seen');
  });

  it('is refused on the command line with exit 5 when stale', async () => {
    const { report } = await run('barman:main', fakeBarman(ago(25)));
    expect(report).toMatchObject({ exit: 5, items: [], findings: [{ code: 'stale_backup' }] });
  });

  it('is not of the grade restored', async () => {
    const { report } = await run('barman:main', fakeBarman(ago(1)), '--grade', 'restored');
    expect(report).toMatchObject({ exit: 6, findings: [{ code: 'lower_grade' }] });
  });

  it.each([
    [
      'older than a day',
      'stale_backup',
      'pgbackrest:main',
      async () => fakePgbackrest(ago(25), await systemOf()),
    ],
    ['older than a day', 'stale_backup', 'wal-g', async () => fakeWalg(ago(24.1), await systemOf())],
    ['older than a day', 'stale_backup', 'barman:main', async () => fakeBarman(ago(25))],
    [
      'of another cluster',
      'of_another_cluster',
      'pgbackrest:main',
      async () => fakePgbackrest(ago(1), '7000000000000000001'),
    ],
    [
      'of another cluster',
      'of_another_cluster',
      'wal-g',
      async () => fakeWalg(ago(1), '7000000000000000001'),
    ],
    [
      'failed by its own check',
      'not_vouched',
      'pgbackrest:main',
      async () => fakePgbackrest(ago(1), await systemOf(), 1),
    ],
    ['failed by its own check', 'not_vouched', 'barman:main', async () => fakeBarman(ago(1), 'DONE', 1)],
    [
      'one with errors',
      'not_vouched',
      'pgbackrest:main',
      async () => fakePgbackrest(ago(1), await systemOf(), 0, true),
    ],
    ['not done', 'not_vouched', 'barman:main', async () => fakeBarman(ago(1), 'FAILED')],
    ['in an answer that is none', 'not_vouched', 'wal-g', async () => fakes({ 'wal-g': 'echo nonsense' })],
    ['of a tool that is not there', 'no_such_tool', 'barman:main', async () => ({ PATH: process.env.PATH! })],
  ] as const)('is refused when %s: %s, %s', async (_, code, tool, env) => {
    vi.stubEnv('PATH', (await env()).PATH);
    await expect(askTool(tool, await systemOf())).rejects.toMatchObject({
      exit: 5,
      findings: [{ code, next: expect.any(String) }],
    });
  });
});
