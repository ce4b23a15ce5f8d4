import fc from 'fast-check';
import type { Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { describe, expect, it } from 'vitest';
import { type Block, findBlocks } from '../../../scripts/cut/blocks.ts';
import { findLines } from '../../../scripts/cut/lines.ts';
import { headingTitle } from '../../../scripts/cut/title.ts';
import { anyDocument, CORPUS, corpusFile, FIT, specExamples } from './support.ts';

type Plain = Pick<Block, 'kind' | 'level' | 'first' | 'last'>;

/** What the parser of whole texts (mdast-util-from-markdown) says, with our line numbers. */
function expected(text: string): Plain[] {
  const found: Plain[] = [];
  const add = (node: Nodes, kind: Block['kind'], level: number) => {
    const first = node.position!.start.line - 1;
    found.push({ kind, level, first, last: kind === 'list_item' ? first : node.position!.end.line - 1 });
  };
  const visit = (nodes: Nodes[], lists: number) => {
    for (const node of nodes) {
      if (node.type === 'heading' && lists === 0) add(node, 'heading', node.depth);
      if (node.type === 'paragraph' && lists === 0) add(node, 'paragraph', 0);
      if (node.type !== 'list') continue;
      for (const item of node.children) {
        add(item, 'list_item', lists + 1);
        visit(item.children, lists + 1);
      }
    }
  };
  visit(fromMarkdown(text).children, 0);
  return inOrder(found);
}

const inOrder = (blocks: Plain[]) => blocks.toSorted((a, b) => a.first - b.first || a.level - b.level);

const actual = (text: string | Buffer, window?: number): Plain[] =>
  inOrder(
    findBlocks(findLines(Buffer.from(text)), 0, 'document', window).map(({ kind, level, first, last }) => ({
      kind,
      level,
      first,
      last,
    })),
  );

describe('blocks are those of the Markdown parser on the whole text', () => {
  it('of any document, in windows of any size (property)', () => {
    fc.assert(
      fc.property(anyDocument, fc.constantFrom(1, 10, 40, undefined), (text, window) => {
        expect(actual(text, window)).toEqual(expected(text));
      }),
      { numRuns: 3000 },
    );
  });

  it.skipIf(CORPUS === null)(
    'of every example of the CommonMark specification, and of all of them as one',
    () => {
      const examples = specExamples();
      expect(examples.length).toBeGreaterThan(640);
      for (const text of examples) {
        expect(actual(text), text).toEqual(expected(text));
        expect(actual(text, 1), text).toEqual(expected(text));
      }
      const all = examples.join('\n\n# next\n\n');
      expect(actual(all)).toEqual(expected(all));
      expect(actual(all, 50)).toEqual(expected(all));
    },
  );

  it.skipIf(CORPUS === null).each(FIT)('of %s', (file) => {
    const bytes = corpusFile(file);
    const whole = expected(bytes.toString('utf8'));
    for (const window of [1, 500, undefined]) expect(actual(bytes, window)).toEqual(whole);
  });

  it('a title is the text of the heading as the parser has it, read alone', () => {
    const text = (node: Nodes): string => {
      if (node.type === 'text' || node.type === 'inlineCode') return node.value;
      if (node.type === 'break') return '\n';
      return 'children' in node ? node.children.map(text).join('') : ((node as { alt?: string }).alt ?? '');
    };
    fc.assert(
      fc.property(anyDocument, (document) => {
        const lines = findLines(Buffer.from(document));
        for (const block of findBlocks(lines, 0, 'document')) {
          if (block.kind !== 'heading') continue;
          const alone = document
            .replace(/^\ufeff/, '')
            .split(/(?<=\r\n|\n|\r(?!\n))/)
            .slice(block.first, block.last + 1)
            .join('');
          const heading = fromMarkdown(`\n${alone}`).children.find(({ type }) => type === 'heading');
          // Now and then the parser takes lines for a heading because of what is before them: then as it stands.
          const title = (heading ? text(heading) : alone.replace(/[\r\n]+[^\r\n]*[\r\n]*$/, ''))
            .replace(/[ \t\r\n\f\v]+/g, ' ')
            .replace(/^ | $/g, '');
          expect(headingTitle(lines, block)).toBe(title);
        }
      }),
      {
        numRuns: 1000,
        examples: [['\t![a](b)\n- \n- '], ['\t# \n   - \n   - \n   - '], ['\ufeff\n\ufeff\n*X*\n===']],
      },
    );
  });
});

describe('a title is one line of text', () => {
  const titles = (text: string) => {
    const lines = findLines(Buffer.from(text));
    return findBlocks(lines, 0, 'document')
      .filter(({ kind }) => kind === 'heading')
      .map((block) => headingTitle(lines, block));
  };

  it.each([
    ['## Điều 5.  Phạm *vi* `áp` dụng ##', ['Điều 5. Phạm vi áp dụng']],
    ['# [Article I](https://example.org) <a id="x"></a>![flag](f.png)', ['Article I flag']],
    ['Two\nlines\n===', ['Two lines']],
    ['# [Scope][1]\n\n[1]: /scope', ['[Scope][1]']],
    ['#\n\n#  #\n\n# a &amp; b \\# c', ['', '', 'a & b # c']],
    ['\ufeff# first', ['first']],
    [`# ${'*'.repeat(5000)}`, ['*'.repeat(5000)]],
  ])('%j', (text, expectedTitles) => expect(titles(text)).toEqual(expectedTitles));
});
