import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { servers, until } from '../support/index.ts';
import {
  contents,
  outcome,
  refusal,
  rows,
  schemaDatabase,
  session,
  sharedDatabase,
  value,
} from './support.ts';

const COMPOSER = 'iu_core.composer_enabled';
const CUTS = 'cutter.execution_enabled';
const NEVER = 'iu_enact.allow_no_review_decision';

/** Policy by key, from the design. */
const GATES: Record<string, string> = {
  [CUTS]: 'lease',
  [COMPOSER]: 'standing',
  'iu_core.delivery_enabled': 'standing',
  'iu_core.operator_runtime_enabled': 'standing',
  'iu_core.route_worker_enabled': 'standing',
  'iu_core.routes_master_enabled': 'standing',
  'iu_core.structure_ops_enabled': 'standing',
  [NEVER]: 'never',
};

interface Position {
  all_safe: boolean;
  never_flip_intact: boolean;
  gates: Array<{ key: string; policy: string; value: string | null; state: string; safe: boolean }>;
}

const open = (client: pg.Client, key: string, ttl: number | null, actor = 'K. Adenauer') =>
  value<{ status: string; until: string | null; lease_token: string | null }>(
    client,
    'select public.fn_iu_gate_open($1, null, $2, $3, $4)',
    [key, actor, 'publish the amendments', ttl],
  );
const close = (client: pg.Client, key: string) =>
  value(client, "select public.fn_iu_gate_close($1, 'T. Heuss', 'published')", [key]);
const isOpen = (client: pg.Client, key: string) =>
  value<boolean>(client, 'select public.fn_iu_gate_is_open($1)', [key]);
const position = (client: pg.Client) => value<Position>(client, 'select public.fn_iu_gate_verify_closed()');
const assertOpen = (client: pg.Client, key: string) =>
  outcome(client, 'select iu_core.assert_gate_open($1)', [key]);
const transitions = (client: pg.Client, key: string) =>
  rows(
    client,
    `select seq, from_state, to_state, actor, reason, until is not null as leased
       from public.iu_gate_transition where gate_key = $1 order by seq`,
    [key],
  );

/** Writes a value as somebody would who went around the functions. */
async function plant(admin: pg.Client, key: string, planted: string): Promise<void> {
  await admin.query('begin; set local session_replication_role = replica');
  await admin.query(
    `insert into public.dot_config (key, value, updated_at) values ($1, $2, now())
     on conflict (key) do update set value = excluded.value`,
    [key, planted],
  );
  await admin.query('commit');
}

