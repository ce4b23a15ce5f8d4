import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectFailure } from '../../../scripts/postgres/failure.ts';
import {
  connect,
  redact,
  type Target,
  withDatabase,
  withParameter,
} from '../../../scripts/postgres/index.ts';
import { until } from '../../../scripts/postgres/process.ts';
import { ARTICLES, iu, makeProject } from '../support/index.ts';
import { asUser, deadPort, failureOf, listen, open, SPECS, testScope } from './helpers.ts';

const scope = testScope();
afterAll(() => scope.close());

describe('redact', () => {
  test.each([
    ['postgres://u:secret@h:1/d', 'postgres://u:***@h:1/d'],
    ['postgres://u:se/cr@secret@h/d?x=1', 'postgres://u:***@h/d'],
    ['postgres://u@h/d?password=secret&sslmode=disable', 'postgres://u@h/d'],
    ['postgres://u@h/d?pass%77ord=secret', 'postgres://u@h/d'],
    ["host=h password='se secret' user=u", '(not shown: it may hold a password)'],
    ['postgres://u@h/d', 'postgres://u@h/d'],
    ['postgres://:secret@h/d', 'postgres://:***@h/d'],
  ])('%s', (url, expected) => expect(redact(url)).toBe(expected));
});

test('a URL with another database, or with one more parameter', () => {
  expect(withDatabase('postgres://u:p@h:1/a?sslmode=disable', 'b c')).toBe(
    'postgres://u:p@h:1/b%20c?sslmode=disable',
  );
  expect(withDatabase('postgres://u@/a?host=/run/pg', 'b')).toBe('postgres://u@/b?host=/run/pg');
  expect(withParameter('postgres://h/a?x=1', 'application_name', 'iu prove')).toBe(
    'postgres://h/a?x=1&application_name=iu%20prove',
  );
});

describe('a URL that cannot be used', () => {
  const code = async (url: string) => {
    const error = await failureOf(connect(url, { connectionTimeoutMillis: 500 }));
    expect(error.exit).toBe(2);
    expect(error.findings[0]!.next).toBeTruthy();
    expect(`${error.message} ${JSON.stringify(error.findings)}`).not.toContain('secret');
    return error.findings[0]!.code;
  };
  const fake = async (answer: Parameters<typeof createServer>[1]): Promise<number> => {
    const server: Server = createServer((socket) => {
      socket.on('error', () => {});
      answer!(socket);
    });
    scope.defer(() => void server.close());
    return listen(server);
  };

  test('dead port', async () =>
    expect(await code(`postgres://u:secret@127.0.0.1:${await deadPort()}/d`)).toBe('unreachable'));
  test('no socket', async () => expect(await code('postgres://u:secret@%2Fnowhere/d')).toBe('unreachable'));
  test('unknown host', async () =>
    expect(await code('postgres://u:secret@no-such-host.invalid/d')).toBe('unreachable'));
  test('a server that closes', async () => {
    const port = await fake((socket) => socket.on('data', () => socket.end()));
    expect(await code(`postgres://u:secret@127.0.0.1:${port}/d`)).toBe('unreachable');
  });
  test('a server that is silent', async () => {
    const port = await fake((socket) => socket.on('data', () => {}));
    const error = await failureOf(
      connect(`postgres://u@127.0.0.1:${port}/d`, { connectionTimeoutMillis: 50 }),
    );
    expect(error.findings[0]).toMatchObject({ code: 'unreachable' });
  });
  test('not PostgreSQL', async () => {
    const port = await fake((socket) =>
      socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    expect(await code(`postgres://u:secret@127.0.0.1:${port}/d`)).toBe('unreachable');
  });
  test('no TLS', async () => {
    const port = await fake((socket) => socket.on('data', () => socket.write('N')));
    expect(await code(`postgres://u:secret@127.0.0.1:${port}/d?sslmode=verify-full`)).toBe('tls');
  });
  test.each(['postgres://u:secret@h:port/d', 'postgres://u:se/secret@h/d', 'postgres://h/d#x', 'h/d'])(
    'malformed: %s',
    async (url) => expect(await code(url)).toBe('malformed_url'),
  );
  test.each(['postgres://u:secret@h', 'postgres://u:secret@h/', 'postgres://u:secret@h?sslmode=disable'])(
    'no database: %s',
    async (url) => expect(await code(url)).toBe('no_database_name'),
  );
});

test.each([
  ['57P03', 'the database system is starting up', 'not_ready'],
  ['28000', 'no pg_hba.conf entry for host "1.2.3.4", user "u", database "d", no encryption', 'tls'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain', 'tls'],
  ['42501', 'permission denied for database "d"', 'connection_failed'],
])('%s %s', (code, message, expected) => {
  const error = connectFailure('postgres://u:secret@h/d', Object.assign(new Error(message), { code }));
  expect(error).toMatchObject({ exit: 2, findings: [{ code: expected }] });
});

describe.each(SPECS)('%s', (spec) => {
  let target: Target;
  beforeAll(async () => {
    target = await open(spec, scope);
    const admin = await connect(target.url);
    await admin.query("create role keeper login password 'right'");
    await admin.query('create role crowd login connection limit 0');
    const hba = (await admin.query('show hba_file')).rows[0].hba_file;
    await writeFile(hba, `local all keeper scram-sha-256\n${await readFile(hba, 'utf8')}`);
    await admin.query('select pg_reload_conf()');
    await admin.end();
    const refused = () =>
      connect(asUser(target.url, 'keeper')).then(
        (client) => client.end().then(() => false),
        () => true,
      );
    expect(await until(refused, 10_000)).toBe(true);
  });

  test('the right password', async () => {
    await (await connect(asUser(target.url, 'keeper', 'right'))).end();
  });

  test.each([
    ['wrong password', 'keeper', 'secret', 'wrong_password'],
    ['no password', 'keeper', undefined, 'wrong_password'],
    ['no such role', 'nobody_here', undefined, 'wrong_password'],
    ['no free connection', 'crowd', undefined, 'too_many_connections'],
  ])('%s', async (_, user, password, code) => {
    const error = await failureOf(connect(asUser(target.url, user, password)));
    expect(error).toMatchObject({ exit: 2, findings: [{ code }] });
    expect(error.message).not.toContain('secret');
    const run = await iu(['status', '--target', asUser(target.url, user, password)], makeProject([ARTICLES]));
    expect(run.report).toMatchObject({ exit: 2, findings: [{ code }] });
    expect(run.stdout + run.stderr).not.toContain('secret');
  });

  test('no such database', async () => {
    const error = await failureOf(connect(target.database('nothing')));
    expect(error).toMatchObject({ exit: 2, findings: [{ code: 'no_such_database' }] });
    expect(error.message).toContain('"nothing" does not exist');
  });

  test('a killed backend is an error of the next query, not an uncaught exception', async () => {
    const client = await connect(target.url, { application_name: 'iu victim' });
    const admin = await connect(target.url);
    const killed = await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'iu victim'",
    );
    expect(killed.rowCount).toBe(1);
    await expect(async () => {
      for (;;) await client.query('select 1');
    }).rejects.toThrow();
    await admin.end();
  });
});

test('the URL of an embedded server stays below the socket limit', async () => {
  const target = await open('embedded', scope);
  const directory = decodeURIComponent(/@([^:]+):/.exec(target.url)![1]!);
  expect(join(directory, '.s.PGSQL.5432').length).toBeLessThan(100);
});
