import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import type pg from 'pg';
import { REAL_PROJECT } from '../support/index.ts';
import { rows } from './support.ts';

/** One of p_headings of fn_iu_addresses. */
export interface Heading {
  title: string;
  parent: number | null;
}

/** One of its p_label_rules. */
export interface LabelRule {
  pattern: string;
  prefix: string;
  at_root?: boolean;
}

export interface Addressed {
  index: number;
  segment: string;
  address: string;
}

/** fn_iu_addresses. */
export function addresses(
  client: pg.Client,
  headings: unknown,
  rules: unknown = [],
  prefix = 'DE-GG',
): Promise<Addressed[]> {
  return rows<Addressed>(client, 'select * from public.fn_iu_addresses($1, $2::jsonb, $3::jsonb)', [
    prefix,
    JSON.stringify(headings),
    JSON.stringify(rules),
  ]);
}

const BY_NAME: Record<string, string> = {
  ...{ đ: 'D', Đ: 'D', ð: 'D', Ð: 'D', ħ: 'H', Ħ: 'H', ı: 'I', ĸ: 'K', ł: 'L', Ł: 'L', ŋ: 'N', Ŋ: 'N' },
  ...{
    ø: 'O',
    Ø: 'O',
    ŧ: 'T',
    Ŧ: 'T',
    æ: 'AE',
    Æ: 'AE',
    œ: 'OE',
    Œ: 'OE',
    þ: 'TH',
    Þ: 'TH',
    ß: 'SS',
    ẞ: 'SS',
  },
};

/** A title as docs/addresses.md folds it, written a second time to compare with. */
function folded(title: string): string {
  return [...title.replaceAll('ŉ', 'n').normalize('NFKD')]
    .filter(
      (c) => !/[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]/u.test(c),
    )
    .map((c) => BY_NAME[c] ?? (/[a-z]/.test(c) ? c.toUpperCase() : c))
    .join('')
    .replace(/[^A-Z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** The words that fit into 40 characters, or the first 40 of a longer word. */
function fitting(text: string): string {
  const kept: string[] = [];
  for (const word of text.split('-')) {
    if ([...kept, word].join('-').length > 40) break;
    kept.push(word);
  }
  return kept.length > 0 ? kept.join('-') : text.slice(0, 40);
}

/** The addresses of headings without label rules, as the page has it: what the function must give. */
export function expected(headings: Heading[], prefix = 'DE-GG'): string[] {
  const made: string[] = [];
  const places = new Map<number | null, number>();
  const takes = new Map<string, number>();
  for (const { title, parent } of headings) {
    const place = (places.get(parent) ?? 0) + 1;
    places.set(parent, place);
    const text = folded(title);
    const hash = createHash('sha256').update(title.normalize('NFC'), 'utf8').digest('hex').slice(0, 6);
    const first = text === '' ? `S-${place}` : text.length <= 40 ? text : `${fitting(text)}~${hash}`;
    const take = (takes.get(`${parent} ${first}`) ?? 0) + 1;
    takes.set(`${parent} ${first}`, take);
    made.push(`${parent === null ? prefix : made[parent]}/${first}${take === 1 ? '' : `~${take}`}`);
  }
  return made;
}

/** What a cut title can collide with, what looks like a place, a repeat or a hash, and other edges. */
const AWKWARD = [
  ...[
    '',
    ' ',
    'S 1',
    'S-2',
    's_3',
    'S 1~2',
    'S',
    '2',
    '~2',
    '~0a1b2c',
    'Article 1',
    'ARTICLE 1.',
    'Article 1~2',
  ],
  ...[
    '第五条',
    '👩🏽‍⚖️',
    'المادة',
    'Điều 1',
    'Điều 1'.normalize('NFD'),
    'a'.repeat(40),
    'a'.repeat(41),
    'a'.repeat(50),
  ],
  ...[
    `${'a'.repeat(40)} b`,
    `${'a'.repeat(30)} ${'b'.repeat(10)}`,
    `${'word '.repeat(12)}`,
    `${'word '.repeat(13)}`,
  ],
  ...[
    'ĲſŉǅﬃẞŁ',
    '\ufeff§\u00a01',
    'e\u0301\u0323',
    '\u0301',
    '--',
    "x'); drop table t; --",
    '$1 %s \\1 \\\\',
  ],
];

/** Any text that PostgreSQL takes. Left out: what Unicode made decomposable after PostgreSQL 15's version. */
const anyTitle = fc
  .oneof(
    fc.constantFrom(...AWKWARD),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({
      unit: fc.constantFrom('a', 'B', 'é', 'ß', 'đ', '1', '-', ' ', '~', '\u0323'),
      maxLength: 90,
    }),
  )
  .map((title) =>
    title.replace(/[\0\u{105c0}-\u{105ff}\u{11380}-\u{113ff}\u{16100}-\u{16dff}\u{1ccd6}-\u{1ccf9}]/gu, ''),
  );

/** Headings of any text in a tree of any shape. */
export const anyHeadings: fc.Arbitrary<Heading[]> = fc
  .array(fc.record({ title: anyTitle, under: fc.option(fc.nat(), { freq: 3 }) }), { maxLength: 40 })
  .map((drawn) =>
    drawn.map(({ title, under }, index) => ({
      title,
      parent: under === null || index === 0 ? null : under % index,
    })),
  );

/** The folder of real documents beside the repository, or one further up; null where there is none. */
export const CORPUS = (() => {
  for (let folder = REAL_PROJECT; folder !== dirname(folder); folder = dirname(folder)) {
    const corpus = join(folder, 'shared/corpus');
    if (existsSync(corpus)) return corpus;
  }
  return null;
})();

/** The ATX headings of a Markdown file outside of fences, each under the nearest shallower one. */
export function corpusHeadings(file: string): Heading[] {
  const headings: Heading[] = [];
  const open: Array<{ level: number; index: number }> = [];
  let fenced = false;
  for (const line of readFileSync(join(CORPUS!, file), 'utf8').split(/\r?\n/)) {
    if (/^(```|~~~)/.test(line)) fenced = !fenced;
    const [, marks, title] = /^(#{1,6})[ \t]+(.*?)[ \t]*$/.exec(line) ?? [];
    if (fenced || marks === undefined) continue;
    while (open.length > 0 && open.at(-1)!.level >= marks.length) open.pop();
    headings.push({ title: title!, parent: open.at(-1)?.index ?? null });
    open.push({ level: marks.length, index: headings.length - 1 });
  }
  return headings;
}
