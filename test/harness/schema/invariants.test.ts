import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { servers } from '../support/index.ts';
import { createMany, rows, schemaDatabase, session, sharedDatabase, spec } from './support.ts';

const UNITS = [
  spec({ address: 'DE-GG/TEIL-1', section_type: 'heading' }),
  spec({
    address: 'DE-GG/ART-1',
    parent_ref: 'DE-GG/TEIL-1',
    body: 'Die Würde des Menschen ist unantastbar.',
  }),
  spec({ address: 'DE-GG/ART-2', parent_ref: 'DE-GG/TEIL-1', body: 'Jeder hat das Recht auf Leben.' }),
  spec({ address: 'US-CONST/ART-1', body: 'All legislative Powers herein granted …' }),
];

const unit = (address: string) =>
  `(select id from public.information_unit where canonical_address = '${address}')`;
const version = (address: string) =>
  `(select draft_version_ref from public.information_unit where canonical_address = '${address}')`;
const change = (address: string, to: string) =>
  `update public.information_unit set ${to} where canonical_address = '${address}'`;

/** A fault, planted around locks and constraints, and what is said of it: `address invariant`. */
const FAULTS: Array<[string, string, string[]]> = [
  [
    'a body that is not what was hashed',
    `alter table public.unit_version drop constraint unit_version_hash_ck;
     update public.unit_version set body = 'Die Würde ist antastbar.' where id = ${version('DE-GG/ART-1')}`,
    ['DE-GG/ART-1 hash_recomputes'],
  ],
  [
    "a draft that is another unit's version",
    change('DE-GG/ART-1', `draft_version_ref = ${version('DE-GG/ART-2')}`),
    ['DE-GG/ART-1 refs_own'],
  ],
  [
    "a version in force that is another unit's",
    change('DE-GG/ART-1', `enacted_version_ref = ${version('US-CONST/ART-1')}`),
    ['DE-GG/ART-1 refs_own'],
  ],
  [
    'a draft that does not exist',
    change('DE-GG/ART-1', 'draft_version_ref = gen_random_uuid()'),
    ['DE-GG/ART-1 refs_own'],
  ],
  [
    'a unit in draft without a draft',
    `alter table public.information_unit drop constraint information_unit_draft_ck;
     ${change('DE-GG/ART-1', 'draft_version_ref = null')}`,
    ['DE-GG/ART-1 refs_own'],
  ],
  [
    'versions that begin at 2',
    `update public.unit_version set version_seq = 2 where id = ${version('DE-GG/ART-1')}`,
    ['DE-GG/ART-1 versions_dense'],
  ],
  [
    'versions with a gap',
    `insert into public.unit_version
     select gen_random_uuid(), unit_id, 3, title, body, content_hash, '{}', now(), 'nobody'
       from public.unit_version where id = ${version('DE-GG/ART-1')}`,
    ['DE-GG/ART-1 versions_dense'],
  ],
  [
    'a unit whose versions are gone',
    `delete from public.unit_version where id = ${version('DE-GG/ART-1')}`,
    ['DE-GG/ART-1 versions_dense'],
  ],
  [
    'an address outside the grammar',
    `alter table public.information_unit drop constraint information_unit_address_ck;
     ${change('US-CONST/ART-1', "canonical_address = 'US-CONST/art-1'")}`,
    ['US-CONST/art-1 address_grammar'],
  ],
  [
    'a unit kind that nobody registered',
    change('DE-GG/ART-2', "unit_kind = 'sonnet'"),
    ['DE-GG/ART-2 vocabulary_active'],
  ],
  [
    'a section type that was retired',
    "update public.iu_section_type set active = false where code = 'heading'",
    ['DE-GG/TEIL-1 vocabulary_active'],
  ],
  [
    'a parent in another document',
    change('DE-GG/ART-2', `parent_or_container_ref = ${unit('US-CONST/ART-1')}`),
    ['DE-GG/ART-2 parent_in_document'],
  ],
  [
    'parents that run in a circle, and what hangs on them',
    change('DE-GG/TEIL-1', `parent_or_container_ref = ${unit('DE-GG/ART-1')}`),
    ['DE-GG/ART-1 acyclic', 'DE-GG/ART-2 acyclic', 'DE-GG/TEIL-1 acyclic'],
  ],
  [
    'its own parent',
    `alter table public.information_unit drop constraint information_unit_not_own_parent_ck;
     ${change('US-CONST/ART-1', 'parent_or_container_ref = id')}`,
    ['US-CONST/ART-1 acyclic'],
  ],
  [
    'two siblings at one place',
    `drop index public.information_unit_sibling_uq; ${change('DE-GG/ART-2', "sort_key = 'a1'")}`,
    ['DE-GG/ART-1 siblings_unique', 'DE-GG/ART-2 siblings_unique'],
  ],
  [
    'two units at one place at the top',
    `drop index public.information_unit_sibling_uq;
     ${change('DE-GG/ART-2', `parent_or_container_ref = null, sort_key = 'a1'`)}`,
    ['DE-GG/ART-2 siblings_unique', 'DE-GG/TEIL-1 siblings_unique'],
  ],
  [
    'a parent that does not exist',
    change('DE-GG/ART-2', 'parent_or_container_ref = gen_random_uuid()'),
    ['DE-GG/ART-2 parent_in_document'],
  ],
];

