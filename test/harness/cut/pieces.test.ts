import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { describe, expect, it } from 'vitest';
import {
  loadProfile,
  manifestDigest,
  type Piece,
  profileNames,
  readProfile,
} from '../../../scripts/cut/index.ts';
import { REAL_PROJECT } from '../support/index.ts';
import {
  anyDocument,
  bodies,
  CORPUS,
  corpusFile,
  expectSound,
  FIT,
  marked,
  specExamples,
} from './support.ts';

const units = (pieces: Piece[]) => pieces.filter(({ role }) => role === 'unit');
const addresses = (pieces: Piece[]) => pieces.map(({ address }) => address);

/** Units of the corpus under the profile `markdown`: the headings of its README that stand in no quote or list. */
const HEADINGS: Record<string, number> = {
  'us-constitution.md': 58,
  'de-grundgesetz.md': 219,
  'commonmark-spec.txt': 45,
  'gdpr-for-devs.md': 7,
  'vi-thong-tu-15-2026.md': 121,
  'rfc1951.txt': 0,
};

describe('the corpus', () => {
  it.skipIf(CORPUS === null).each(FIT)('%s gives its bytes back under every profile', (file) => {
    const bytes = corpusFile(file);
    for (const profile of profileNames()) expectSound(marked(bytes, profile), bytes);
    const { source, pieces } = marked(bytes);
    expect(source.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    for (const [index, body] of bodies(bytes, pieces).entries())
      expect(pieces[index]!.sha256).toBe(createHash('sha256').update(body).digest('hex'));
  });

  it.skipIf(CORPUS === null).each(Object.entries(HEADINGS))('%s has %i headings', (file, count) => {
    expect(units(marked(corpusFile(file)).pieces)).toHaveLength(count);
  });

  it.skipIf(CORPUS === null)('15-headings.md: headings in quotes and lists open nothing', () => {
    const bytes = corpusFile('synthetic/15-headings.md');
    const all: number[] = [];
    const visit = (node: { type: string; children?: unknown[] }, inside: boolean) => {
      if (node.type === 'heading') all.push(inside ? 1 : 0);
      const holds = inside || node.type === 'blockquote' || node.type === 'list';
      for (const child of node.children ?? []) visit(child as { type: string }, holds);
    };
    visit(fromMarkdown(bytes.toString('utf8')), false);
    expect(all.filter((inside) => !inside).length).toBeLessThan(all.length);
    expect(units(marked(bytes).pieces)).toHaveLength(all.filter((inside) => !inside).length);
  });

  /* Changed only on purpose, with the version of a profile: no snapshot, so that no test run rewrites them. */
  it.skipIf(CORPUS === null)('has the digests that digests.json keeps', () => {
    const kept = JSON.parse(readFileSync(join(import.meta.dirname, 'digests.json'), 'utf8'));
    const now = Object.fromEntries(
      FIT.flatMap((file) =>
        profileNames().map((profile) => [
          `${file} ${profile}`,
          marked(corpusFile(file), profile).digest.slice(0, 16),
        ]),
      ),
    );
    expect(now).toEqual(kept);
  });

  it.skipIf(CORPUS === null)('each example of the CommonMark specification is a document', () => {
    for (const text of specExamples()) {
      if (text === '') continue;
      const bytes = Buffer.from(text);
      const manifest = marked(bytes);
      expectSound(manifest, bytes);
      const before = manifest.pieces[0]!.role === 'front_matter' ? manifest.pieces[0]!.byte_end : 0;
      const rest = bytes.subarray(before).toString('utf8');
      const headings = fromMarkdown(rest).children.filter(({ type }) => type === 'heading');
      const offset = manifest.pieces[0]!.role === 'front_matter' ? manifest.pieces[0]!.line_end : 0;
      expect(units(manifest.pieces).length, text).toBe(headings.length);
      const starts = headings.map(({ position }) => position!.start.line + offset);
      // Blanks before the first heading belong to it.
      expect(
        units(manifest.pieces)
          .slice(1)
          .map(({ line_start }) => line_start),
      ).toEqual(starts.slice(1));
    }
  });
});

describe('any document (property)', () => {
  const anyProfile = fc.constantFrom(...profileNames());

  it('is partitioned, each address once and under another', () => {
    fc.assert(
      fc.property(anyDocument, anyProfile, (text, profile) => {
        const bytes = Buffer.from(text);
        expectSound(marked(bytes, profile), bytes);
      }),
      { numRuns: 1500 },
    );
  });

  it('has one manifest, whoever marks it and how often', () => {
    fc.assert(
      fc.property(anyDocument, anyProfile, (text, profile) => {
        const one = marked(text, profile);
        expect(marked(text, profile)).toEqual(one);
        expect(manifestDigest({ ...one, origin: 'elsewhere' })).toBe(one.digest);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps its addresses when words are added at the end of a body', () => {
    fc.assert(
      fc.property(anyDocument, fc.nat(), (text, at) => {
        // Fences, comments and lists would take the words in, or the words would end them.
        const calm = text.replace(/[`~<>+\-=*0-9[]/g, 'y');
        const before = marked(calm);
        const piece = before.pieces[at % before.pieces.length]!;
        const head = Buffer.from(calm).subarray(0, piece.byte_end).toString('utf8');
        const tail = Buffer.from(calm).subarray(piece.byte_end).toString('utf8');
        const after = marked(`${head}\n\nmore words\n\n${tail}`);
        const lead = ({ role }: Piece) => role === 'unit';
        expect(addresses(after.pieces.filter(lead))).toEqual(addresses(before.pieces.filter(lead)));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the addresses it has when a heading is added at the end', () => {
    fc.assert(
      fc.property(anyDocument, (text) => {
        const calm = text.replace(/[`~<>]/g, 'y');
        const before = addresses(units(marked(calm).pieces));
        const after = addresses(units(marked(`${calm}\n\n# The end\n`).pieces));
        expect(after.slice(0, -1)).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  it('has the bodies of what it is made of: N = 1, 3, 60, 137, 10,000', () => {
    for (const count of [1, 3, 60, 137, 10_000]) {
      const parts = Array.from(
        { length: count },
        (_, n) => `## Section ${n + 1}\r\n\r\nText ${n + 1}.  \r\n`,
      );
      const bytes = Buffer.from(parts.join(''));
      const { pieces } = marked(bytes);
      expect(bodies(bytes, pieces).map(String)).toEqual(parts);
    }
  });
});

describe('front matter, preamble, levels', () => {
  const roles = (text: string) =>
    marked(text).pieces.map(({ role, line_start, line_end }) => `${role} ${line_start}-${line_end}`);

  it.each<[string, string[]]>([
    ['---\ntitle: x\n---\n# A\n', ['front_matter 1-3', 'unit 4-4']],
    ['\ufeff---\ntitle: x\n...\n\ntext\n\n# A\n', ['front_matter 1-3', 'preamble 4-6', 'unit 7-7']],
    ['---\r\na: 1\r\n\r\n---\r\n\r\n# A\r\n', ['front_matter 1-5', 'unit 6-6']],
    ['---\n---\n\n# A\n', ['front_matter 1-3', 'unit 4-4']],
    ['+++\nx = "---"\n+++\n# A\n', ['front_matter 1-3', 'unit 4-4']],
    ['---\nnever closed\n\n# A\n', ['preamble 1-3', 'unit 4-4']],
    ['---\n\nwords, no mapping\n\n---\n\n# A\n', ['preamble 1-6', 'unit 7-7']],
    [' ---\na: 1\n---\n', ['preamble 1-1', 'unit 2-3']],
    ['\n\n# A\n', ['unit 1-3']],
    ['---\na: 1\n---\n', ['front_matter 1-3']],
    ['\ufeff\n', ['preamble 1-1']],
    ['x', ['preamble 1-1']],
  ])('%j', (text, expected) => expect(roles(text)).toEqual(expected));

  it('a skipped level is under the nearest shallower one; a preamble takes no name', () => {
    const text = 'before\n\n# A\n\n#### D\n\n## B\n\n###### F\n\n# Preamble\n\n# Front matter\n';
    const { pieces } = marked(text);
    expect(
      pieces.map(({ id, parent, address, section_type }) => `${id} ${parent} ${address} ${section_type}`),
    ).toEqual([
      'p1 null DOC-A/PREAMBLE~1 paragraph',
      'p2 null DOC-A/A heading',
      'p3 p2 DOC-A/A/D section',
      'p4 p2 DOC-A/A/B section',
      'p5 p4 DOC-A/A/B/F section',
      'p6 null DOC-A/PREAMBLE heading',
      'p7 null DOC-A/FRONT-MATTER heading',
    ]);
  });
});

describe('profiles', () => {
  it.skipIf(CORPUS === null)('law: articles that are headings, plain paragraphs, bold paragraphs', () => {
    const of = (file: string) => addresses(marked(corpusFile(file), 'law').pieces);
    const circular = of('vi-thong-tu-15-2026.md');
    expect(circular.filter((one) => /^DOC-A\/DIEU-\d+$/.test(one))).toHaveLength(67);
    expect(circular).toContain('DOC-A/THONG-TU/CHUONG-II/MUC-1');
    expect(of('vi-quoc-tich.md')).toContain('DOC-A/DIEU-15-6-ND-2-4');
    expect(of('gdpr-for-devs.md').filter((one) => /^DOC-A\/ART-\d+$/.test(one))).toHaveLength(20);
    expect(of('de-grundgesetz.md')).toContain('DOC-A/ART-12A');
  });

  it.skipIf(CORPUS === null)('law-text: no contents page and no cross-reference opens a unit', () => {
    expect(addresses(marked(corpusFile('synthetic/21-legal-plain.txt'), 'law-text').pieces)).toEqual(
      [
        ...['PREAMBLE~1', 'CHUONG-I', 'DIEU-1', 'DIEU-1A', 'DIEU-2', 'CHUONG-II', 'CHUONG-II/MUC-1'],
        ...['CHUONG-II/MUC-1/TIEU-MUC-1', 'DIEU-3', 'DIEU-3~2', 'PHU-LUC-I', 'ART-1', 'ART-1/SEC-1', 'P-2'],
        ...['ART-3BIS', 'PHU-LUC-I~2'],
      ].map((end) => `DOC-A/${end}`),
    );
  });

  it.skipIf(CORPUS === null)('text: numbered sections, none of the contents', () => {
    const made = addresses(marked(corpusFile('rfc1951.txt'), 'text').pieces);
    expect(made).toContain('DOC-A/SEC-3/SEC-3-2/SEC-3-2-7');
    expect(made).not.toContain('DOC-A/SEC-1~2');
  });

  it('markdown-blocks: paragraphs and items, nested ones deeper, nothing in a quote', () => {
    const text = '# A\n\nOne.\n\n- x\n  - y\n- z\n\n> q\n>\n> - q\n\nTwo\nlines.\n';
    const { pieces } = marked(text, 'markdown-blocks');
    expect(pieces.map(({ id, parent, line_start }) => [id, parent, line_start])).toEqual([
      ['p1', null, 1],
      ['p2', 'p1', 3],
      ['p3', 'p2', 5],
      ['p4', 'p3', 6],
      ['p5', 'p2', 7],
      ['p6', 'p1', 13],
    ]);
  });

  it('use the section types and kinds that runtime/002_vocabulary.sql registers', () => {
    const codes = readFileSync(join(REAL_PROJECT, 'runtime/002_vocabulary.sql'), 'utf8');
    const known = new Set([...codes.matchAll(/"code": "(\w+)"/g)].map(([, code]) => code!));
    for (const { data } of profileNames().map(loadProfile)) {
      const used = [
        data.unit_kind,
        data.front_matter.section_type,
        data.preamble.section_type,
        ...data.levels,
      ];
      const optional = [...data.labels, ...data.openers].flatMap(({ section_type }) => section_type ?? []);
      expect([...used, ...optional].filter((code) => !known.has(code))).toEqual([]);
    }
  });

  it('are named as their files', () => {
    expect(profileNames()).toEqual(['law', 'law-text', 'markdown', 'markdown-blocks', 'text']);
    for (const name of profileNames()) expect(loadProfile(name).data.name).toBe(name);
  });

  const { data } = loadProfile('law');
  it.each<[string, object, string]>([
    ['a lazy quantifier', { labels: [{ pattern: 'a(\\d+?)', prefix: 'A' }] }, 'labels.0.pattern: has a lazy'],
    ['a look-ahead', { labels: [{ pattern: '(?=a)(b)', prefix: 'A' }] }, 'labels.0.pattern: has a construct'],
    [
      'a back-reference',
      { labels: [{ pattern: '(a)\\1', prefix: 'A' }] },
      'labels.0.pattern: has a construct',
    ],
    [
      'two groups',
      { labels: [{ pattern: '(a)(b)', prefix: 'A' }] },
      'labels.0.pattern: has 2 capturing groups',
    ],
    ['an open bracket', { labels: [{ pattern: '([a', prefix: 'A' }] }, 'labels.0.pattern: Invalid regular'],
    [
      'a prefix in small letters',
      { labels: [{ pattern: '(a)', prefix: 'a' }] },
      'labels.0.prefix: is words of',
    ],
    ['an unknown field', { colour: 'red' }, 'the profile: Unrecognized key'],
    ['a line in Markdown', { openers: [{ block: 'line', level: 1 }] }, 'openers.0: "line" is for profiles'],
    ['no level', { openers: [{ block: 'paragraph' }] }, 'openers.0: needs a level'],
    ['no version', { version: 0 }, 'version: '],
  ])('refuses %s', (_, change, message) => {
    let error: { findings: Array<{ code: string; detail: string }> } | undefined;
    try {
      readProfile({ ...data, ...change }, 'mine.json');
    } catch (thrown) {
      error = thrown as typeof error;
    }
    expect(error?.findings).toMatchObject([{ code: 'profile_invalid' }]);
    expect(error?.findings[0]?.detail).toContain(message);
  });
});
