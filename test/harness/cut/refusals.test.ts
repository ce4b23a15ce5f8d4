import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstInvalid } from '../../../scripts/cut/encoding.ts';
import { loadProfile, mark } from '../../../scripts/cut/index.ts';
import { IuError } from '../../../scripts/report/index.ts';
import { CORPUS, corpusFile, marked, UNFIT } from './support.ts';

function refusal(work: () => unknown) {
  try {
    work();
  } catch (error) {
    if (error instanceof IuError) return { exit: error.exit, ...error.findings[0]! };
    throw error;
  }
  throw new Error('it was not refused');
}

const ofText = (text: string) => refusal(() => marked(text));

describe('refusals', () => {
  it.skipIf(CORPUS === null).each(Object.entries(UNFIT))('%s', (file, { code, where }) => {
    const found = refusal(() => marked(corpusFile(file)));
    expect(found).toMatchObject({ exit: 1, code, next: expect.any(String) });
    if (where) expect(found.message).toContain(where);
  });

  it('the first bad byte is where a strict decoder stops (property)', () => {
    const fits = (bytes: Uint8Array) => {
      try {
        new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    const bytes = fc.array(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 3 }).map((text) => [...Buffer.from(text)]),
        fc
          .constantFrom(0x80, 0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xa0, 0x9f, 0x41)
          .map((one) => [one]),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(bytes, (parts) => {
        const all = Uint8Array.from(parts.flat());
        const offset = firstInvalid(all);
        expect(fits(all)).toBe(offset === -1);
        if (offset >= 0) expect(fits(all.subarray(0, offset))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('the line of a bad byte counts LF, CRLF and lone CR', () => {
    const found = refusal(() => marked(Buffer.concat([Buffer.from('a\r\nb\rc\n'), Buffer.from([0xff])])));
    expect(found.message).toContain('byte 0xFF at offset 7, line 4');
  });

  it.each(['de-gg', 'AB', '-ABC', 'ABC-', 'A/B', 'A'.repeat(33), 'ÄBC', ''])('the prefix %j', (prefix) => {
    expect(refusal(() => marked('x', 'markdown', prefix))).toMatchObject({ exit: 2, code: 'prefix_invalid' });
  });

  it('a reserved prefix', () => {
    expect(refusal(() => marked('x', 'markdown', 'IU-CORE'))).toMatchObject({
      exit: 2,
      code: 'prefix_reserved',
    });
  });

  it('more units than were allowed, naming the first of them', () => {
    const profile = loadProfile('markdown');
    const bytes = Buffer.from('# A\n\n# B\n\n# C\n');
    const options = { origin: 'document', prefix: 'DOC-A', profile };
    expect(mark(bytes, { ...options, maxUnits: 3 }).pieces).toHaveLength(3);
    const found = refusal(() => mark(bytes, { ...options, maxUnits: 2 }));
    expect(found).toMatchObject({ exit: 1, code: 'too_many_units' });
    expect(found.message).toContain('number 3 is at line 5');
  });

  it('an address longer than 2,048 characters', () => {
    const list = Array.from({ length: 60 }, (_, n) => `${' '.repeat(2 * n)}- ${'word '.repeat(12)}\n`).join(
      '',
    );
    const { data } = loadProfile('markdown-blocks');
    const profile = { ...loadProfile('markdown-blocks') };
    profile.openers = profile.openers.map((one) => ({ ...one, title: 'first_line' as const }));
    expect(data.openers).toHaveLength(2);
    const found = refusal(() => marked(list, profile));
    expect(found).toMatchObject({ exit: 1, code: 'address_too_long' });
    expect(found.message).toMatch(/line \d+/);
  });
});

describe('nesting and size are bounded', () => {
  const lists = (depth: number) =>
    Array.from({ length: depth }, (_, n) => `${' '.repeat(2 * n)}- a\n`).join('');
  const quotes = (depth: number) => `${'> '.repeat(depth)}a\n`;

  it('64 levels are taken', () => {
    for (const text of [lists(64), quotes(64), `${'- '.repeat(64)}a\n`, `${'>'.repeat(64)}a\n`])
      expect(marked(`# A\n\n${text}\n# B\n`).pieces).toHaveLength(2);
  });

  it.each<[string, string]>([
    ['65 quotes', quotes(65)],
    ['100,000 quotes', `${'>'.repeat(100_000)}\n`],
    ['10,000 lists, one below the other', lists(10_000)],
    ['10,000 lists on a line', `${'- '.repeat(10_000)}a\n`],
    ['10,000 numbered lists on a line', `${'1. '.repeat(10_000)}a\n`],
  ])('%s are refused at once, by line', (_, text) => {
    const started = performance.now();
    expect(ofText(`# A\n\n${text}`)).toMatchObject({
      exit: 1,
      code: 'too_deep',
      message: expect.stringContaining('line '),
    });
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it.each<[string, string]>([
    ['100,000 stars', `${'*'.repeat(100_000)}a\n`],
    ['50,000 open brackets', `${'['.repeat(50_000)}\n`],
    ['50,000 half emphases in a paragraph', `${'*a _b '.repeat(25_000)}\n`],
    ['50,000 half emphases in a heading', `# ${'*a _b '.repeat(25_000)}\n`],
    [
      '50,000 backticks of many lengths',
      `${Array.from({ length: 300 }, (_, n) => `${'`'.repeat(n)} a`).join(' ')}\n`,
    ],
    ['50,000 link definitions', '[a]: b "\n'.repeat(50_000)],
    ['100,000 thematic breaks', '- - - - - - - - - - - - - - - -\n\n'.repeat(30_000)],
    ['a comment that never ends', `<!--\n${'a > b\n'.repeat(50_000)}`],
  ])('%s are taken', (_, text) => {
    const bytes = Buffer.from(`# A\n\n${text}`);
    const { pieces } = marked(bytes);
    expect(pieces.at(-1)!.byte_end).toBe(bytes.length);
  });

  it('a list too large for the parser is refused by its line, one in many items is not', () => {
    const list = Array.from({ length: 20_000 }, (_, n) => `${n % 2 ? '  ' : ''}- a\n`).join('');
    expect(ofText(`# A\n\n${list}`)).toMatchObject({
      exit: 1,
      code: 'block_too_large',
      message: expect.stringContaining('line 3'),
    });
    expect(marked(`# A\n\n${'- point\n'.repeat(100_000)}`).pieces).toHaveLength(1);
  }, 300_000);
});
