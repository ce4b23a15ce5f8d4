import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { applyScript, loadProject, openSession, revertScript } from '../../../scripts/apply/index.ts';
import { identify } from '../../../scripts/postgres/index.ts';
import { REAL_PROJECT, servers } from '../support/index.ts';
import {
  contents,
  createMany,
  refusal,
  rows,
  schemaDatabase,
  session,
  sharedDatabase,
  spec,
  value,
} from './support.ts';

const TREATY = { code: 'treaty', name: 'Treaty', description: 'A piece of a treaty.', sort_order: 30 };

const set = (client: pg.Client, entries: unknown, vocabulary = 'unit_kind') =>
  value(client, "select public.fn_iu_vocabulary_set($1, $2, 'M. Albright')", [
    vocabulary,
    JSON.stringify(entries),
  ]);

const BAD_ENTRIES: Array<[string, unknown]> = [
  ['no object', 'treaty'],
  ['no code', { ...TREATY, code: undefined }],
  ['a code in capitals', { ...TREATY, code: 'Treaty' }],
  ['a code that is SQL', { ...TREATY, code: "x'; drop table public.iu_unit_kind; --" }],
  ['no name', { ...TREATY, name: null }],
  ['a description that is no text', { ...TREATY, description: 5 }],
  ['an order that is no number', { ...TREATY, sort_order: 'last' }],
  ['an order that is no whole number', { ...TREATY, sort_order: 1.5 }],
  ['an order beyond all integers', { ...TREATY, sort_order: 1e12 }],
  ['active that is no boolean', { ...TREATY, active: 'no' }],
];

describe.each(servers)('vocabularies on $name', (server) => {
  const shared = sharedDatabase(server);

  it('a code is added, changed and retired, each with its history; the same again writes nothing', async () => {
    const database = await schemaDatabase(server);
    const admin = await session(database);
    expect(await set(admin, [TREATY])).toEqual({ vocabulary: 'unit_kind', written: 1, unchanged: 0 });
    const before = await contents(database);
    expect(await set(admin, [TREATY])).toEqual({ vocabulary: 'unit_kind', written: 0, unchanged: 1 });
    expect(await contents(database)).toEqual(before);
    await set(admin, [{ ...TREATY, active: false }]);
    const history = await rows(
      admin,
      "select entry ->> 'active' as active, actor, login from public.iu_vocabulary_history where code = 'treaty' order by changed_at",
    );
    expect(history).toEqual(
      ['true', 'false'].map((active) => ({ active, actor: 'M. Albright', login: 'postgres' })),
    );
  });

  it.each(BAD_ENTRIES)(
    'an entry with %s is refused with IU004 and its index, the good one before it too',
    async (_, entry) => {
      const admin = await session(shared());
      const refused = await refusal(set(admin, [{ ...TREATY, code: 'charter' }, entry]));
      expect(refused).toMatchObject({ code: 'IU004', detail: { vocabulary: 'unit_kind', bad_indexes: [1] } });
      expect(await value(admin, "select count(*)::int from public.iu_unit_kind where code = 'charter'")).toBe(
        0,
      );
    },
  );

  it('a code twice in one call, an unknown vocabulary and no list are refused with IU004', async () => {
    const admin = await session(shared());
    expect(await refusal(set(admin, [TREATY, TREATY]))).toMatchObject({
      code: 'IU004',
      detail: { bad_indexes: [1] },
    });
    expect((await refusal(set(admin, [TREATY], 'unit_kind; drop table x'))).code).toBe('IU004');
    expect((await refusal(set(admin, TREATY))).code).toBe('IU004');
  });

  it('rollback/002_vocabulary is refused while a unit uses a code, and removes nothing', async () => {
    const database = await schemaDatabase(server);
    const admin = await session(database);
    await createMany(admin, [spec({ address: 'HANDBOOK/S-1', section_type: 'checklist' })]);
    const before = await contents(database);
    const { script, harness } = await vocabularyScript(admin);
    await expect(revertScript(harness, script)).rejects.toMatchObject({
      findings: [{ message: expect.stringContaining('IU025') }],
    });
    expect(await contents(database)).toEqual(before);
    const remove = "select public.fn_iu_vocabulary_remove('section_type', '{changelog,checklist}', 'dba')";
    expect(await refusal(admin.query(remove))).toMatchObject({
      code: 'IU025',
      detail: { vocabulary: 'section_type', codes: ['changelog', 'checklist'] },
    });
    expect(await contents(database)).toEqual(before);
  });

  it('rollback/002_vocabulary removes what nobody uses, and the script brings it back', async () => {
    const database = await schemaDatabase(server);
    const admin = await session(database);
    const before = await contents(database);
    const { script, harness } = await vocabularyScript(admin);
    await revertScript(harness, script);
    expect(await value(admin, 'select count(*)::int from public.iu_unit_kind')).toBe(0);
    await applyScript(harness, script);
    const after = await contents(database);
    for (const table of ['public.iu_unit_kind', 'public.iu_section_type'])
      expect(after[table]).toBe(before[table]);
  });
});

async function vocabularyScript(client: pg.Client) {
  const project = await loadProject(REAL_PROJECT);
  const script = project.runtime.find(({ name }) => name === '002_vocabulary')!;
  return { script, harness: openSession(client, await identify(client)) };
}
