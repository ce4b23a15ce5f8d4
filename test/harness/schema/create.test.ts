import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { servers } from '../support/index.ts';
import {
  contents,
  createMany,
  refusal,
  rolledBack,
  rows,
  type Spec,
  schemaDatabase,
  session,
  sharedDatabase,
  spec,
  statuses,
  value,
} from './support.ts';

/** A small document, a parent after its children; addresses and headings of the Grundgesetz. */
const GRUNDGESETZ: Spec[] = [
  spec({
    address: 'DE-GG/ART-1',
    parent_ref: 'DE-GG/TEIL-1',
    body: 'Die Würde des Menschen ist unantastbar.',
  }),
  spec({
    address: 'DE-GG/ART-20',
    parent_ref: 'DE-GG/TEIL-2',
    body: 'Alle Staatsgewalt geht vom Volke aus.',
  }),
  spec({ address: 'DE-GG/TEIL-2', section_type: 'heading', title: 'II. - Der Bund und die Länder' }),
  spec({ address: 'DE-GG/ART-2', parent_ref: 'DE-GG/TEIL-1', body: 'Jeder hat das Recht auf Leben.' }),
  spec({ address: 'DE-GG/TEIL-1', section_type: 'heading', title: 'I. - Die Grundrechte' }),
  spec({ address: 'DE-GG/ART-1/ABS-1', parent_ref: 'DE-GG/ART-1', section_type: 'paragraph' }),
];

/** The live units of a document in reading order, each with its depth. */
const TREE = `
  with recursive tree (id, address, depth, path) as (
    select u.id, u.canonical_address, 1, array[u.sort_key]
      from public.information_unit u
     where u.parent_or_container_ref is null and u.doc_code = $1
    union all
    select u.id, u.canonical_address, t.depth + 1, t.path || u.sort_key
      from tree t
      join public.information_unit u on u.parent_or_container_ref = t.id
  )
  select repeat('  ', depth - 1) || address as line from tree order by path`;

