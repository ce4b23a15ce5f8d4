import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { servers } from '../support/index.ts';
import { createMany, enact, rows, schemaDatabase, session, sharedDatabase, spec } from './support.ts';

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

/** Two units in force in two editions, of which the second has another text of the first unit. */
async function twoEditions(client: pg.Client): Promise<void> {
  await createMany(client, [
    spec({ address: 'RFC1951/S-1', body: 'Introduction' }),
    spec({ address: 'RFC1951/S-2', parent_ref: 'RFC1951/S-1', body: 'Compressed representation' }),
  ]);
  await enact(client, ['RFC1951/S-1', 'RFC1951/S-2']);
  await client.query("select public.fn_iu_save('RFC1951/S-1', 'S-1', 'Purpose', 'P. Deutsch')");
  await enact(client, ['RFC1951/S-1']);
}

const unit = (address: string) =>
  `(select id from public.information_unit where canonical_address = '${address}')`;
const version = (address: string) =>
  `(select draft_version_ref from public.information_unit where canonical_address = '${address}')`;
const change = (address: string, to: string) =>
  `update public.information_unit set ${to} where canonical_address = '${address}'`;

const versionOf = (address: string, seq: number) =>
  `(select id from public.unit_version where unit_id = ${unit(address)} and version_seq = ${seq})`;
const edition = (number: number) => `(select id from public.document_edition where edition = ${number})`;

/** A fault, planted around locks and constraints, and what is said of it: `address invariant`,
 * with a dash where it is no unit that is broken. */
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
    change('RFC1951/S-1', `enacted_version_ref = ${version('US-CONST/ART-1')}`),
    ['RFC1951/S-1 refs_own', 'RFC1951/S-1 status_follows_log'],
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
  [
    'a unit that is deleted while others stand under it',
    change('DE-GG/TEIL-1', 'deleted_at = now()'),
    ['DE-GG/ART-1 parent_live', 'DE-GG/ART-2 parent_live'],
  ],
  [
    'versions of a unit that is gone',
    `delete from public.information_unit where canonical_address = 'US-CONST/ART-1'`,
    ['- version_has_unit'],
  ],
  [
    'a status that nobody logged',
    change('RFC1951/S-1', "lifecycle_status = 'superseded', enacted_version_ref = null"),
    ['RFC1951/S-1 status_follows_log'],
  ],
  [
    'a draft that was retired, and nobody logged it',
    change('DE-GG/ART-1', "lifecycle_status = 'retired', draft_version_ref = null"),
    ['DE-GG/ART-1 status_follows_log'],
  ],
  [
    'an enactment that is gone from the log',
    `delete from public.iu_lifecycle_log where version_id = ${versionOf('RFC1951/S-1', 2)}`,
    ['RFC1951/S-1 status_follows_log'],
  ],
  [
    'an end in the log of what is in force',
    `delete from public.iu_lifecycle_log where to_status = 'superseded'`,
    ['RFC1951/S-1 status_follows_log'],
  ],
  [
    'a former version in force again',
    change('RFC1951/S-1', `enacted_version_ref = ${versionOf('RFC1951/S-1', 1)}`),
    ['RFC1951/S-1 status_follows_log'],
  ],
  [
    'a draft that is in force too',
    change('RFC1951/S-1', 'draft_version_ref = enacted_version_ref'),
    ['RFC1951/S-1 status_follows_log'],
  ],
  [
    'a draft that is out of force already',
    change('RFC1951/S-1', `draft_version_ref = ${versionOf('RFC1951/S-1', 1)}`),
    ['RFC1951/S-1 status_follows_log'],
  ],
  [
    'a unit of an edition that stands elsewhere',
    `update public.document_edition_unit set depth = 0, parent_ref = null
      where edition_id = ${edition(1)} and position = 2`,
    ['- edition_recomputes'],
  ],
  [
    'an edition with another version',
    `update public.document_edition_unit set version_id = ${versionOf('RFC1951/S-1', 2)}
      where edition_id = ${edition(1)} and position = 1`,
    ['- edition_recomputes'],
  ],
  [
    'an edition that lost its last unit',
    `delete from public.document_edition_unit where edition_id = ${edition(1)} and position = 2`,
    ['- edition_recomputes'],
  ],
  [
    'an edition that lost a unit and was counted again',
    `delete from public.document_edition_unit where edition_id = ${edition(1)} and position = 2;
     update public.document_edition set units = 1 where edition = 1`,
    ['- edition_recomputes'],
  ],
  [
    'editions whose root hash is that of another',
    'update public.document_edition set root_hash = encode(sha256($$$$), $$hex$$)',
    ['- edition_recomputes', '- edition_recomputes'],
  ],
  [
    'a text that was replaced together with its hash',
    `update public.unit_version set body = 'Forgery', content_hash = iu_core.content_hash('Forgery')
      where id = ${versionOf('RFC1951/S-1', 1)}`,
    ['- edition_recomputes'],
  ],
];

async function broken(client: pg.Client, argument = 'null'): Promise<string[]> {
  const found = await rows<{ line: string }>(
    client,
    `select coalesce(b.canonical_address, '-') || ' ' || b.invariant as line
       from public.fn_iu_verify_invariants(${argument}) as b`,
  );
  return found.map(({ line }) => line);
}

describe.each(servers)('invariants on $name', (server) => {
  const shared = sharedDatabase(server, async (client) => {
    await createMany(client, UNITS);
    await twoEditions(client);
  });

  it('healthy data breaks none, and every scenario of the check is ok', async () => {
    const admin = await session(await schemaDatabase(server));
    expect(await broken(admin)).toEqual([]);
    await createMany(admin, UNITS);
    await twoEditions(admin);
    expect(await broken(admin)).toEqual([]);
    const checks = await rows<{ scenario: string; ok: boolean }>(
      admin,
      'select * from public.fn_iu_check_units()',
    );
    expect(checks.map(({ ok }) => ok)).toEqual(Array(13).fill(true));
  });

  it.each(FAULTS)('%s is found, and nothing else', async (_, plant, expected) => {
    const admin = await session(shared());
    await admin.query(`begin; set local session_replication_role = replica; ${plant}`);
    expect(await broken(admin)).toEqual(expected);
    const failed = await rows<{ scenario: string; detail: string }>(
      admin,
      'select scenario, detail from public.fn_iu_check_units() where ok is not true',
    );
    const named = Map.groupBy(expected, (line) => line.split(' ')[1]!);
    expect(failed.map(({ scenario, detail }) => `${scenario}: ${detail}`)).toEqual(
      [...named].map(([invariant, lines]) => {
        const address = lines[0]!.split(' ')[0]!;
        const first = address === '-' ? '' : `${address}: `;
        return expect.stringMatching(
          `^invariant ${invariant} holds: ${lines.length} broken, the first is ${first}[^:]`,
        );
      }),
    );
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

  it('asked about some units, it looks at the last edition of their document, and at no earlier one', async () => {
    const admin = await session(shared());
    const forge = (number: number) =>
      admin.query(
        `begin; set local session_replication_role = replica;
         update public.document_edition set root_hash = encode(sha256(''), 'hex') where edition = ${number}`,
      );
    const asked = `array[${unit('RFC1951/S-2')}]`;
    await forge(1);
    expect(await broken(admin, asked)).toEqual([]);
    expect(await broken(admin)).toEqual(['- edition_recomputes']);
    await admin.query('rollback');
    await forge(2);
    expect(await broken(admin, asked)).toEqual(['- edition_recomputes']);
    expect(await broken(admin, `array[${unit('DE-GG/ART-1')}]`)).toEqual([]);
  });
});
