import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { loadProfile, type Manifest, mark, type Piece, type Profile } from '../../../scripts/cut/index.ts';
import { REAL_PROJECT } from '../support/index.ts';

/** The folder of real documents beside the repository, or one further up; null where there is none. */
export const CORPUS = (() => {
  for (let folder = REAL_PROJECT; folder !== dirname(folder); folder = dirname(folder)) {
    const corpus = join(folder, 'shared/corpus');
    if (existsSync(corpus)) return corpus;
  }
  return null;
})();

const documents = (folder: string) =>
  CORPUS === null
    ? []
    : readdirSync(join(CORPUS, folder))
        .filter((file) => /\.(md|txt)$/.test(file) && file !== 'README.md')
        .map((file) => join(folder, file))
        .sort();

/** Of the corpus: what holds no text that PostgreSQL can keep, with the offset and line of the first bad byte. */
export const UNFIT: Record<string, { code: string; where: string | null }> = {
  'synthetic/08-invalid-utf8.md': { code: 'not_utf8', where: 'byte 0xFF at offset 16, line 1' },
  'synthetic/09-nul-and-controls.md': { code: 'nul_byte', where: 'byte 0x00 at offset 21, line 1' },
  'synthetic/10-empty.md': { code: 'empty_file', where: null },
  'synthetic/25-utf16le-bom.txt': { code: 'not_utf8', where: 'byte 0xFF at offset 0, line 1' },
  'synthetic/28-windows-1258.txt': { code: 'not_utf8', where: 'byte 0xEA at offset 4, line 1' },
};

/** Every other document of the corpus, by its path there. */
export const FIT = [...documents('.'), ...documents('synthetic')].filter((file) => !(file in UNFIT));

export const corpusFile = (file: string): Buffer => readFileSync(join(CORPUS!, file));

/** The examples of the CommonMark specification: the Markdown of each, its tabs put back. */
export function specExamples(): string[] {
  const text = corpusFile('commonmark-spec.txt').toString('utf8');
  return [...text.matchAll(/^`{32} example\n([\s\S]*?)^\.\n[\s\S]*?^`{32}$/gm)].map(([, markdown]) =>
    markdown!.replaceAll('→', '\t'),
  );
}

export function marked(
  bytes: Uint8Array | string,
  profile: string | Profile = 'markdown',
  prefix = 'DOC-A',
): Manifest {
  return mark(typeof bytes === 'string' ? Buffer.from(bytes) : bytes, {
    origin: 'document',
    prefix,
    profile: typeof profile === 'string' ? loadProfile(profile) : profile,
  });
}

export const bodies = (bytes: Uint8Array, pieces: Piece[]): Buffer[] =>
  pieces.map(({ byte_start, byte_end }) => Buffer.from(bytes.subarray(byte_start, byte_end)));

const SEGMENTS = /^DOC-A(\/[A-Z0-9]+(-[A-Z0-9]+)*(~[0-9a-f]{6})?(~[1-9][0-9]*)?)+$/;

/** All that must hold of any manifest of these bytes. */
export function expectSound(manifest: Manifest, bytes: Uint8Array): void {
  const { pieces } = manifest;
  expect(Buffer.concat(bodies(bytes, pieces)).equals(bytes)).toBe(true);
  expect(pieces[0]).toMatchObject({ byte_start: 0, line_start: 1 });
  for (const [index, piece] of pieces.entries()) {
    expect(piece.byte_end).toBeGreaterThan(piece.byte_start);
    expect([piece.id, piece.position]).toEqual([`p${index + 1}`, index + 1]);
    const next = pieces[index + 1];
    if (next) expect([next.byte_start, next.line_start]).toEqual([piece.byte_end, piece.line_end + 1]);
    else expect([piece.byte_end, piece.line_end]).toEqual([bytes.length, manifest.source.lines]);
    expect(piece.address).toMatch(SEGMENTS);
  }
  const at = new Map(pieces.map(({ id, position }) => [id, position]));
  for (const { parent, position } of pieces) if (parent) expect(at.get(parent)).toBeLessThan(position);
  const known = new Set(['DOC-A', ...pieces.map(({ address }) => address)]);
  expect(known.size).toBe(pieces.length + 1);
  const orphans = pieces.filter(({ address }) => !known.has(address.slice(0, address.lastIndexOf('/'))));
  expect(orphans).toEqual([]);
}

