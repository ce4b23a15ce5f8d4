/** A place in a text as people read it: 1-based, columns counted in characters (code points), plus an excerpt. */
export interface Snippet {
  line: number;
  column: number;
  detail: string;
}

const TAB = 4;
/** How many columns of a long line are shown before and after the fault. */
const BEFORE = 60;
const AFTER = 40;
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;
const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * An excerpt of `text` with the line of `offset` (an index into the JavaScript string) and a caret under it:
 *
 *     12 | select frm t;
 *        |        ^
 *
 * Tabs are expanded, control characters shown as `·`, wide and combining characters measured as terminals
 * usually draw them, long lines cut around the fault. An offset beyond the text is taken as its end. Lines end
 * at a line feed only, as the server counts them.
 */
export function snippet(text: string, offset: number): Snippet {
  const at = Math.max(0, Math.min(offset, text.length));
  const start = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
  const feed = text.indexOf('\n', at);
  const end = feed < 0 ? text.length : feed;
  const line = countLines(text, start);
  const from = onBoundary(text, Math.max(start, at - 4 * BEFORE));
  const to = onBoundary(text, Math.min(end, at + 4 * AFTER));
  const head = draw(text.slice(from, at), 0);
  const tail = draw(text.slice(at, to).replace(/\r$/, ''), head.length);
  const cutHead = keepEnd(head, BEFORE, from > start);
  const cutTail = keepStart(tail, AFTER, to < end);
  const label = String(line);
  const caret = `${' '.repeat(label.length)} | ${' '.repeat(width(cutHead))}^`;
  const shown = `${label} | ${[...cutHead, ...cutTail].map((cell) => cell.text).join('')}`.trimEnd();
  return { line, column: [...text.slice(start, at)].length + 1, detail: `${shown}\n${caret}` };
}

/** Line and column of indexes into `text` that are asked for in ascending order: each line is counted once. */
export function placesInOrder(text: string): (offset: number) => { line: number; column: number } {
  let line = 1;
  let start = 0;
  return (offset) => {
    for (let feed = text.indexOf('\n', start); feed >= 0 && feed < offset; feed = text.indexOf('\n', start)) {
      line++;
      start = feed + 1;
    }
    return { line, column: [...text.slice(start, offset)].length + 1 };
  };
}

interface Cell {
  text: string;
  width: number;
}

function countLines(text: string, end: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** Never cuts a surrogate pair in two. */
const onBoundary = (text: string, at: number): number =>
  at > 0 && /[\uDC00-\uDFFF]/.test(text[at] ?? '') && /[\uD800-\uDBFF]/.test(text[at - 1] ?? '')
    ? at - 1
    : at;

function draw(text: string, before: number): Cell[] {
  let column = before;
  return [...characters.segment(text)].map(({ segment }) => {
    const cell = drawOne(segment, column);
    column += cell.width;
    return cell;
  });
}

function drawOne(character: string, column: number): Cell {
  if (character === '\t') {
    const width = TAB - (column % TAB);
    return { text: ' '.repeat(width), width };
  }
  if (/^\p{Cc}/u.test(character)) return { text: '·', width: 1 };
  if (INVISIBLE.test(character)) return { text: character, width: 0 };
  return { text: character, width: WIDE.test(character) ? 2 : 1 };
}

const width = (cells: Cell[]): number => cells.reduce((sum, cell) => sum + cell.width, 0);
const ELLIPSIS: Cell = { text: '…', width: 1 };

function keepEnd(cells: Cell[], room: number, cutAlready: boolean): Cell[] {
  let first = 0;
  for (let left = width(cells); left > room; first++) left -= cells[first]!.width;
  return first > 0 || cutAlready ? [ELLIPSIS, ...cells.slice(first)] : cells;
}

function keepStart(cells: Cell[], room: number, cutAlready: boolean): Cell[] {
  let last = cells.length;
  for (let left = width(cells); left > room; last--) left -= cells[last - 1]!.width;
  return last < cells.length || cutAlready ? [...cells.slice(0, last), ELLIPSIS] : cells;
}
