import type { Block } from './blocks.ts';
import { bomSize, type Lines, linesText } from './lines.ts';
import { type Opener, openerFor, openerLevel } from './profile.ts';
import { oneLine, shortened } from './title.ts';
import type { Opening } from './units.ts';

/** A longer line opens nothing. */
const LONGEST_LINE = 1000;

/**
 * The units that lines of plain text open, by the profile's openers of block `line`. A line with nothing but
 * blanks and form feeds is blank; so is the end of the file.
 */
export function textOpenings(lines: Lines, openers: Opener[]): Opening[] {
  const found: Opening[] = [];
  let before = '';
  let text = lineText(lines, 0);
  for (let line = 0; line < lines.count; line++) {
    const after = lineText(lines, line + 1);
    const title = text.length > LONGEST_LINE ? '' : oneLine(text);
    const blank = { before: before.trim() === '', after: after.trim() === '' };
    const opener = title === '' ? undefined : openerFor(openers, title, blank);
    if (opener) found.push(opening(opener, title, line));
    before = text;
    text = after;
  }
  return found;
}

function lineText(lines: Lines, line: number): string {
  if (line >= lines.count) return '';
  const text = linesText(lines, line);
  return line === 0 && bomSize(lines.bytes) > 0 ? text.slice(1) : text;
}

/** An opening by an opener's own words. */
export function opening(opener: Opener, title: string, line: Block['first'], deeper = 0): Opening {
  return {
    line,
    level: Math.min(99, openerLevel(opener, title) + deeper),
    title: opener.title === 'none' ? '' : shortened(title),
    section_type: opener.section_type,
  };
}
