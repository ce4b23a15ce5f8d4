import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connect, createDatabase, openTarget, withDatabase } from '../../../scripts/postgres/index.ts';
import {
  differingCatalogs,
  openWitness,
  type ProbeRun,
  runProbe,
  xminSeal,
} from '../../../scripts/proof/index.ts';
import { createScope } from '../../../scripts/report/index.ts';
import { loadParser, parseSqlBytes, type Statement } from '../../../scripts/sql/index.ts';
import { servers, until } from '../support/index.ts';

const SCHEMA = `
  create table public.article (number text primary key, body text);
  create table public.motion (id bigint generated always as identity, title text check (title <> ''));
  create table public.vote (id serial, motion bigint);
  create sequence public.docket;
  create sequence public.countdown increment by -1;
  create unlogged table public.draft (body text);
  create function public.fn_secret() returns bigint language sql security definer
    as $$select nextval('public.docket')$$;
  create role clerk login;
  grant select, insert, update, delete on all tables in schema public to clerk;
  grant usage, select on sequence public.countdown to clerk;
  grant usage on sequence public.docket to clerk;
  alter function public.fn_secret() owner to clerk;
  create sequence public.still;
  select nextval('public.still'), setval('public.vote_id_seq', 50);`;

/** A server of this file's own: witnesses wait for every writer of a server, and neighbours count. */
describe.each(servers)('the envelope on $name', ({ target }) => {
  const scope = createScope();
  let url: string;
  let admin: pg.Client;
  let hasDblink = false;
  const database = (name: string, user = 'postgres') =>
    withDatabase(url, name).replace('//postgres@', `//${user}@`);

  beforeAll(async () => {
    await loadParser();
    url = (await openTarget(target, scope, () => {})).url;
    admin = await connect(url);
    for (const name of ['reached', 'quiet']) {
      await createDatabase(admin, name);
      const client = await connect(database(name));
      await client.query(name === 'reached' ? SCHEMA : SCHEMA.replace(/create role clerk login;/, ''));
      if (name === 'reached') {
        hasDblink = await client.query('create extension dblink').then(
          () => true,
          () => false,
        );
      }
      await client.end();
    }
    if (!hasDblink) process.stdout.write(`${target}: no dblink here: its tests are left out\n`);
  });
  afterAll(async () => {
    await admin?.end();
    await scope.close();
  });

  interface How {
    on?: string;
    user?: string;
    headers?: string;
    witness?: boolean;
    run?: (client: pg.Client, statement: Statement) => Promise<unknown[]>;
  }

  /** Runs a probe alone in its database: whoever was there before has gone. */
  async function probe(body: string, how: How = {}): Promise<ProbeRun> {
    await nobodyIn(how.on ?? 'reached');
    return crowdedProbe(body, how);
  }

  async function crowdedProbe(body: string, how: How = {}): Promise<ProbeRun> {
    const { on = 'reached', user, headers = '', witness = true } = how;
    const text = /^begin/.test(body) ? body : `begin;\n${body}\nrollback;\n`;
    const file = parseSqlBytes(Buffer.from(headers + text), 'sandbox/001_planted.sql');
    const client = await connect(database(on, user));
    const watching = await connect(database(on));
    const run = how.run ?? (async (session, statement) => (await session.query(statement.text)).rows);
    try {
      const opened = witness ? await openWitness(watching) : { witness: null, missing: 'not asked for' };
      const result = await runProbe(client, file, {
        run: (statement) => run(client, statement),
        witness: opened.witness ?? opened.missing,
      });
      await opened.witness?.close();
      return result;
    } finally {
      await client.end();
      await watching.end();
    }
  }

  const nobodyIn = (name: string) =>
    until(`nobody in ${name}`, async () => {
      const { rows } = await admin.query('select from pg_stat_activity where datname = $1', [name]);
      return rows.length === 0;
    });

  const kinds = (run: ProbeRun) => run.residues.map(({ class: kind, object }) => `${kind} ${object}`);

  describe('leaves these alone', () => {
    it.each([
      ['a query', 'select 1;'],
      [
        'rows, DDL, TRUNCATE',
        'alter table public.article add n int; truncate public.vote; drop table public.draft;',
      ],
      [
        'a table of its own, with its sequence',
        'create table public.x (id serial); insert into public.x default values;',
      ],
      ['a temporary table', 'create temp table t (id int primary key); insert into t values (1);'],
      ['a large object', 'select lo_create(0);'],
      ['rows of an unlogged table', "insert into public.draft values ('x');"],
      [
        'settings',
        "select set_config('work_mem', '1MB', false), set_config('my.own', '1', false); set role clerk;",
      ],
      ['NOTIFY and LISTEN', "listen a; notify a, 'x';"],
      ['a lock of the transaction', 'select pg_advisory_xact_lock(7);'],
      ['a savepoint', "savepoint a; insert into public.article values ('1'); rollback to a;"],
      ['a grant and a role', 'create role ghost; grant select on public.article to ghost;'],
      ['a cursor', 'declare c cursor with hold for select 1;'],
      ['a transactional message', "select pg_logical_emit_message(true, 'x', 'y');"],
    ])('%s', async (_, body) => {
      const run = await probe(body);
      expect(run).toMatchObject({ verdict: 'clean', leaks: [], missing: [], error: null });
      expect(run.residues.filter(({ class: kind }) => kind !== 'physical')).toEqual([]);
      expect(run.autonomousCommits?.verdict).toBe('none');
    });
  });

  describe('names what ROLLBACK leaves', () => {
    const slot = "select pg_create_physical_replication_slot('left_behind');";
    it.each([
      ['nextval', "select nextval('public.docket');", 'sequence-moved public.docket'],
      ['nextval downwards', "select nextval('public.countdown');", 'sequence-moved public.countdown'],
      [
        'nextval in a lost savepoint',
        "savepoint a; select nextval('public.docket'); rollback to a;",
        'sequence-moved public.docket',
      ],
      [
        'nextval under another name',
        "alter sequence public.docket rename to d; select nextval('public.d');",
        'sequence-moved public.docket',
      ],
      [
        'setval back',
        "insert into public.vote (motion) values (1); select setval('public.vote_id_seq', 1, false);",
        'sequence-moved public.vote_id_seq',
      ],
      [
        'nextval without an insert',
        "select nextval('public.vote_id_seq');",
        'sequence-moved public.vote_id_seq',
      ],
      ['a session lock', 'select pg_advisory_lock(42);', 'session-lock advisory lock 42'],
      ['PREPARE', 'prepare p as select 1;', 'prepared-statement p'],
      [
        'a program',
        "copy (select 1) to program 'cat > /dev/null';",
        'autonomous-commit program cat > /dev/null',
      ],
      [
        'a message outside of transactions',
        "select pg_logical_emit_message(false, 'hello', 'y');",
        'signals message hello',
      ],
      ['a signal', 'select pg_reload_conf();', 'signals pg_reload_conf'],
      ['a signal from a DO', 'do $$begin perform pg_stat_reset(); end$$;', 'signals statistics reset'],
      ['a slot', slot, 'subscriptions-slots slot left_behind'],
    ])('%s', async (_, body, expected) => {
      const run = await probe(body);
      if (body === slot) await admin.query("select pg_drop_replication_slot('left_behind')");
      expect(run.verdict).toBe('leaked');
      expect(run.leaks.map(({ class: kind, object }) => `${kind} ${object}`)).toEqual([expected]);
    });

    it('a file that COPY wrote', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'iu-probe-'));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      chmodSync(folder, 0o777);
      const path = join(folder, 'out.csv');
      const run = await probe(`copy (select 1) to '${path}';`);
      expect(run).toMatchObject({ verdict: 'leaked', leaks: [{ class: 'file', object: path }] });
      expect(existsSync(path)).toBe(true);
    });

    it('a file that lo_export wrote', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'iu-probe-'));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      chmodSync(folder, 0o777);
      const path = join(folder, 'object');
      const run = await probe(`select lo_create(4711); select lo_export(4711, '${path}');`);
      expect(run).toMatchObject({ verdict: 'leaked', leaks: [{ class: 'file', object: 'lo_export' }] });
      expect(existsSync(path)).toBe(true);
    });

    it('a transaction that dblink prepared', async () => {
      if (!hasDblink) return;
      const socket = decodeURIComponent(/@([^:/]+)/.exec(url)![1]!);
      const run = await probe(
        `select dblink_exec('host=${socket} user=postgres dbname=reached',
                            'begin; insert into public.draft values (1); prepare transaction ''left''');`,
      );
      const client = await connect(database('reached'));
      await client.query("rollback prepared 'left'");
      await client.end();
      expect(run).toMatchObject({
        verdict: 'leaked',
        leaks: [{ class: 'prepared-transaction', object: 'left' }],
      });
    });

    it.each(['', 'set synchronous_commit = off; '])('what dblink committed (%s)', async (first) => {
      if (!hasDblink) return;
      const socket = decodeURIComponent(/@([^:/]+)/.exec(url)![1]!);
      const run = await probe(
        `select dblink_exec('host=${socket} user=postgres dbname=reached',
                            '${first}insert into public.article values (''${first.length}'')');`,
      );
      expect(run).toMatchObject({
        verdict: 'leaked',
        autonomousCommits: { verdict: 'seen' },
        leaks: [{ class: 'autonomous-commit', object: 'public.article' }],
      });
    });

    it('what dblink altered, by catalog', async () => {
      if (!hasDblink) return;
      const socket = decodeURIComponent(/@([^:/]+)/.exec(url)![1]!);
      const run = await probe(
        `select dblink_exec('host=${socket} user=postgres dbname=reached',
                            'alter role clerk set work_mem = ''1MB''');`,
      );
      expect(kinds(run)).toContain('settings pg_db_role_setting');
      expect(run.verdict).toBe('leaked');
    });

    it('a transaction that was committed, and stops there', async () => {
      const seen: string[] = [];
      const run = await probe("insert into public.draft values ('kept'); select 'never sent';", {
        run: async (client, statement) => {
          seen.push(statement.text);
          await client.query(statement.text);
          if (statement.kind === 'InsertStmt') await client.query('commit');
          return [];
        },
      });
      expect(run.verdict).toBe('committed');
      expect(run.leaks[0]).toMatchObject({ class: 'committed', detail: 'the transaction ended at line 2' });
      expect(seen.at(-1)).toMatch(/^insert/);
    });
  });

  it('calls a gap what an insert takes of its own ids, says how many, and stays clean', async () => {
    const run = await probe(
      "insert into public.motion (title) values ('a'), ('b'); insert into public.vote default values;",
    );
    expect(run).toMatchObject({ verdict: 'clean', idsConsumed: 3, leaks: [] });
    expect(kinds(run)).toEqual(
      expect.arrayContaining(['sequence-gap public.motion_id_seq', 'sequence-gap public.vote_id_seq']),
    );
    expect(run.impact?.tables).toContainEqual({
      table: 'public.motion',
      inserted: 2,
      updated: 0,
      deleted: 0,
    });
  });

  it('calls a sequence that was moved and put back physical, and stays clean', async () => {
    const run = await probe("select nextval('public.still'); select setval('public.still', 1);");
    expect(run.verdict).toBe('clean');
    expect(kinds(run)).toEqual(['physical public.still']);
  });

  it('calls moved planner hints and dead rows what they are, and stays clean', async () => {
    const run = await probe(
      "insert into public.article select 'n' || generate_series(1, 500); analyze public.article;",
    );
    expect(run.verdict).toBe('clean');
    expect(kinds(run).sort()).toEqual(['physical public.article', 'planner-hints public.article']);
  });

  it('tells the impact: rows, locks, functions', async () => {
    const run = await probe(
      "insert into public.article values ('7'); delete from public.article; select public.fn_secret();",
    );
    expect(run.impact).toMatchObject({
      tables: [{ table: 'public.article', inserted: 1 }],
      functions: [{ function: 'public.fn_secret()', calls: 1 }],
    });
    expect(run.impact?.locks.map(({ object }) => object)).toContain('public.article');
    expect(run).toMatchObject({ xactStatus: 'aborted', xid: expect.stringMatching(/^\d+$/) });
  });

  it('knows declared residues, and stale declarations', async () => {
    const headers = '--! Residue: sequence public.docket\n--! Residue: sequence "public".nothing\n';
    const run = await probe("select nextval('public.docket');", { headers });
    expect(run).toMatchObject({
      verdict: 'clean-with-declared-residue',
      leaks: [],
      stale: ['sequence "public".nothing'],
    });
    const idle = await probe('select 1;', { headers: '--! Residue: sequence public.docket\n' });
    expect(idle).toMatchObject({ verdict: 'clean', stale: ['sequence public.docket'] });
  });

  it.each([
    [
      'a COMMIT in between',
      "begin;\nselect nextval('public.docket');\ncommit;\nrollback;",
      'transaction_control',
    ],
    [
      'a statement after ROLLBACK',
      "begin;\nselect 1;\nrollback;\nselect nextval('public.docket');",
      'outside_transaction',
    ],
  ])('refuses %s before a line runs', async (_, text, code) => {
    const sent: string[] = [];
    const run = await probe(text, {
      run: async (_client, statement) => {
        sent.push(statement.text);
        return [];
      },
    });
    expect(run).toMatchObject({ verdict: 'refused', refusals: [{ code }] });
    expect(sent).toEqual([]);
  });

  it('closes the envelope when the probe fails', async () => {
    const run = await probe("select nextval('public.docket'); select pg_advisory_lock(1); select nope;");
    expect(run.error).toMatchObject({ code: '42703' });
    expect(run.verdict).toBe('leaked');
    expect(kinds(run).sort()).toEqual(['sequence-moved public.docket', 'session-lock advisory lock 1']);
    const commit = await probe('do $$begin commit; end$$;');
    expect(commit.error).toMatchObject({ code: '2D000' });
    expect(commit.leaks).toEqual([]);
  });

  it('runs a pure probe read-only, which it cannot undo', async () => {
    const pure = (body: string) => probe(body, { headers: '--! Pure\n' });
    expect(await pure('select count(*) from public.article;')).toMatchObject({
      verdict: 'clean',
      error: null,
    });
    const write = await pure("insert into public.article values ('1');");
    expect(write.error).toMatchObject({ code: '25006' });
    const undo = await pure("set transaction read write; insert into public.article values ('1');");
    expect(undo.error).toMatchObject({ code: '25001' });
  });

  describe('as a login without reach', () => {
    const clerk = { on: 'quiet', user: 'clerk', witness: false };

    it('needs no witness', async () => {
      const run = await probe(
        "insert into public.article values ('1'); select nextval('public.countdown');",
        clerk,
      );
      expect(run).toMatchObject({ reach: [], autonomousCommits: { verdict: 'impossible' }, missing: [] });
      expect(run.leaks).toMatchObject([{ class: 'sequence-moved', object: 'public.countdown' }]);
      expect(run.notObserved).toContain('catalog pg_authid');
      expect((await probe('select 1;', clerk)).verdict).toBe('clean');
    });

    it('has none through a function either, unless that runs as a superuser', async () => {
      const run = await probe('select public.fn_secret();', clerk);
      expect(run.reach).toEqual([]);
      expect(run.verdict).toBe('inconclusive');
      expect(run.missing.join()).toContain('public.docket');
      const failed = await probe('select nope;', clerk);
      expect(failed).toMatchObject({ verdict: 'inconclusive', error: { code: '42703' } });
      const owner = async (name: string) => {
        const client = await connect(database('quiet'));
        await client.query(`alter function public.fn_secret() owner to ${name}`);
        await client.end();
      };
      await owner('postgres');
      const reached = await probe('select 1;', clerk);
      await owner('clerk');
      expect(reached.reach).toEqual(['function public.fn_secret() (runs as postgres)']);
      expect(reached).toMatchObject({ verdict: 'inconclusive', autonomousCommits: { verdict: 'unknown' } });
    });
  });

  describe('with neighbours', () => {
    const clerk = { on: 'quiet', user: 'clerk' };

    /** Keeps sessions busy with `texts` while `work` runs; every one of them has run once before. */
    async function whileBusy(name: string, texts: string[], work: () => Promise<void>): Promise<void> {
      let stop = false;
      const rounds = texts.map(() => 0);
      const busy = texts.map(async (text, index) => {
        const client = await connect(database(name));
        while (!stop) {
          await client.query(text);
          rounds[index]! += 1;
        }
        await client.end();
      });
      try {
        await until('the neighbours at work', async () => rounds.every((count) => count > 0));
        await work();
      } finally {
        stop = true;
        await Promise.all(busy);
      }
    }

    const BUSY = [
      "insert into public.article values (gen_random_uuid()::text); update public.article set body = 'x'; delete from public.article",
      'create table public.fleeting (id serial primary key); drop table public.fleeting',
      "set synchronous_commit = off; insert into public.draft values ('x'); select nextval('public.docket')",
      'create temp table t (id int); drop table t; analyze public.article',
    ];

    it('never accuses the probe, whatever they commit', async () => {
      await whileBusy('quiet', BUSY, async () => {
        for (let i = 0; i < 4; i += 1) {
          const run = await crowdedProbe(
            "insert into public.article values ('1'); select 1 from public.motion;",
            clerk,
          );
          expect(run).toMatchObject({ verdict: 'clean', leaks: [], missing: [] });
          const reaching = await crowdedProbe("insert into public.motion (title) values ('a');", {
            on: 'quiet',
          });
          expect(reaching).toMatchObject({ verdict: 'inconclusive', leaks: [] });
          expect(reaching.missing.join()).toContain('autonomous commits');
        }
      });
    });

    it('never accuses the probe of what autovacuum does meanwhile', async () => {
      await admin.query("alter system set autovacuum_naptime = '1s'");
      await admin.query('select pg_reload_conf()');
      const inside = await connect(database('quiet'));
      onTestFinished(() => inside.end());
      await inside.query(`alter table public.article set (
        autovacuum_vacuum_threshold = 0,  autovacuum_vacuum_scale_factor = 0,
        autovacuum_analyze_threshold = 0, autovacuum_analyze_scale_factor = 0)`);
      const passes = async () => {
        const { rows } = await inside.query(
          "select autovacuum_count + autoanalyze_count as n from pg_stat_user_tables where relname = 'article'",
        );
        return Number(rows[0].n);
      };
      await whileBusy('quiet', BUSY.slice(0, 1), async () => {
        const before = await passes();
        await until('autovacuum to pass by', async () => {
          const run = await crowdedProbe("insert into public.article values ('1');", clerk);
          expect(run).toMatchObject({ verdict: 'clean', leaks: [], missing: [] });
          return (await passes()) > before;
        });
      });
    });

    it('still names what is the probe’s', async () => {
      await whileBusy('quiet', BUSY, async () => {
        const run = await crowdedProbe("select nextval('public.countdown'), pg_advisory_lock(3);", clerk);
        expect(run.verdict).toBe('leaked');
        expect(kinds(run).sort()).toEqual([
          'sequence-moved public.countdown',
          'session-lock advisory lock 3',
        ]);
      });
    });

    it('runs nothing while a lock keeps the state from being read', async () => {
      const holder = await connect(database('quiet'));
      await holder.query('begin; lock table public.draft in access exclusive mode');
      try {
        const blocked = crowdedProbe('select 1;', { ...clerk, witness: false });
        await expect(blocked).rejects.toMatchObject({ exit: 4, findings: [{ code: 'state_locked' }] });
      } finally {
        await holder.end();
      }
    });

    it('goes on without the witness that a writer holds up, and names it', async () => {
      const idle = await connect(`${database('quiet')}&application_name=dozing`);
      const other = await connect(database('quiet'));
      await idle.query("begin; insert into public.draft values ('idle')");
      await other.query("begin; insert into public.draft values ('p'); prepare transaction 'waiting'");
      try {
        const reaching = await crowdedProbe('select 1;', { on: 'quiet' });
        expect(reaching.verdict).toBe('inconclusive');
        expect(reaching.witness.watched).toBe(false);
        expect(reaching.witness.because).toMatch(/dozing, idle in transaction.*prepared transaction waiting/);
        const without = await crowdedProbe('select 1;', { ...clerk, witness: false });
        expect(without).toMatchObject({ verdict: 'clean', autonomousCommits: { verdict: 'impossible' } });
      } finally {
        await other.query("rollback prepared 'waiting'");
        await idle.end();
        await other.end();
      }
    });
  });

  it('seals the catalogs by what was committed, and by nothing else', async () => {
    const client = await connect(database('quiet'));
    const other = await connect(database('quiet', 'clerk'));
    try {
      const before = await xminSeal(client);
      await client.query(
        'begin; create table public.x (id serial primary key); drop table public.draft; rollback',
      );
      await client.query(
        'analyze; create temp table t (id int primary key, b text default 1 check (b <> $$$$))',
      );
      expect(differingCatalogs(before, await xminSeal(client))).toEqual([]);
      await client.query("comment on table public.article is 'Articles.'");
      expect(differingCatalogs(before, await xminSeal(client))).toEqual(['pg_description']);
      await client.query(
        'alter table public.article add column n int; alter table public.article drop column n',
      );
      expect(differingCatalogs(before, await xminSeal(client))).toContain('pg_attribute');
      expect((await xminSeal(other)).notObserved).toContain('pg_authid');
    } finally {
      await client.end();
      await other.end();
    }
  });
});
