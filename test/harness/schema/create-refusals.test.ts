import { describe, expect, it } from 'vitest';
import { servers } from '../support/index.ts';
import {
  contents,
  createMany,
  outcome,
  refusal,
  type Spec,
  schemaDatabase,
  session,
  sharedDatabase,
  spec,
  value,
} from './support.ts';

const GOOD = spec({ address: 'US-CONST/ART-1', body: 'All legislative Powers herein granted …' });
const bad = (reason: string, ...specs: unknown[]): [string, unknown[]] => [reason, specs];

/** One reason each; the last spec of each list is the bad one. */
const REASONS: Array<[string, unknown[]]> = [
  bad('unit_kind_unknown', spec({ address: 'US-CONST/ART-2', unit_kind: 'sonnet' })),
  bad('section_type_unknown', spec({ address: 'US-CONST/ART-2', section_type: 'stanza' })),
  bad('parent_not_found', spec({ address: 'US-CONST/ART-2', parent_ref: 'US-CONST/PREAMBLE' })),
  bad('parent_circle', spec({ address: 'US-CONST/ART-2', parent_ref: 'US-CONST/ART-2' })),
  bad('parent_in_other_document', spec({ address: 'DE-GG/ART-2', parent_ref: 'US-CONST/ART-1' })),
  bad('duplicate_in_batch', spec({ address: 'US-CONST/ART-1', title: 'Article I' })),
  bad('duplicate_in_batch', GOOD),
  bad('not_an_object', 'US-CONST/ART-2'),
  bad('not_an_object', ['US-CONST/ART-2']),
  bad('not_an_object', null),
  bad('unknown_key', { ...spec({ address: 'US-CONST/ART-2' }), status: 'enacted' }),
  bad('address_not_text', { ...spec({ address: '' }), address: 2 }),
  bad('title_not_text', { ...spec({ address: 'US-CONST/ART-2' }), title: null }),
  bad('body_not_text', { ...spec({ address: 'US-CONST/ART-2' }), body: undefined }),
  bad('unit_kind_not_text', { ...spec({ address: 'US-CONST/ART-2' }), unit_kind: ['law_unit'] }),
  bad('section_type_not_text', { ...spec({ address: 'US-CONST/ART-2' }), section_type: true }),
  bad('owner_ref_not_text', { ...spec({ address: 'US-CONST/ART-2' }), owner_ref: ' ' }),
  bad('parent_ref_not_text', { ...spec({ address: 'US-CONST/ART-2' }), parent_ref: 1 }),
];

const BAD_ADDRESSES = [
  '',
  'US-CONST',
  'US-CONST/',
  '/ART-1',
  'US/ART-1',
  `${'X'.repeat(33)}/ART-1`,
  '-US/ART-1',
  'us-const/art-1',
  'US-CONST/ART--1',
  'US-CONST/-ART',
  'US-CONST/ART-',
  'US-CONST//ART-1',
  'US-CONST/ART 1',
  'US-CONST/ART-1\n',
  '\nUS-CONST/ART-1',
  'US-CONST/ĐIỀU-5',
  'US-CONST/ART-1~0',
  'US-CONST/ART-1~01',
  'US-CONST/ART-1~2~3',
  'US-CONST/ART-1~ABCDEF',
  "US-CONST/ART-1'; drop table public.information_unit; --",
  `US-CONST/${'A'.repeat(2040)}`,
];

const GOOD_ADDRESSES = [
  'GDPR/ART-17',
  'VI-LAW/DIEU-5/KHOAN-2',
  'DE-BGB/P-12A~2',
  'US-CONST/S-1',
  'POLICY-2026/A-VERY-LONG-HEADING~0a1b2c',
  'POLICY-2026/A-VERY-LONG-HEADING~0a1b2c~2',
  `${'X'.repeat(32)}/ART-1`,
  '2026-07/1/2/3',
  `US-CONST/${'A'.repeat(2039)}`,
];

