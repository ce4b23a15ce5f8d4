import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, uniqueName, withConnection, withDatabase } from '../../../scripts/postgres/index.ts';
import { iu, oneServer, REAL_PROJECT } from '../support/index.ts';
import {
  addresses,
  anyHeadings,
  CORPUS,
  corpusHeadings,
  expected,
  type Heading,
  type LabelRule,
} from './addresses.support.ts';
import { refusal, rows, session, sharedDatabase, value } from './support.ts';

const LAWS: LabelRule[] = [
  { pattern: '^Điều\\s+(\\d+[a-zđ]?)', prefix: 'DIEU', at_root: true },
  { pattern: '^Chương\\s+([IVXLC]+)', prefix: 'CHUONG' },
  { pattern: '^§\\s*(\\d+[a-z]?)', prefix: 'P' },
  { pattern: '^Art\\.?\\s+(\\d+[a-z]?)', prefix: 'ART', at_root: true },
];

/** Titles at the top of a document. */
const flat = (...titles: string[]): Heading[] => titles.map((title) => ({ title, parent: null }));

/** Every address, its parent's, and whether the database calls it an address. */
async function expectSound(client: pg.Client, made: string[]): Promise<void> {
  expect(new Set(made).size).toBe(made.length);
  const known = new Set(['DE-GG', ...made]);
  expect(made.filter((address) => !known.has(address.slice(0, address.lastIndexOf('/'))))).toEqual([]);
  expect(
    await value(
      client,
      'select array(select a from unnest($1::text[]) as a where not iu_core.is_address(a))',
      [made],
    ),
  ).toEqual([]);
}