async function broken(client: pg.Client, argument = 'null'): Promise<string[]> {
  const found = await rows<{ line: string }>(
    client,
    `select b.canonical_address || ' ' || b.invariant as line
       from public.fn_iu_verify_invariants(${argument}) as b`,
  );
  return found.map(({ line }) => line);
}

describe.each(servers)('invariants on $name', (server) => {
  const shared = sharedDatabase(server, (client) => createMany(client, UNITS));

  it('healthy data breaks none, and every scenario of the check is ok', async () => {
    const admin = await session(await schemaDatabase(server));
    expect(await broken(admin)).toEqual([]);
    await createMany(admin, UNITS);
    expect(await broken(admin)).toEqual([]);
    const checks = await rows<{ scenario: string; ok: boolean }>(
      admin,
      'select * from public.fn_iu_check_units()',
    );
    expect(checks.map(({ ok }) => ok)).toEqual(Array(8).fill(true));
  });

  it.each(FAULTS)('%s is found, and nothing else', async (_, plant, expected) => {
    const admin = await session(shared());
    await admin.query(`begin; set local session_replication_role = replica; ${plant}`);
    expect(await broken(admin)).toEqual(expected);
    const failed = await rows<{ scenario: string; detail: string }>(
      admin,
      'select scenario, detail from public.fn_iu_check_units() where ok is not true',
    );
    const [address, invariant] = expected[0]!.split(' ');
    expect(failed.map(({ scenario }) => scenario)).toEqual([`invariant ${invariant} holds`]);
    expect(failed[0]!.detail).toContain(`${expected.length} units, the first is ${address}`);
  });

  it('asked about some units, it says nothing of others', async () => {
    const admin = await session(shared());
    await admin.query(
      `begin; set local session_replication_role = replica;
       ${change('DE-GG/ART-1', 'draft_version_ref = gen_random_uuid()')};
       ${change('US-CONST/ART-1', "unit_kind = 'sonnet'")}`,
    );
    expect(await broken(admin, `array[${unit('DE-GG/ART-1')}]`)).toEqual(['DE-GG/ART-1 refs_own']);
    expect(await broken(admin, `array[${unit('DE-GG/ART-2')}]`)).toEqual([]);
    expect(await broken(admin, "'{}'")).toEqual([]);
    expect(await broken(admin)).toEqual(['DE-GG/ART-1 refs_own', 'US-CONST/ART-1 vocabulary_active']);
  });
});
