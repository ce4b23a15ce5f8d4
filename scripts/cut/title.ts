import type { Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import type { Block } from './blocks.ts';
import { bomSize, type Lines, linesText } from './lines.ts';

/** Inline text longer than this is not parsed but taken as it stands: the parser's time may grow with its square. */
const LONGEST_INLINE = 4096;
/** Titles of what is no heading end at a word before this many characters. */
const LONGEST_TITLE = 200;

/** Nothing that inline Markdown gives a meaning. */
const PLAIN = /^[^\\`*_[\]<>&#]*$/;

/** One line, without blanks at its ends; a no-break blank is text. */
export const oneLine = (text: string): string => text.replace(/[ \t\r\n\f\v]+/g, ' ').replace(/^ | $/g, '');

/** The lines of a block as the parser would read them alone: without a byte order mark. */
function source(lines: Lines, first: number, last: number): string {
  const text = linesText(lines, first, last);
  return first === 0 && bomSize(lines.bytes) > 0 ? text.slice(1) : text;
}

/**
 * The text of a heading without markup, on one line: the alternative text of an image, no HTML. It is read from
 * the heading alone, so a reference to a definition elsewhere stays as it is written, and a definition that is
 * added later renames nothing.
 */
export function headingTitle(lines: Lines, block: Block): string {
  const text = source(lines, block.first, block.last);
  const bare =
    block.style === 'atx' ? text.replace(/^[ \t]*#+/, '') : text.replace(/(?:\r\n|\r|\n)[^\r\n]*$/, '');
  if (PLAIN.test(bare) || bare.length > LONGEST_INLINE) return oneLine(bare);
  // Link definitions may come before a heading that is underlined, in the same block.
  // After a line feed: what the parser drops at the beginning of a document is text in the middle of one.
  const heading = fromMarkdown(`\n${text}`).children.find(({ type }) => type === 'heading');
  return oneLine(heading ? plainText(heading) : bare);
}

/** The first line of a paragraph or list item, without markup, cut at a word within 200 characters. */
export function openingTitle(lines: Lines, block: Block): string {
  return shortened(oneLine(firstLine(lines, block)));
}

function firstLine(lines: Lines, { first, last }: Block): string {
  const line = source(lines, first, first);
  if (PLAIN.test(line) && !/^[ \t]*(?:[-+]|\d+[.)])/.test(line)) return line;
  const end = Math.min(last, first + 20);
  const text = source(lines, first, end).replace(/^[ \t]+/, '');
  if (text.length > LONGEST_INLINE) return line.slice(0, LONGEST_INLINE);
  return plainText(fromMarkdown(text))
    .replace(/^\s+/, '')
    .split(/\r\n|\r|\n/)[0]!;
}

/** A title cut at a word, with `…`, where it has more than 200 characters. */
export function shortened(text: string): string {
  if (text.length <= LONGEST_TITLE) return text;
  const head = text.slice(0, LONGEST_TITLE - 1);
  const word = head.replace(/ [^ ]*$/, '').replace(/[\ud800-\udbff]$/, '');
  return `${word}…`;
}

function plainText(node: Nodes): string {
  if (node.type === 'text' || node.type === 'inlineCode') return node.value;
  if (node.type === 'image' || node.type === 'imageReference') return node.alt ?? '';
  if (node.type === 'break') return '\n';
  if (!('children' in node)) return '';
  const parts = node.children.map(plainText);
  return parts.join(node.children.some(({ type }) => type === 'paragraph') ? '\n' : '');
}