describe.each(oneServer)('addresses on $name', (server) => {
  const shared = sharedDatabase(server);
  let editor: pg.Client;
  let admin: pg.Client;

  beforeEach(async () => {
    [admin, editor] = [await connect(shared().url), await connect(shared().url)];
    await editor.query('set role iu_editor; begin read only');
  });
  afterEach(() => Promise.all([admin.end(), editor.end()]));

  const made = async (headings: Heading[], rules: LabelRule[] = []) =>
    (await addresses(editor, headings, rules)).map(({ address }) => address);

  it('the worked examples of docs/addresses.md', async () => {
    const page = readFileSync(`${REAL_PROJECT}/docs/addresses.md`, 'utf8');
    const rules = JSON.parse(/```json\n([^`]*)```/.exec(page)![1]!);
    const examples = page
      .split('\n')
      .map((line) => /^\| (\d+) \| `(".*")` \| (\d+|–) \| `([^`]+)` \|/.exec(line))
      .filter((match) => match !== null)
      .map(([, number, title, under, address]) => ({
        number: Number(number),
        title: JSON.parse(title!) as string,
        parent: under === '–' ? null : Number(under) - 1,
        address,
      }));
    expect(examples.map(({ number }) => number)).toEqual(Array.from({ length: 10 }, (_, n) => n + 1));
    const headings = examples.map(({ title, parent }) => ({ title, parent }));
    const given = await addresses(editor, headings, rules, 'EXAMPLE');
    expect(given.map(({ address }) => address)).toEqual(examples.map(({ address }) => address));
  });

  it('of any text, in a tree of any shape: as the rules say, in the grammar, each once, its parent there', async () => {
    await fc.assert(
      fc.asyncProperty(anyHeadings, async (headings) => {
        const given = await made(headings);
        expect(given).toEqual(expected(headings));
        await expectSound(admin, given);
      }),
      { numRuns: 300 },
    );
  });

  it('asked again, in NFC, in NFD, and with more headings after them, they are the same', async () => {
    await fc.assert(
      fc.asyncProperty(anyHeadings, anyHeadings, async (headings, more) => {
        const given = await made(headings, LAWS);
        const inForm = (form: string) =>
          made(
            headings.map(({ title, parent }) => ({ title: title.normalize(form), parent })),
            LAWS,
          );
        expect(await inForm('NFC')).toEqual(given);
        expect(await inForm('NFD')).toEqual(given);
        const longer = [...headings, ...more];
        expect((await made(longer, LAWS)).slice(0, headings.length)).toEqual(given);
      }),
      { numRuns: 100 },
    );
  });

  it('each segment is the end of its address, the indexes are dense', async () => {
    await fc.assert(
      fc.asyncProperty(anyHeadings, async (headings) => {
        const given = await addresses(editor, headings);
        expect(given.map(({ index }) => index)).toEqual(headings.map((_, index) => index));
        for (const { segment, address } of given) expect(address.endsWith(`/${segment}`)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('the first rule that matches gives the label; no-break blanks and decomposed patterns count', async () => {
    const rules = [{ pattern: '^Art (\\d+)', prefix: 'ART' }, ...LAWS];
    expect(await made(flat('Art\u00a01', '§\u202f12a', '§ ', 'Art 2', 'Art 2 bis', 'art 3'), rules)).toEqual(
      ['ART-1', 'P-12A', 'S-3', 'ART-2', 'ART-2~2', 'ART-3'].map((segment) => `DE-GG/${segment}`),
    );
    const decomposed = [{ pattern: '^Điều (\\d+)'.normalize('NFD'), prefix: 'DIEU' }];
    expect(await made(flat('Điều 7. Hiệu lực'), decomposed)).toEqual(['DE-GG/DIEU-7']);
    const optional = [
      { pattern: '^Item(?: (\\d+))?', prefix: 'I' },
      { pattern: '^(Item)', prefix: 'X' },
    ];
    expect(await made(flat('Item 4', 'Item'), optional)).toEqual(['DE-GG/I-4', 'DE-GG/X-ITEM']);
  });

  it('a label that repeats, is long, or looks like a place', async () => {
    const rules = [{ pattern: '^No (.*)', prefix: 'S' }];
    const [first, ...others] = await made(flat('', 'No 1', 'No 2', `No ${'9 '.repeat(30)}`), rules);
    expect([first, others[0], others[1]]).toEqual(['DE-GG/S-1', 'DE-GG/S-1~2', 'DE-GG/S-2']);
    expect(others[2]).toMatch(/^DE-GG\/S(-9){19}~[0-9a-f]{6}$/);
  });

  it('a heading at the root counts among the siblings there, and takes its own along', async () => {
    const headings: Heading[] = [
      { title: 'Chương I', parent: null },
      { title: 'Điều 1', parent: 0 },
      { title: '一', parent: 1 },
      { title: '二', parent: 0 },
      { title: '三', parent: null },
      { title: 'Điều 1', parent: null },
    ];
    expect(await made(headings, LAWS)).toEqual(
      ['CHUONG-I', 'DIEU-1', 'DIEU-1/S-1', 'CHUONG-I/S-1', 'S-3', 'DIEU-1~2'].map((end) => `DE-GG/${end}`),
    );
  });

  it('repeats never have six digits, which would read like a hash', async () => {
    const takes = await rows<{ segment: string }>(
      admin,
      `select s.segment
         from iu_core.address_segments(
                array_fill('Note'::text, '{100001}'), array_fill(null::integer, '{100001}'),
                array_fill(null::text, '{100001}')) as s
        where s.index >= 99998`,
    );
    expect(takes.map(({ segment }) => segment)).toEqual(['NOTE~99999', 'NOTE~1000000', 'NOTE~1000001']);
  });

  it('10,000 headings are sound, whatever their shape', async () => {
    const shapes: Record<string, (index: number) => Heading> = {
      siblings: () => ({ title: 'Section', parent: null }),
      chains: (index) => ({ title: '第', parent: index % 500 === 0 ? null : index - 1 }),
      tree: (index) => ({ title: `Part ${index % 7}`, parent: index ? Math.floor((index - 1) / 5) : null }),
    };
    for (const shape of Object.values(shapes)) {
      const given = await made(Array.from({ length: 10_000 }, (_, index) => shape(index)));
      expect(given).toHaveLength(10_000);
      await expectSound(admin, given);
    }
  });

  it.skipIf(CORPUS === null).each([
    ['vi-thong-tu-15-2026.md', 'DE-GG/DIEU-3'],
    ['de-grundgesetz.md', 'DE-GG/ART-12A'],
    ['vi-quoc-tich.md', 'DE-GG/QUOC-TICH-VIET-NAM'],
    ['us-constitution.md', null],
    ['18f-speaking-playbook.md', null],
    ['sysinternals-autoruns.md', null],
  ])('the headings of %s', async (file, one) => {
    const headings = corpusHeadings(file);
    expect(headings.length).toBeGreaterThan(0);
    const plain = await made(headings);
    expect(plain).toEqual(expected(headings));
    const labelled = await made(headings, LAWS);
    await expectSound(admin, labelled);
    if (one) expect(labelled).toContain(one);
  });

  it.each<[string, unknown, unknown, string, object]>([
    ['a prefix in small letters', [], [], 'de-gg', { arguments: ['p_prefix'] }],
    ['a prefix that is an address', [], [], 'DE-GG/ART-1', { arguments: ['p_prefix'] }],
    ['a prefix with a line end', [], [], 'DE-GG\n', { arguments: ['p_prefix'] }],
    ['all three arguments', {}, null, '', { arguments: ['p_prefix', 'p_headings', 'p_label_rules'] }],
    [
      'titles that are no text, parents that are not earlier',
      [
        { title: 'I', parent: null },
        { title: 1 },
        { title: null },
        {},
        'II',
        { title: 'a', parent: 5 },
        { title: 'b', parent: 7 },
        { title: 'c', parent: -1 },
        { title: 'd', parent: 0.5 },
        { title: 'e', parent: '0' },
        { title: 'f', parent: 1e300 },
        { title: 'g', level: 2 },
        { title: 'h', parent: 0 },
      ],
      [],
      'DE-GG',
      { arguments: ['p_headings'], bad_indexes: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] },
    ],
    [
      'rules',
      [{ title: 1 }],
      [
        { pattern: '(a)', prefix: 'A' },
        { pattern: '(a', prefix: 'A' },
        { pattern: 'a', prefix: 'A' },
        { pattern: '(a)(b)', prefix: 'A' },
        { pattern: 'a(\\d)\\', prefix: 'A' },
        { pattern: '(a)', prefix: 'a' },
        { pattern: '(a)', prefix: 'A-' },
        { pattern: '(a)', prefix: 'A'.repeat(33) },
        { pattern: '(a)', prefix: 'A', at_root: 'yes' },
        { pattern: '(a)', prefix: 'A', at_rot: true },
        { pattern: '(a)' },
        { prefix: 'A' },
        7,
      ],
      'DE-GG',
      { arguments: ['p_label_rules'], bad_indexes: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] },
    ],
  ])('refuses with IU004: %s', async (_, headings, rules, prefix, detail) => {
    const refused = await refusal(addresses(editor, headings, rules, prefix));
    expect(refused).toMatchObject({ code: 'IU004', detail });
    expect(Object.keys(refused.detail)).toEqual(Object.keys(detail));
  });

  it('refuses an address of more than 2048 characters, naming the first of each branch', async () => {
    // A chain of 1,021 segments: 5 + 1,021 × 2 = 2,047 characters.
    const chain: Heading[] = Array.from({ length: 1021 }, (_, index) => ({
      title: 'X',
      parent: index ? index - 1 : null,
    }));
    expect((await made(chain)).at(-1)).toHaveLength(2047);
    const deeper = [
      ...chain,
      { title: 'Y', parent: 1020 },
      { title: 'Z', parent: 1021 },
      { title: 'Y', parent: 1019 },
      { title: 'Long', parent: 1020 },
    ];
    expect(await refusal(addresses(editor, deeper))).toMatchObject({
      code: 'IU004',
      detail: { arguments: ['p_headings'], bad_indexes: [1021, 1024] },
    });
  });

  it('the locale of the database changes nothing', async () => {
    const name = uniqueName('iu_turkish');
    const url = withDatabase(server.url, name);
    await withConnection(server.url, (root) =>
      root.query(`create database ${name} template template0 encoding 'UTF8'
                    locale_provider icu icu_locale 'tr-TR' locale 'C'`),
    );
    try {
      expect((await iu(['migrate', '--target', url])).report.findings).toEqual([]);
      await withConnection(url, async (turkish) => {
        expect(await value(turkish, "select upper('i')")).toBe('İ');
        await fc.assert(
          fc.asyncProperty(anyHeadings, async (headings) => {
            expect(await addresses(turkish, headings, LAWS)).toEqual(await addresses(editor, headings, LAWS));
          }),
          { numRuns: 50 },
        );
        const titles = flat('istanbul Iğdır ılık İl', 'Điều 1', 'ĐIỀU 1', 'art 1');
        expect(await addresses(turkish, titles, LAWS)).toEqual(await addresses(editor, titles, LAWS));
      });
    } finally {
      await withConnection(server.url, (root) => root.query(`drop database ${name} with (force)`));
    }
  });

  it.each(['cutter_verify', 'cutter_approver', 'iu_operator', 'iu_worker'])(
    '%s may not ask',
    async (role) => {
      const other = await session(shared(), role);
      expect(await refusal(addresses(other, []))).toMatchObject({ code: '42501' });
    },
  );
});
