import { isMap, parseDocument } from 'yaml';
import { bomSize, type Lines, linesText } from './lines.ts';

/** Front matter is not looked for beyond this many lines. */
const LONGEST = 2000;

/**
 * How many lines front matter takes at the beginning of a Markdown file, 0 for none.
 *
 * It begins on the first line (after a byte order mark), `---` or `+++`, and ends with the first line that is
 * `+++` there, and `---` or `...` here. What begins with `---` is front matter only if a YAML parser reads
 * what is in between as a mapping or as nothing: a thematic break that another one follows is text. What never
 * closes is text as well: CommonMark decides what it is.
 */
export function frontMatterLines(lines: Lines): number {
  if (lines.count < 2) return 0;
  const bom = bomSize(lines.bytes) > 0 ? 1 : 0;
  const opening = linesText(lines, 0).slice(bom);
  const fence = /^(---|\+\+\+)[ \t]*$/.exec(opening)?.[1];
  if (!fence) return 0;
  const closing = fence === '---' ? /^(?:---|\.\.\.)[ \t]*$/ : /^\+\+\+[ \t]*$/;
  const until = Math.min(lines.count, LONGEST);
  for (let line = 1; line < until; line++)
    if (closing.test(linesText(lines, line)))
      return fence === '+++' || isMapping(line > 1 ? linesText(lines, 1, line - 1) : '') ? line + 1 : 0;
  return 0;
}

function isMapping(text: string): boolean {
  try {
    const { errors, contents } = parseDocument(text, { logLevel: 'silent', uniqueKeys: false });
    return errors.length === 0 && (contents === null || isMap(contents));
  } catch {
    // Nested too deep for the YAML parser.
    return false;
  }
}
