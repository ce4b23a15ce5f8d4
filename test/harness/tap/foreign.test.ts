import { describe, expect, test } from 'vitest';
import { freshDatabase, iu, query, servers, startIu, until } from '../support/index.ts';
import { folder } from './support.ts';

const PASSES = `begin; select plan(1); select pass('inviolable'); select * from finish(); rollback;`;
const schemas = `select nspname from pg_namespace where nspname !~ '^(pg_|information_schema$)' order by 1`;
const names = async (url: string) => (await query(url, schemas)).map(({ nspname }) => nspname);
const hangs = async (url: string) => {
  const hanging = `select from pg_stat_activity
    where datname = current_database() and state = 'active' and query ~ '^select pg_sleep'`;
  return (await query(url, hanging)).length > 0;
};

describe.each(servers)('$name: tests on a database of somebody else', (server) => {
  test('run on it, others being connected, and take pgTAP away again', async () => {
    const { url } = await freshDatabase(server);
    const root = folder({ 'test/pgtap/a.sql': PASSES, 'test/pgtap/b.sql': PASSES });
    const { code, report } = await iu(['test', '--target', url], root);
    expect(code).toBe(0);
    expect(report).toMatchObject({ verb: 'test', verdict: '2 tests passed', findings: [] });
    expect(report.items).toMatchObject([{ ok: true }, { ok: true }]);
    expect(await names(url)).toEqual(['public']);
  });

  test('a file that could leave something is not run at all', async () => {
    const { url } = await freshDatabase(server);
    const root = folder({
      'a.sql': `select plan(1);\nselect pass('x');`,
      'b.sql': `begin;\nselect plan(1);\ncreate table article ();\ncommit;\nbegin;\nrollback;`,
      'c.sql': `set client_min_messages = warning;\ncreate extension if not exists pgtap;\n${PASSES}\nselect 1;`,
      'd.sql': `begin; select plan(1); rollback and chain;`,
    });
    const { code, report } = await iu(['test', '.', '--target', url], root);
    expect(code).toBe(1);
    expect(report.findings.map(({ code: what, file }) => [what, file])).toEqual([
      ['not_rolled_back', 'a.sql'],
      ['not_rolled_back', 'b.sql'],
      ['not_rolled_back', 'b.sql'],
      ['not_rolled_back', 'c.sql'],
      ['not_rolled_back', 'd.sql'],
    ]);
    expect(report.findings[1]!.message).toMatch(/^b\.sql line 4: .*commit/);
    expect(await query(url, `select from pg_class where relname = 'article'`)).toEqual([]);
  });

  test('pgTAP that was there is used and left: an extension in a schema of its own', async () => {
    const { url } = await freshDatabase(server);
    const [available] = await query(url, `select from pg_available_extensions where name = 'pgtap'`);
    if (!available) return;
    await query(url, 'create schema tap; create extension pgtap schema tap');
    const { code } = await iu(['test', '.', '--target', url], folder({ 'a.sql': PASSES }));
    expect(code).toBe(0);
    expect(await names(url)).toEqual(['public', 'tap']);
    expect(await query(url, `select extname from pg_extension where extname = 'pgtap'`)).toHaveLength(1);
  });
});

// Nothing in this depends on the version: one server is enough.
describe('a run that is cut short', () => {
  test('killed, the next run removes what it left; interrupted, it removes it itself', async () => {
    const { url } = await freshDatabase(servers[0]!);
    const root = folder({ 'a.sql': PASSES, 'hang.sql': 'begin; select pg_sleep(600); rollback;' });
    const killed = startIu(['test', 'hang.sql', '--target', url], root);
    await until('the test to hang', () => hangs(url));
    await killed.kill('SIGKILL');
    expect(await names(url)).toEqual(['pgtap', 'public']);
    await query(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`,
    );
    expect((await iu(['test', 'a.sql', '--target', url], root)).code).toBe(0);
    expect(await names(url)).toEqual(['public']);

    const interrupted = startIu(['test', 'hang.sql', '--target', url], root);
    await until('the test to hang again', () => hangs(url));
    await interrupted.kill('SIGINT');
    expect((await interrupted).exitCode).toBe(130);
    expect(await names(url)).toEqual(['public']);
  });
});
