import type { Finding } from '../report/index.ts';
import { findingAt, type Source } from './findings.ts';
import { type HeaderKey, type Headers, isKey, KEYS, nearest } from './keys.ts';
import type { Token } from './parser.ts';
import { checkValue } from './values.ts';

/** One line of the header block; `value` is trimmed, null where the line has no value. */
export interface HeaderLine {
  key: string;
  value: string | null;
  /** Indexes into the text of the line and of its value. */
  offset: number;
  valueOffset: number;
}

/** The header block of a file: its well-formed lines, where the body starts, what is wrong with the other lines. */
export interface HeaderBlock {
  lines: HeaderLine[];
  bodyOffset: number;
  findings: Finding[];
}

/** graphile-migrate's own form of a header line, to the letter. */
const HEADER = /^--! ([A-Z][a-zA-Z0-9_]*)(?::(.*))?$/;
/** What graphile-migrate knows in a body. */
const DIRECTIVE = /^--!\s*(?:no-transaction\b|include\s|Included\s|EndIncluded\s|split: )/;
/** graphile-migrate runs a body outside a transaction if, and only if, its first line says so. */
const MARKER = /^--!\s*no-transaction\b/;

/** Reads the block of `--! Key: value` lines at the very top. Judges no key and no value. */
export function headerBlock(source: Source): HeaderBlock {
  const block: HeaderBlock = { lines: [], bodyOffset: 0, findings: [] };
  while (source.text.startsWith('--!', block.bodyOffset)) {
    const offset = block.bodyOffset;
    const feed = source.text.indexOf('\n', offset);
    const line = source.text.slice(offset, feed < 0 ? undefined : feed).replace(/\r$/, '');
    if (DIRECTIVE.test(line)) break;
    block.bodyOffset = feed < 0 ? source.text.length : feed + 1;
    const match = HEADER.exec(line);
    if (!match) {
      block.findings.push(findingAt(source, offset, 'header_malformed', malformed(line), FORM));
      continue;
    }
    const [, key = '', raw] = match;
    const blanks = raw === undefined ? 0 : raw.length - raw.trimStart().length;
    const value = raw?.trim() || null;
    const valueOffset = offset + '--! '.length + key.length + (raw === undefined ? 0 : 1 + blanks);
    block.lines.push({ key, value, offset, valueOffset });
  }
  return block;
}

/** Whether the body's first line is graphile-migrate's `--! no-transaction`. */
export const hasMarker = (source: Source, block: HeaderBlock): boolean =>
  MARKER.test(source.text.slice(block.bodyOffset).trimStart());

/** The headers of a block, and everything that is wrong with its keys and values. Which kind of file it is, is not asked. */
export function readHeaders(source: Source, block: HeaderBlock): { headers: Headers; findings: Finding[] } {
  const findings: Finding[] = [];
  const values: Record<string, unknown> = {};
  for (const line of block.lines) {
    const problem = isKey(line.key) ? take(source, line, line.key, values) : unknownKey(source, line);
    if (problem) findings.push(problem);
  }
  const orphan = block.lines.find((line) => line.key === 'PostCheck');
  if (orphan && !values.NoTransaction) {
    const what =
      'PostCheck stands without NoTransaction: what a transaction covers needs no check afterwards';
    findings.push(
      findingAt(source, orphan.offset, 'header_alone', what, 'add "--! NoTransaction", or remove PostCheck'),
    );
  }
  return { headers: values as Headers, findings };
}

/** Header lines that nothing reads, because they do not stand in the block at the very top. */
export function misplacedHeaders(source: Source, block: HeaderBlock, tokens: Token[]): Finding[] {
  return tokens
    .filter((token) => token.comment && token.offset >= block.bodyOffset && token.text.startsWith('--!'))
    .filter((token) => !DIRECTIVE.test(token.text))
    .map((token) => {
      const what = 'a header line that nothing reads: headers are the first lines of a file, without a gap';
      return findingAt(
        source,
        token.offset,
        'header_misplaced',
        what,
        'move it to the top, or write "--" without "!"',
      );
    });
}

const FORM = 'write it as "--! Key: value", one blank after "--!", none before the colon';
const LIST = `known: ${Object.keys(KEYS).join(', ')}`;

function malformed(line: string): string {
  const near = nearest(/^--!\s*([A-Za-z]+)/.exec(line)?.[1] ?? '', Object.keys(KEYS));
  return `not a header line${near ? ` (is ${near} meant?)` : ''}; ${LIST}`;
}

function unknownKey(source: Source, line: HeaderLine): Finding {
  const near = nearest(line.key, Object.keys(KEYS));
  const what = `unknown header ${line.key}${near ? `: did you mean ${near}?` : ''} (${LIST})`;
  const next = near ? `write ${near}, or remove the line` : 'remove the line, or make it an ordinary comment';
  return findingAt(source, line.offset + '--! '.length, 'header_unknown', what, next);
}

/** Puts one header into `values`; returns what is wrong with it. */
function take(
  source: Source,
  line: HeaderLine,
  key: HeaderKey,
  values: Record<string, unknown>,
): Finding | null {
  const rule = KEYS[key];
  const earlier = values[key];
  if (earlier !== undefined && !(rule.repeatable && !(earlier as unknown[]).includes(line.value))) {
    const what = `header ${key} ${rule.repeatable ? 'says the same twice' : 'may stand only once'}`;
    return findingAt(source, line.offset, 'header_repeated', what, 'keep one of the lines');
  }
  if (rule.value === 'flag') {
    values[key] = true;
    if (line.value === null) return null;
    const what = `header ${key} has no value, but here it says "${line.value}"`;
    return findingAt(source, line.valueOffset, 'header_value_unexpected', what, `write "--! ${key}" alone`);
  }
  if (line.value === null) {
    const what = `header ${key} needs a value`;
    return findingAt(
      source,
      line.valueOffset,
      'header_value_missing',
      what,
      `write "--! ${key}: …" (docs/FORMATS.md)`,
    );
  }
  if (rule.repeatable) values[key] = [...((earlier as string[] | undefined) ?? []), line.value];
  else values[key] = rule.value === 'list' ? line.value.split(',').map((item) => item.trim()) : line.value;
  return checkValue(source, line, key, line.value);
}