const BEGINNINGS = [
  ...[
    '',
    '',
    '',
    '# ',
    '## ',
    '### ',
    '#',
    '####### ',
    '   # ',
    '    # ',
    '\t# ',
    '#\t',
    '> ',
    '>',
    '> > ',
    '> # ',
  ],
  ...[
    '- ',
    '-',
    '* ',
    '+ ',
    '1. ',
    '2) ',
    '10. ',
    '- - ',
    '- > ',
    '  ',
    '    ',
    '\t',
    ' ',
    '   - ',
    '      - ',
  ],
  ...[
    '```',
    '~~~',
    '````',
    '``` ',
    '~~~ ',
    '<',
    '<!-- ',
    '-->',
    '<div>',
    '</div>',
    '<script>',
    '</script>',
    '<?',
  ],
  ...[
    '===',
    '---',
    '= ',
    '***',
    '**',
    '*',
    '_',
    '[',
    '[a]: ',
    '[a]:',
    ']',
    '"',
    "'",
    '(',
    '\\# ',
    '&',
    '|',
    '+++',
  ],
  ...[
    '---',
    '===',
    '- ',
    '`',
    '<b>',
    ']]>',
    '<![CDATA[',
    '<!X',
    '\u00a0',
    '\ufeff',
    '\f',
    '\v',
    '1.',
    '2019 ',
  ],
];
const CONTENTS = [
  ...[
    '',
    '',
    ' ',
    'x',
    'a b',
    'Điều 5. Phạm vi',
    'Điều 5'.normalize('NFD'),
    '§ 1',
    'a > b',
    'a -->',
    'a ` b',
    'a ```',
  ],
  ...[
    '# x',
    '/url',
    '/url "t',
    't"',
    'x]: /url',
    '*b*',
    '**Art. 4: X**',
    '第一条',
    '👩🏽‍⚖️',
    'a <b>c</b>',
    '#',
    '##',
    'x #',
  ],
  ...[
    '---',
    '===',
    '\t',
    'a\tb',
    '\u2028',
    '\u00e9',
    '[x](y)',
    '![a](b)',
    '`c`',
    '&amp;',
    '\\*',
    'a  ',
    'yaml: 1',
    '...',
  ],
];

/** Lines that begin and go on in many ways, ended in every way, or copied from before. */
export const anyDocument: fc.Arbitrary<string> = fc
  .record({
    bom: fc.boolean(),
    lines: fc.array(
      fc.record({
        beginning: fc.constantFrom(...BEGINNINGS),
        second: fc.oneof(
          { weight: 4, arbitrary: fc.constant('') },
          { weight: 1, arbitrary: fc.constantFrom(...BEGINNINGS) },
        ),
        content: fc.oneof(
          { weight: 6, arbitrary: fc.constantFrom(...CONTENTS) },
          { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
        ),
        ending: fc.constantFrom('\n', '\n', '\n', '\n\n', '\r\n', '\r', '\r\n\r\n', '\n\n\n'),
        copies: fc.constantFrom(1, 1, 1, 1, 2, 3),
      }),
      { minLength: 1, maxLength: 25 },
    ),
    final: fc.boolean(),
  })
  .map(({ bom, lines, final }) => {
    const text = lines
      .map(({ beginning, second, content, ending, copies }) =>
        `${beginning}${second}${content}${ending}`.repeat(copies),
      )
      .join('');
    return `${bom ? '\ufeff' : ''}${final ? text : text.replace(/[\r\n]+$/, '')}`.replaceAll('\0', '') || 'x';
  });