describe.each(servers)('creating units on $name', (server) => {
  const shared = sharedDatabase(server);

  it('one unit: created, then exists_complete with the same ids, nothing written', async () => {
    const database = await schemaDatabase(server);
    const editor = await session(database, 'iu_editor');
    const call = () =>
      value(editor, 'select public.fn_iu_create($1, $2, $3, $4, $5, $6)', [
        'US-CONST/AMENDMENT-21',
        'Amendment XXI',
        'The eighteenth article of amendment … is hereby repealed.',
        'B. Blaine',
        'law_unit',
        'article',
      ]);
    const created = await call();
    expect(created).toEqual({
      status: 'created',
      unit_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      version_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
    });
    const before = await contents(database);
    expect(await call()).toEqual({ ...(created as object), status: 'exists_complete' });
    expect(await contents(database)).toEqual(before);
  });

  it('a batch keeps its order: the tree reads as the document does, parents given after children', async () => {
    const admin = await rolledBack(shared());
    const units = await createMany(admin, GRUNDGESETZ);
    expect(units.map(({ index, address }) => [index, address])).toEqual(
      GRUNDGESETZ.map(({ address }, index) => [index, address]),
    );
    expect((await rows<{ line: string }>(admin, TREE, ['DE-GG'])).map(({ line }) => line)).toEqual([
      'DE-GG/TEIL-2',
      '  DE-GG/ART-20',
      'DE-GG/TEIL-1',
      '  DE-GG/ART-1',
      '    DE-GG/ART-1/ABS-1',
      '  DE-GG/ART-2',
    ]);
  });

  it('what is stored is what was given; the owner is the actor unless stated', async () => {
    const admin = await rolledBack(shared());
    await createMany(admin, [
      spec({ address: 'GDPR/ART-17', title: 'Right to erasure', body: 'The data subject shall …' }),
      spec({ address: 'GDPR/ART-17/PAR-1', owner_ref: 'DPO', parent_ref: 'GDPR/ART-17' }),
    ]);
    const [article] = await rows(admin, "select * from public.fn_iu_get('GDPR/ART-17')");
    expect(article).toMatchObject({
      doc_code: 'GDPR',
      unit_kind: 'law_unit',
      section_type: 'article',
      parent_address: null,
      lifecycle_status: 'draft',
      owner_ref: 'R. Herzog',
      version_seq: 1,
      title: 'Right to erasure',
      body: 'The data subject shall …',
    });
    const [paragraph] = await rows(admin, "select * from public.fn_iu_get('GDPR/ART-17/PAR-1')");
    expect(paragraph).toMatchObject({ owner_ref: 'DPO', parent_address: 'GDPR/ART-17' });
  });

  it('a later batch appends after the last sibling, at the top and under a parent, each document by itself', async () => {
    const admin = await rolledBack(shared());
    const create = (...addresses: string[]) =>
      createMany(
        admin,
        addresses.map((address) =>
          spec({
            address,
            parent_ref: address.endsWith('TEIL-1') ? null : `${address.split('/')[0]}/TEIL-1`,
          }),
        ),
      );
    await create('DE-GG/TEIL-1', 'DE-GG/ART-19', 'DE-GG/ART-2');
    await create('DE-BGB/TEIL-1', 'DE-GG/ART-1', 'DE-BGB/P-1', 'DE-GG/ART-17A', 'DE-GG/ART-2');
    const order = `select u.canonical_address as address from public.information_unit u
                    where u.doc_code = $1 and u.parent_or_container_ref is not null order by u.sort_key`;
    const read = async (doc: string) =>
      (await rows<{ address: string }>(admin, order, [doc])).map(({ address }) => address);
    expect(await read('DE-GG')).toEqual(['DE-GG/ART-19', 'DE-GG/ART-2', 'DE-GG/ART-1', 'DE-GG/ART-17A']);
    expect(await read('DE-BGB')).toEqual(['DE-BGB/P-1']);
  });

  it.each([3, 1000])(
    '%i articles at once: all created, sort keys ascend, all exist the second time',
    async (n) => {
      const admin = await rolledBack(shared());
      const articles = Array.from({ length: n }, (_, i) =>
        spec({ address: `IN-CONST/ART-${i + 1}`, body: `Article ${i + 1} of the Constitution of India.` }),
      );
      expect(new Set(statuses(await createMany(admin, articles)))).toEqual(new Set(['created']));
      const stored = await rows<{ address: string }>(
        admin,
        'select u.canonical_address as address from public.information_unit u order by u.sort_key',
      );
      expect(stored.map(({ address }) => address)).toEqual(articles.map(({ address }) => address));
      expect(new Set(statuses(await createMany(admin, articles)))).toEqual(new Set(['exists_complete']));
      expect(await rows(admin, 'select * from public.fn_iu_verify_invariants()')).toEqual([]);
    },
  );

  it('an empty batch creates nothing and says so', async () => {
    const admin = await rolledBack(shared());
    expect(await createMany(admin, [])).toEqual([]);
  });

  it('64 levels, given from the deepest up', async () => {
    const admin = await rolledBack(shared());
    const address = (level: number) =>
      `DEEP-DOC/${Array.from({ length: level }, (_, i) => `L${i + 1}`).join('/')}`;
    const specs = Array.from({ length: 64 }, (_, i) => 64 - i).map((level) =>
      spec({ address: address(level), parent_ref: level > 1 ? address(level - 1) : null }),
    );
    await createMany(admin, specs);
    const tree = await rows<{ line: string }>(admin, TREE, ['DEEP-DOC']);
    expect(tree.map(({ line }) => line.search(/\S/) / 2)).toEqual(Array.from({ length: 64 }, (_, i) => i));
  });

  it('a part of a batch that exists is left alone while the rest is created under it', async () => {
    const admin = await rolledBack(shared());
    const [heading] = await createMany(admin, [GRUNDGESETZ[4]]);
    const units = await createMany(admin, GRUNDGESETZ, 'C. Schmid');
    expect(statuses(units)).toEqual([
      'created',
      'created',
      'created',
      'created',
      'exists_complete',
      'created',
    ]);
    expect(units[4]).toMatchObject({ unit_id: heading!.unit_id, version_id: heading!.version_id });
    expect(
      await rows(admin, 'select distinct u.created_by from public.information_unit u order by 1'),
    ).toEqual([{ created_by: 'C. Schmid' }, { created_by: 'R. Herzog' }]);
  });

  it('any part created again, in any order, changes no row (property)', async () => {
    const database = await schemaDatabase(server);
    const admin = await session(database);
    const born = new Map((await createMany(admin, GRUNDGESETZ)).map((unit) => [unit.address, unit]));
    const before = await contents(database);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(GRUNDGESETZ), async (part) => {
        const again = await createMany(admin, part, 'somebody else');
        for (const unit of again) {
          const { unit_id, version_id } = born.get(unit.address)!;
          expect(unit).toMatchObject({ status: 'exists_complete', unit_id, version_id });
        }
      }),
      { numRuns: 15 },
    );
    expect(await contents(database)).toEqual(before);
  });

  it('any split into two batches gives the same units, bodies and parents (property)', async () => {
    const admin = await session(shared());
    const state = `select u.canonical_address, v.title, v.content_hash, p.canonical_address as parent
                     from public.information_unit u
                     join public.unit_version v on v.id = u.draft_version_ref
                     left join public.information_unit p on p.id = u.parent_or_container_ref
                    order by u.canonical_address`;
    await admin.query('begin');
    await createMany(admin, GRUNDGESETZ);
    const whole = await rows(admin, state);
    await admin.query('rollback');
    const roots = GRUNDGESETZ.filter(({ parent_ref }) => !parent_ref);
    await fc.assert(
      fc.asyncProperty(fc.subarray(GRUNDGESETZ), async (part) => {
        await admin.query('begin');
        // A part may leave out what its units hang on, so the upper levels are always in it.
        await createMany(admin, [...new Set([...part, ...roots, GRUNDGESETZ[0]])]);
        await createMany(admin, GRUNDGESETZ);
        expect(await rows(admin, state)).toEqual(whole);
        await admin.query('rollback');
      }),
      { numRuns: 10 },
    );
  });

  it('other content at a taken address is refused with IU021, and the rest of the batch with it', async () => {
    const database = await schemaDatabase(server);
    const admin = await session(database);
    const [, , heading] = GRUNDGESETZ;
    const [born] = await createMany(admin, [heading]);
    const before = await contents(database);
    const others: Array<Partial<Spec>> = [
      { body: 'Die Würde des Menschen ist antastbar.' },
      { title: 'Article 1' },
      { section_type: 'paragraph' },
      { unit_kind: 'design_doc_section' },
    ];
    for (const other of others) {
      const batch = [spec({ address: 'DE-GG/ART-3' }), { ...heading, ...other }];
      expect(await refusal(createMany(admin, batch))).toMatchObject({
        code: 'IU021',
        detail: { taken: [{ index: 1, address: 'DE-GG/TEIL-2', unit_id: born!.unit_id, deleted: false }] },
      });
    }
    expect(await contents(database)).toEqual(before);
  });

  it('another owner or place is not other content: the unit keeps both', async () => {
    const admin = await rolledBack(shared());
    await createMany(admin, GRUNDGESETZ);
    const moved = { ...GRUNDGESETZ[3]!, owner_ref: 'Bundestag', parent_ref: 'DE-GG/TEIL-2' };
    expect(statuses(await createMany(admin, [moved]))).toEqual(['exists_complete']);
    expect(await rows(admin, "select * from public.fn_iu_get('DE-GG/ART-2')")).toMatchObject([
      { owner_ref: 'R. Herzog', parent_address: 'DE-GG/TEIL-1' },
    ]);
  });
});