describe.each(servers)('gates on $name', (server) => {
  const shared = sharedDatabase(server);

  it('all gates of the design are declared, and closed in a fresh database', async () => {
    const admin = await session(await schemaDatabase(server));
    const { all_safe, never_flip_intact, gates } = await position(admin);
    expect({ all_safe, never_flip_intact }).toEqual({ all_safe: true, never_flip_intact: true });
    expect(Object.fromEntries(gates.map(({ key, policy }) => [key, policy]))).toEqual(GATES);
    for (const { key, value: stored, state, safe } of gates) {
      expect({ key, stored, state, safe }).toEqual({ key, stored: 'false', state: 'closed', safe: true });
      expect(await isOpen(admin, key)).toBe(false);
      expect(await assertOpen(admin, key)).toBe('IU010');
    }
  });

  it('a standing opening and its close are recorded, and the second of each writes nothing', async () => {
    const database = await schemaDatabase(server);
    const operator = await session(database, 'iu_operator');
    const admin = await session(database);
    expect(await open(operator, COMPOSER, null)).toMatchObject({ status: 'opened', until: null });
    expect(await isOpen(operator, COMPOSER)).toBe(true);
    expect(await assertOpen(admin, COMPOSER)).toBe('written');
    expect((await position(operator)).all_safe).toBe(false);
    const opened = await contents(database);
    expect(await open(operator, COMPOSER, null, 'another')).toMatchObject({ status: 'already_open' });
    expect(await contents(database)).toEqual(opened);
    expect(await close(operator, COMPOSER)).toMatchObject({ status: 'closed' });
    const closed = await contents(database);
    expect(await close(operator, COMPOSER)).toMatchObject({ status: 'already_closed' });
    expect(await contents(database)).toEqual(closed);
    const steps = (await transitions(admin, COMPOSER)).map((row) => Object.values(row));
    expect(steps).toEqual([
      [1, 'closed', 'open', 'K. Adenauer', 'publish the amendments', false],
      [2, 'open', 'closed', 'T. Heuss', 'published', false],
    ]);
    const values =
      'select old_value, new_value from public.dot_config_history where key = $1 order by changed_at';
    expect((await rows(admin, values, [COMPOSER])).map((row) => Object.values(row))).toEqual([
      [null, 'false'],
      ['false', 'true'],
      ['true', 'false'],
    ]);
  });

  it('a lease lets nobody else in while it runs, not even its holder again, nor for good', async () => {
    const database = await schemaDatabase(server);
    const admin = await session(database);
    const lease = await open(admin, COMPOSER, 60);
    expect(lease).toMatchObject({ status: 'opened', lease_token: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    const held = await contents(database);
    for (const [ttl, actor] of [
      [60, 'L. Erhard'],
      [60, 'K. Adenauer'],
      [null, 'L. Erhard'],
    ] as const) {
      expect(await refusal(open(admin, COMPOSER, ttl, actor))).toMatchObject({
        code: 'IU012',
        detail: { key: COMPOSER, holder: 'K. Adenauer', until: lease.until },
      });
    }
    expect(await contents(database)).toEqual(held);
    await close(admin, COMPOSER);
    await open(admin, COMPOSER, null);
    expect(await refusal(open(admin, COMPOSER, 60, 'L. Erhard'))).toMatchObject({
      code: 'IU012',
      detail: { until: null },
    });
  });

  it('a lease lapses by the clock, within a transaction too, and the next opening says so', async () => {
    const admin = await session(await schemaDatabase(server));
    await open(admin, CUTS, 1);
    expect(await isOpen(admin, CUTS)).toBe(true);
    await admin.query('begin');
    expect(await value(admin, 'select now() is not null')).toBe(true);
    await until('the lease to lapse', async () => !(await isOpen(admin, CUTS)));
    expect(await refusal(admin.query('select iu_core.assert_gate_open($1)', [CUTS]))).toMatchObject({
      code: 'IU010',
      detail: { key: CUTS, state: 'lapsed' },
    });
    await admin.query('rollback');
    const { all_safe, gates } = await position(admin);
    expect(all_safe).toBe(true);
    expect(gates.find(({ key }) => key === CUTS)).toMatchObject({
      value: 'true',
      state: 'lapsed',
      safe: true,
    });
    expect(await open(admin, CUTS, 60, 'L. Erhard')).toMatchObject({ status: 'opened' });
    expect(await transitions(admin, CUTS)).toMatchObject([
      { from_state: 'closed', to_state: 'open' },
      { from_state: 'lapsed', to_state: 'open', actor: 'L. Erhard', leased: true },
    ]);
  });

  it('a lapsed lease can be closed, and is closed for good then', async () => {
    const admin = await session(await schemaDatabase(server));
    await open(admin, COMPOSER, 1);
    await until('the lease to lapse', async () => !(await isOpen(admin, COMPOSER)));
    expect(await close(admin, COMPOSER)).toMatchObject({ status: 'closed' });
    expect(await transitions(admin, COMPOSER)).toMatchObject([
      {},
      { from_state: 'lapsed', to_state: 'closed' },
    ]);
  });

  it.each<[string, string, number | null, string]>([
    ['a never-flip key for good', NEVER, null, 'IU013'],
    ['a never-flip key under a lease', NEVER, 60, 'IU013'],
    ['the kill-switch of cuts for good', CUTS, null, 'IU014'],
    ['an undeclared key', 'iu_core.time_travel_enabled', 60, 'IU011'],
    ['a lease of no time', COMPOSER, 0, 'IU004'],
    ['a lease that ended before', COMPOSER, -60, 'IU004'],
    ['a lease of more than a day', COMPOSER, 86_401, 'IU004'],
  ])('%s is not opened', async (_, key, ttl, code) => {
    const database = shared();
    const admin = await session(database);
    const before = await contents(database);
    expect((await refusal(open(admin, key, ttl))).code).toBe(code);
    expect(await contents(database)).toEqual(before);
  });

  it('an opening or a close without key, actor or reason is refused with IU004, naming each', async () => {
    const admin = await session(await schemaDatabase(server));
    const opening = admin.query("select public.fn_iu_gate_open(null, null, ' ', '', 60)");
    expect(await refusal(opening)).toMatchObject({
      code: 'IU004',
      detail: { arguments: ['p_actor', 'p_key', 'p_reason'] },
    });
    const closing = admin.query("select public.fn_iu_gate_close('', null, '  ')");
    expect((await refusal(closing)).code).toBe('IU004');
    expect(await outcome(admin, `select public.fn_iu_gate_close('iu_core.nothing', 'x', 'y')`)).toBe('IU011');
  });

  it('the word true without an opening counts as closed, and a never-flip or strange key shows', async () => {
    const admin = await session(await schemaDatabase(server));
    await plant(admin, COMPOSER, 'true');
    expect(await isOpen(admin, COMPOSER)).toBe(false);
    expect(await assertOpen(admin, COMPOSER)).toBe('IU010');
    expect(await position(admin)).toMatchObject({ all_safe: true, never_flip_intact: true });
    await open(admin, COMPOSER, null);
    await close(admin, COMPOSER);
    await plant(admin, COMPOSER, 'true');
    expect(await isOpen(admin, COMPOSER)).toBe(false);
    await plant(admin, 'iu_core.back_door_enabled', 'true');
    expect(await position(admin)).toMatchObject({ all_safe: false, never_flip_intact: true });
    await plant(admin, NEVER, 'true');
    expect(await position(admin)).toMatchObject({ all_safe: false, never_flip_intact: false });
    expect(await isOpen(admin, NEVER)).toBe(false);
  });

  it('an open gate whose value became anything but the word true is closed', async () => {
    const admin = await session(await schemaDatabase(server));
    for (const word of ['True', 'TRUE', 'true ', 't', 'on', '1', '', 'yes']) {
      await open(admin, COMPOSER, null);
      expect(await isOpen(admin, COMPOSER)).toBe(true);
      await plant(admin, COMPOSER, word);
      expect([word, await isOpen(admin, COMPOSER)]).toEqual([word, false]);
      expect(await assertOpen(admin, COMPOSER)).toBe('IU010');
    }
  });

  it('a key nobody knows, or none, is closed and never null', async () => {
    const admin = await session(await schemaDatabase(server));
    for (const key of ['iu_core.unheard_of', '', null]) {
      expect(await value(admin, 'select public.fn_iu_gate_is_open($1)', [key])).toBe(false);
      expect(await outcome(admin, 'select iu_core.assert_gate_open($1)', [key])).toBe('IU010');
    }
  });

  it('a gate is declared, changed and withdrawn only while closed; its history stays', async () => {
    const admin = await session(await schemaDatabase(server));
    const declare = (policy: string, key = COMPOSER) =>
      value(admin, "select public.fn_iu_gate_declare($1, $2, 'Changes collections of units.', 'dba')", [
        key,
        policy,
      ]);
    expect(await declare('standing')).toMatchObject({ status: 'unchanged' });
    await open(admin, COMPOSER, null);
    await expect(declare('lease')).rejects.toMatchObject({ code: 'IU012' });
    const withdraw = 'select public.fn_iu_gate_withdraw($1, $2)';
    expect(await outcome(admin, withdraw, [COMPOSER, 'dba'])).toBe('IU012');
    await close(admin, COMPOSER);
    expect(await declare('lease')).toMatchObject({ status: 'declared', policy: 'lease' });
    await expect(open(admin, COMPOSER, null)).rejects.toMatchObject({ code: 'IU014' });
    expect(await value(admin, withdraw, [COMPOSER, 'dba'])).toMatchObject({ status: 'withdrawn' });
    expect(await value(admin, withdraw, [COMPOSER, 'dba'])).toMatchObject({ status: 'absent' });
    expect(await transitions(admin, COMPOSER)).toHaveLength(2);
    expect(await isOpen(admin, COMPOSER)).toBe(false);
    await expect(declare('sometimes')).rejects.toMatchObject({ code: 'IU004' });
  });
});

const set = (client: pg.Client, key: string | null, to: string | null, description: string | null = null) =>
  value<{ status: string; previous?: string | null }>(
    client,
    "select public.fn_dot_config_set($1, $2, 'A. Merkel', 'tuning', $3)",
    [key, to, description],
  );

describe.each(servers)('settings on $name', (server) => {
  const shared = sharedDatabase(server);

  it('a setting is written with its history; the same value writes nothing', async () => {
    const database = await schemaDatabase(server);
    const operator = await session(database, 'iu_operator');
    const key = 'iu_core.delivery_live_routes';
    expect(await set(operator, key, 'gazette', 'Routes that deliver.')).toMatchObject({
      status: 'set',
      previous: null,
    });
    expect(await set(operator, key, 'gazette,archive')).toMatchObject({ status: 'set', previous: 'gazette' });
    const before = await contents(database);
    expect(await set(operator, key, 'gazette,archive')).toMatchObject({ status: 'unchanged' });
    expect(await set(operator, key, 'gazette,archive', 'Routes that deliver.')).toMatchObject({
      status: 'unchanged',
    });
    expect(await contents(database)).toEqual(before);
    expect(await set(operator, key, 'gazette,archive', 'Codes of live routes.')).toMatchObject({
      status: 'set',
    });
    expect(await set(operator, key, '')).toMatchObject({ status: 'set' });
    const admin = await session(database);
    expect(
      await rows(admin, 'select value, description from public.dot_config where key = $1', [key]),
    ).toEqual([{ value: '', description: 'Codes of live routes.' }]);
    expect(
      await rows(
        admin,
        'select old_value, new_value, actor, reason from public.dot_config_history where key = $1 order by changed_at',
        [key],
      ),
    ).toEqual(
      [
        [null, 'gazette'],
        ['gazette', 'gazette,archive'],
        ['gazette,archive', 'gazette,archive'],
        ['gazette,archive', ''],
      ].map(([old_value, new_value]) => ({ old_value, new_value, actor: 'A. Merkel', reason: 'tuning' })),
    );
  });

  it.each<[string, string | null, string | null, string]>([
    ['a declared gate', COMPOSER, 'true', 'IU015'],
    ['a declared gate, even closing it', COMPOSER, 'false', 'IU015'],
    ['a never-flip key', NEVER, 'true', 'IU015'],
    ['what looks like a gate', 'iu_core.back_door_enabled', 'true', 'IU015'],
    ['a key without an area', 'batch_size', '100', 'IU004'],
    ['a key in capitals', 'IU_CORE.BATCH_SIZE', '100', 'IU004'],
    ['a key with a line break', 'iu_core.batch_size\n', '100', 'IU004'],
    ['no key', null, '100', 'IU004'],
    ['no value', 'iu_core.batch_size', null, 'IU004'],
  ])('%s is refused as a setting', async (_, key, to, code) => {
    const database = shared();
    const before = await contents(database);
    expect((await refusal(set(await session(database), key, to))).code).toBe(code);
    expect(await contents(database)).toEqual(before);
  });
});
