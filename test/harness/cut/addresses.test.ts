import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { addressesOf, type Heading, loadProfile, profileNames } from '../../../scripts/cut/index.ts';
import { connect } from '../../../scripts/postgres/index.ts';
import { addresses, anyHeadings, type LabelRule } from '../schema/addresses.support.ts';
import { sharedDatabase } from '../schema/support.ts';
import { servers } from '../support/index.ts';
import { CORPUS, corpusFile, FIT, marked } from './support.ts';

/** The label rules of a profile as fn_iu_addresses takes them. */
const rulesOf = (profile: string): LabelRule[] =>
  loadProfile(profile).data.labels.map(({ pattern, prefix, at_root }) => ({
    pattern,
    prefix,
    ...(at_root === undefined ? {} : { at_root }),
  }));

const LAW_TITLES = [
  ...[
    'Điều 5đ. Áp dụng',
    'Điều 15.6.NĐ.2.4. Hủy',
    'ĐIỀU 7',
    'Điều 1.Phạm vi',
    'Điều 1.PHẠM VI',
    'Điều',
    'Điều x',
  ],
  ...[
    'Chương I',
    'CHƯƠNG XIV. CHUNG',
    'Chương 2a',
    'Mục 1. HỘI ĐỒNG',
    'Tiểu mục 3',
    'Phần thứ nhất',
    'PHẦN II',
  ],
  ...[
    'PHỤ LỤC I',
    'Phụ lục số 3',
    '§ 12a',
    '§\u202f1',
    '§',
    '§ 5 und',
    'Art 79',
    'Art. 3bis',
    'Artikel IV',
    'Article 1 — S',
  ],
  ...[
    'ARTICLE XX',
    'Art.\u00a012a GG',
    'Section 1',
    'SEC. 4.',
    'Chapter 3: X',
    'Kapitel 2',
    'Annex IV',
    'Appendix A.',
  ],
  ...[
    '1. Introduction',
    '3.2.7. Compression',
    '2.1',
    'Appendix B: Y',
    'Điều 5'.normalize('NFD'),
    'Art\u20282',
    'Art\t4',
  ],
];

const lawHeadings = fc
  .array(fc.record({ title: fc.constantFrom(...LAW_TITLES), under: fc.option(fc.nat(), { freq: 3 }) }), {
    maxLength: 30,
  })
  .map((drawn) =>
    drawn.map(
      ({ title, under }, index): Heading => ({
        title,
        parent: under === null || index === 0 ? null : under % index,
      }),
    ),
  );

describe.each(servers)('addresses are those of fn_iu_addresses on $name', (server) => {
  const shared = sharedDatabase(server);
  let ask: (headings: Heading[], rules: LabelRule[], prefix?: string) => Promise<string[]>;

  beforeAll(async () => {
    const client = await connect(shared().url);
    await client.query('set role cutter_exec; begin read only');
    ask = async (headings, rules, prefix = 'DOC-A') =>
      (await addresses(client, headings, rules, prefix)).map(({ address }) => address);
    return () => client.end();
  });

  it('of any headings, by any profile (property)', async () => {
    const any = fc.oneof(anyHeadings, lawHeadings);
    await fc.assert(
      fc.asyncProperty(any, fc.constantFrom(...profileNames()), async (headings, profile) => {
        const made = addressesOf('DOC-A', headings, loadProfile(profile).labels);
        expect(made).toEqual(await ask(headings, rulesOf(profile)));
      }),
      { numRuns: 400 },
    );
  });

  it.skipIf(CORPUS === null).each(FIT)('of %s', async (file) => {
    for (const profile of profileNames()) {
      const units = marked(corpusFile(file), profile).pieces.filter(({ role }) => role === 'unit');
      const index = new Map(units.map(({ id }, at) => [id, at]));
      const headings = units.map(({ title, parent }) => ({
        title,
        parent: parent === null ? null : index.get(parent)!,
      }));
      expect(units.map(({ address }) => address)).toEqual(await ask(headings, rulesOf(profile)));
    }
  });
});
