import { describe, expect, it } from 'vitest';
import { servers } from '../support/index.ts';
import {
  createMany,
  outcome,
  rows,
  schemaDatabase,
  session,
  sha256,
  spec,
  statuses,
  value,
} from './support.ts';

const TEXTS: Array<[string, string]> = [
  ['an empty body', ''],
  ['a space', ' '],
  ['trailing blanks and line ends', 'Điều 5.  \r\n\r\n\t'],
  ['composed letters (NFC)', 'Điều 1. Quốc tịch Việt Nam'.normalize('NFC')],
  ['decomposed letters (NFD)', 'Điều 1. Quốc tịch Việt Nam'.normalize('NFD')],
  ['right to left', 'המדינה היא \u202Eיהודית\u202C; كل الناس سواسية أمام القانون'],
  ['emoji of several code points', '👩🏽‍⚖️ 🇻🇳 🏴󠁧󠁢󠁳󠁣󠁴󠁿'],
  ['a byte order mark and zero-width spaces', '\uFEFFArtikel\u200B 1\u00AD'],
  ['backslashes, quotes and dollars', `\\u0041 \\n 'it''s' "§ 1" $$ $body$ $1 %s %L \\\\`],
  ['noncharacters and the last code point', '\uFFFE\uFFFF\u{10FFFF}'],
  ['SQL', "'); delete from public.information_unit; --"],
];

describe.each(servers)('text on $name', (server) => {
  it('reads back code point for code point, its hash that of its UTF-8 bytes', async () => {
    const admin = await session(await schemaDatabase(server));
    await createMany(
      admin,
      TEXTS.map(([title, body], index) => spec({ address: `UNICODE/S-${index + 1}`, title, body })),
    );
    for (const [index, [title, body]] of TEXTS.entries()) {
      const [unit] = await rows(admin, 'select * from public.fn_iu_get($1)', [`UNICODE/S-${index + 1}`]);
      expect(unit).toMatchObject({ title, body, content_hash: sha256(body) });
    }
    expect(await rows(admin, 'select * from public.fn_iu_verify_invariants()')).toEqual([]);
  });

  it('composed and decomposed letters are different content', async () => {
    const admin = await session(await schemaDatabase(server));
    const article = (form: string) => spec({ address: 'VI-LAW/DIEU-1', body: 'Quốc tịch'.normalize(form) });
    expect(statuses(await createMany(admin, [article('NFC')]))).toEqual(['created']);
    expect(statuses(await createMany(admin, [article('NFC')]))).toEqual(['exists_complete']);
    await expect(createMany(admin, [article('NFD')])).rejects.toMatchObject({ code: 'IU021' });
  });

  it('a body of 1 MB is kept whole, and compared whole', async () => {
    const admin = await session(await schemaDatabase(server));
    const body = 'Die Würde des Menschen ist unantastbar.\n'.repeat(25_000);
    const article = spec({ address: 'DE-GG/ART-1', body });
    expect(statuses(await createMany(admin, [article]))).toEqual(['created']);
    expect(statuses(await createMany(admin, [article]))).toEqual(['exists_complete']);
    await expect(createMany(admin, [{ ...article, body: `${body}.` }])).rejects.toMatchObject({
      code: 'IU021',
    });
    expect(
      await rows(admin, "select body = $1 as same, content_hash from public.fn_iu_get('DE-GG/ART-1')", [
        body,
      ]),
    ).toEqual([{ same: true, content_hash: sha256(body) }]);
  });

  it.each([
    ['in the body of a spec', `[${JSON.stringify(spec({ address: 'DE-GG/ART-1', body: 'Art\u00001' }))}]`],
    ['in the title of a spec', `[${JSON.stringify(spec({ address: 'DE-GG/ART-1', title: '\u0000' }))}]`],
    ['half of a surrogate pair', `[${JSON.stringify(spec({ address: 'DE-GG/ART-1', body: '\uD83D' }))}]`],
  ])('NUL or what is no character is refused: %s', async (_, specs) => {
    const admin = await session(await schemaDatabase(server));
    expect(await outcome(admin, "select public.fn_iu_create_many($1::jsonb, 'scribe')", [specs])).toMatch(
      /^22P0[25]$/,
    );
    expect(await value(admin, 'select count(*)::int from public.information_unit')).toBe(0);
  });

  it('NUL in an argument is refused', async () => {
    const admin = await session(await schemaDatabase(server));
    const call = "select public.fn_iu_create('DE-GG/ART-1', '', $1, 'scribe', 'law_unit', 'article')";
    expect(await outcome(admin, call, ['Art\u00001'])).toBe('22021');
  });

  it('SQL in any text argument is text', async () => {
    const admin = await session(await schemaDatabase(server));
    const sql = "x'); drop table public.unit_version cascade; select ('";
    const create = 'select public.fn_iu_create($1, $2, $3, $4, $5, $6, $7, $8)';
    const good = ['DE-GG/ART-1', sql, sql, sql, 'law_unit', 'article', sql, null];
    expect(await outcome(admin, create, good)).toBe('written');
    for (const [index, instead] of [0, 4, 5, 7].entries()) {
      const values: Array<string | null> = [...good];
      values[0] = `DE-GG/ART-${index + 2}`;
      values[instead] = sql;
      expect(await outcome(admin, create, values)).toBe('IU020');
    }
    const calls: Array<[string, string, number]> = [
      ['public.fn_dot_config_set', 'IU004', 5],
      ['public.fn_iu_gate_close', 'IU011', 3],
      ['public.fn_iu_gate_withdraw', 'written', 2],
      ['public.fn_iu_gate_is_open', 'written', 1],
      ['public.fn_iu_get', 'written', 1],
      ['iu_core.assert_gate_open', 'IU010', 1],
    ];
    for (const [name, expected, arity] of calls) {
      const parameters = Array.from({ length: arity }, (_, i) => `$${i + 1}`).join(', ');
      expect(await outcome(admin, `select ${name}(${parameters})`, Array(arity).fill(sql))).toBe(expected);
    }
    for (const call of ['fn_iu_vocabulary_set($1, $2, $1)', 'fn_iu_vocabulary_remove($1, array[$2], $1)']) {
      expect(await outcome(admin, `select public.${call}`, [sql, '[]'])).toBe('IU004');
    }
    expect(await rows(admin, 'select title, body, created_by from public.unit_version')).toEqual([
      { title: sql, body: sql, created_by: sql },
    ]);
  });
});