describe.each(servers)('refused specs on $name', (server) => {
  const shared = sharedDatabase(server);

  it('each bad spec is named with its index, address and reason, and nothing of the batch is written', async () => {
    const database = shared();
    const admin = await session(database);
    const before = await contents(database);
    for (const [reason, specs] of REASONS) {
      const refused = await refusal(createMany(admin, [GOOD, ...specs]));
      const address = (specs[0] as Spec | null)?.address ?? null;
      expect(refused).toMatchObject({ code: 'IU020', detail: { problems: [{ index: 1, reason }] } });
      if (typeof address === 'string') {
        expect(refused.detail).toEqual({ problems: [{ index: 1, address, reason }] });
      }
      expect(refused.message).toContain(`1 of 2 specs cannot be created, the first at index 1: ${reason}`);
    }
    expect(await contents(database)).toEqual(before);
  });

  it('all bad specs of a batch are named at once', async () => {
    const admin = await session(shared());
    const specs = [GOOD, ...REASONS.filter(([reason]) => reason !== 'unknown_key').flatMap(([, one]) => one)];
    const { detail } = await refusal(createMany(admin, specs));
    expect((detail.problems as Array<{ index: number }>).map(({ index }) => index)).toEqual(
      specs.slice(1).map((_, i) => i + 1),
    );
  });

  it('parents that run in a circle are all named, and what hangs on them', async () => {
    const database = shared();
    const admin = await session(database);
    const before = await contents(database);
    const under = (number: number, parent: number | null) =>
      spec({ address: `US-CONST/ART-${number}`, parent_ref: parent && `US-CONST/ART-${parent}` } as Spec);
    const { code, detail } = await refusal(
      createMany(admin, [under(1, null), under(2, 3), under(3, 4), under(4, 2), under(5, 4), under(6, 1)]),
    );
    expect(code).toBe('IU020');
    expect(detail.problems).toEqual(
      [2, 3, 4, 5].map((n) => ({ index: n - 1, address: `US-CONST/ART-${n}`, reason: 'parent_circle' })),
    );
    expect(await contents(database)).toEqual(before);
  });

  it('a retired code counts as unknown; what has it already keeps it', async () => {
    const admin = await session(await schemaDatabase(server));
    const [born] = await createMany(admin, [
      spec({ address: 'RFC1951/S-3', section_type: 'technical_spec' }),
    ]);
    await admin.query(`select public.fn_iu_vocabulary_set('section_type', $1, 'P. Deutsch')`, [
      JSON.stringify([
        {
          code: 'technical_spec',
          name: 'Technical spec',
          description: 'Retired.',
          sort_order: 110,
          active: false,
        },
      ]),
    ]);
    const next = spec({ address: 'RFC1951/S-4', section_type: 'technical_spec' });
    expect(await refusal(createMany(admin, [next]))).toMatchObject({
      code: 'IU020',
      detail: { problems: [{ reason: 'section_type_unknown' }] },
    });
    expect(await value(admin, "select unit_id from public.fn_iu_get('RFC1951/S-3')")).toBe(born!.unit_id);
  });

  it('a deleted unit is no parent, and its address stays taken', async () => {
    const admin = await session(await schemaDatabase(server));
    await createMany(admin, [GOOD]);
    await admin.query("select public.fn_iu_piece_soft_delete($1, 'J. Madison', 'struck out')", [
      GOOD.address,
    ]);
    const child = spec({ address: 'US-CONST/ART-1/S-1', parent_ref: GOOD.address });
    expect(await refusal(createMany(admin, [child]))).toMatchObject({
      code: 'IU020',
      detail: { problems: [{ reason: 'parent_deleted' }] },
    });
    expect(await refusal(createMany(admin, [GOOD]))).toMatchObject({
      code: 'IU021',
      detail: { taken: [{ index: 0, address: GOOD.address, deleted: true }] },
    });
  });

  it('addresses outside the grammar are refused, each one', async () => {
    const database = shared();
    const admin = await session(database);
    const before = await contents(database);
    const { detail } = await refusal(
      createMany(
        admin,
        BAD_ADDRESSES.map((address) => spec({ address })),
      ),
    );
    expect(detail.problems).toEqual(
      BAD_ADDRESSES.map((address, index) => ({ index, address, reason: 'address_grammar' })),
    );
    expect(await contents(database)).toEqual(before);
  });

  it('addresses within the grammar are taken, up to the longest', async () => {
    const admin = await session(await schemaDatabase(server));
    const units = await createMany(
      admin,
      GOOD_ADDRESSES.map((address) => spec({ address })),
    );
    expect(units.map(({ status }) => status)).toEqual(GOOD_ADDRESSES.map(() => 'created'));
  });

  it.each<[string, unknown, string | null]>([
    ['a batch that is an object', { address: 'US-CONST/ART-1' }, 'J. Madison'],
    ['a batch that is null', null, 'J. Madison'],
    ['no actor', [GOOD], null],
    ['an empty actor', [GOOD], ''],
    ['a blank actor', [GOOD], '   '],
    ['an actor of line breaks and tabs', [GOOD], '\n\t'],
  ])('%s is refused with IU004', async (_, specs, actor) => {
    const database = shared();
    const admin = await session(database);
    expect(
      await outcome(admin, 'select public.fn_iu_create_many($1, $2)', [JSON.stringify(specs), actor]),
    ).toBe('IU004');
    expect(await value(admin, 'select count(*)::int from public.information_unit')).toBe(0);
  });
});
