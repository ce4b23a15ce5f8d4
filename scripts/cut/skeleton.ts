import { bomSize, type Lines, lineEnd } from './lines.ts';
import { type Nesting, newNesting } from './nesting.ts';

/*
 * The Markdown parser takes some 10 µs for a line and 1 s for a megabyte, so it is given a document with the
 * same blocks and less text. Five observations about CommonMark:
 *
 * 1. What a line opens or goes on with is decided before its first letter. After a letter nothing counts but
 *    `>`, which may end an HTML block that began on an earlier line (each of its ends has one); a backtick in
 *    the info string of a line that began with backticks (then it opens no fence); and everything in a link
 *    definition, which begins with `[` at the start of a paragraph and ends before the next blank line. So a
 *    line that has none of these is as good as its beginning and one letter.
 * 2. Of lines in a row that are a letter after the same spaces, up to three, the first is as good as all: it
 *    leaves the parser in a paragraph, or in a block (a fence, HTML) that takes any text.
 * 3. A letter in the first column after a blank line begins a paragraph that is in nothing else, or goes on in
 *    code or HTML. Blank lines and another one after it: it has done the same again.
 * 4. The same line with one list marker, not indented, again: it begins the same item again, or none again.
 * 5. Among paragraphs as in 3, a line of one to six `#`, a blank and a letter does the same wherever it stands:
 *    it is a heading, or goes on in code or HTML.
 *
 * What 3, 4 and 5 leave out is kept as repeats. test/harness/cut/blocks.test.ts holds all this against the parser
 * on the whole text.
 */

/** A Markdown document reduced to what decides about its blocks. */
export interface Skeleton {
  /** UTF-8, with LF as line ending. */
  bytes: Buffer;
  /** How many lines. */
  count: number;
  /** Offset of each line's first byte in `bytes`, and at the end their size. */
  starts: Uint32Array;
  /** Which line of the source each is, from 0, and at the end the source's number of lines. */
  source: Uint32Array;
  /** By a line of the skeleton: what was left out since it begins the same blocks as that line, in order. */
  repeats: Map<number, Repeat[]>;
}

/** Lines of the source, both included, that begin a paragraph again (3), or the same items or heading (4, 5). */
export interface Repeat {
  paragraph: boolean;
  first: number;
  last: number;
}

const LF = 0x0a;
const LETTER = 0x78;
const GREATER = 0x3e;
const BACKTICK = 0x60;
const STAR = 0x2a;
const SPACE = 0x20;
const HASH = 0x23;

/** What bytes before the first letter are: a sum of these. A space is none of them. */
const IS = {
  letter: 1,
  tab: 2,
  bracket: 4,
  less: 8,
  backtick: 16,
  container: 32,
  star: 64,
  quote: 128,
  other: 256,
};
const NOT_BLANK = ~IS.tab;

/** As good as a letter: what begins no block of its own, wherever it stands before a line's first letter. */
const NO_BLOCK = /[A-Za-z(!"$%&',/:;?@\\^{|}\]]/;

const CLASS = Uint16Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if (byte >= 0x80 || NO_BLOCK.test(character)) return IS.letter;
  if (character === ' ') return 0;
  if (character === '\t') return IS.tab;
  if (character === '[') return IS.bracket;
  if (character === '<') return IS.less;
  if (character === '`') return IS.backtick;
  if (character === '*') return IS.star;
  if (character === '>') return IS.quote;
  return /[+\-0-9]/.test(character) ? IS.container : IS.other;
});

/** A line as it is read. Offsets are those of the source. */
interface Read {
  start: number;
  /** Its ending left out. */
  end: number;
  /** Up to here it counts; then one letter follows, unless this is the end. */
  cut: number;
  /** Blank; a letter after spaces; a letter after one marker; or something else. */
  shape: 'blank' | 'letter' | 'markers' | 'other';
}

/**
 * The skeleton of the lines from `from` on; what is before them is no Markdown. `file` is its name in what is
 * thrown: a refusal where quotes and lists are nested deeper than the parser can take (nesting.ts).
 */
export function skeletonOf(lines: Lines, from: number, file: string): Skeleton {
  const out = newWriter(lines, from);
  const read = newReader(lines, newNesting(lines, file));
  const inSequence = newSequence(lines, out);
  let before: Read | undefined;
  for (let line = from; line < lines.count; line++) {
    const now = read(line);
    const found = inSequence(line, now);
    if (found === 'left out') continue;
    if (found === 'elsewhere' && before && isAgain(lines.bytes, now, before)) {
      if (now.shape === 'markers') out.repeat(out.lines() - 1, line, false);
      continue;
    }
    before = { ...now };
    out.keep(line, now);
  }
  return out.end();
}

/**
 * Follows sequences of paragraphs and headings (observations 3 and 5). Of each line it is told it says whether
 * that is left out, to be kept as it ends or goes on with a sequence, or elsewhere.
 */
function newSequence(
  lines: Lines,
  out: Writer,
): (line: number, read: Read) => 'left out' | 'keep' | 'elsewhere' {
  let phase: 'elsewhere' | 'in the first' | 'between' | 'in a repeat' = 'elsewhere';
  /** Lines of the skeleton: the first paragraph, and a heading of each level. */
  let paragraph = 0;
  let headings: number[] = [];
  let repeat: Repeat | undefined;
  let afterBlank = true;
  const heading = (line: number, level: number) => {
    phase = 'between';
    const known = headings[level];
    if (known !== undefined) out.repeat(known, line, false);
    else headings[level] = out.lines();
    return known === undefined ? 'keep' : 'left out';
  };
  const words = (line: number) => {
    if (phase === 'in a repeat') repeat!.last = line;
    if (phase === 'between') {
      repeat = out.repeat(paragraph, line, true);
      phase = 'in a repeat';
    }
    return 'left out' as const;
  };
  return (line, read) => {
    const was = phase;
    const plain = read.shape === 'letter' && read.cut === read.start;
    const begins = plain && afterBlank;
    afterBlank = read.shape === 'blank';
    if (was === 'elsewhere') {
      if (!begins) return 'elsewhere';
      phase = 'in the first';
      paragraph = out.lines();
      headings = [];
      return 'keep';
    }
    if (plain) return words(line);
    if (afterBlank) {
      phase = 'between';
      return was === 'in the first' ? 'keep' : 'left out';
    }
    const level = headingLevel(lines.bytes, read);
    if (level > 0) return heading(line, level);
    phase = 'elsewhere';
    // It may be the underline of the paragraph before: so that is no repeat.
    if (was === 'in a repeat') out.restore(paragraph);
    return 'keep';
  };
}

/** Of a line that is one to six `#`, a blank and a letter: how many; otherwise 0. */
function headingLevel(bytes: Uint8Array, { start, cut, shape }: Read): number {
  if (shape !== 'markers' || cut - start > 7 || bytes[cut - 1] !== SPACE) return 0;
  for (let at = start; at < cut - 1; at++) if (bytes[at] !== HASH) return 0;
  return cut - 1 - start;
}

/** Observations 2 and 4. */
function isAgain(bytes: Uint8Array, one: Read, other: Read): boolean {
  if (one.shape !== other.shape || (one.shape !== 'letter' && one.shape !== 'markers')) return false;
  if (one.cut - one.start !== other.cut - other.start) return false;
  // How long indented code is decides, in this parser, whether what follows interrupts it.
  if (isIndented(bytes, one.start, one.cut)) return false;
  for (let at = one.start, to = other.start; at < one.cut; ) if (bytes[at++] !== bytes[to++]) return false;
  return true;
}

function isIndented(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && bytes[at] === SPACE) at++;
  return at - start > 3;
}

/** Reads lines one after the other; each answer is good until the next. */
function newReader(lines: Lines, nesting: Nesting): (line: number) => Read {
  const { bytes } = lines;
  const read: Read = { start: 0, end: 0, cut: 0, shape: 'blank' };
  let definition = false;
  let greater = -1;
  /** Whether an HTML block may end in this line after its first letter; the next `>` is remembered. */
  const endsHtml = (letter: number, end: number): boolean => {
    if (greater < letter) greater = bytes.indexOf(GREATER, letter);
    if (greater < 0) greater = bytes.length;
    return greater < end;
  };
  const isWhole = (traits: number, letter: number, end: number): boolean =>
    endsHtml(letter, end) ||
    definition ||
    letter === end ||
    (traits & IS.less) !== 0 ||
    ((traits & IS.backtick) !== 0 && bytes.subarray(letter, end).includes(BACKTICK));
  return (line) => {
    const start = line === 0 ? bomSize(bytes) : lines.starts[line]!;
    const end = lineEnd(lines, line);
    const letter = firstLetter(bytes, start, end);
    const traits = traitsOf(bytes, start, letter);
    if (traits & (IS.container | IS.star | IS.quote)) nesting(line, start, letter, end);
    const blank = letter === end && !(traits & NOT_BLANK);
    definition = !blank && (definition || (traits & IS.bracket) !== 0);
    const whole = isWhole(traits, letter, end);
    const star = traits === IS.star ? firstStar(bytes, start, letter) : -1;
    read.start = start;
    read.end = end;
    read.cut = whole ? end : star < 0 ? letter : star;
    const other = whole || (traits & (IS.quote | IS.tab)) !== 0 || !isOneWord(bytes, start, letter);
    read.shape = shapeOf(blank, other, traits === 0 || star >= 0);
    return read;
  };
}

function shapeOf(blank: boolean, other: boolean, letter: boolean): Read['shape'] {
  if (blank) return 'blank';
  if (other) return 'other';
  return letter ? 'letter' : 'markers';
}

/** Whether what is before the letter is blanks, one word of other characters, blanks; each may be missing. */
function isOneWord(bytes: Uint8Array, start: number, letter: number): boolean {
  let words = 0;
  for (let at = start; at < letter; at++)
    if (bytes[at] !== SPACE && (at === start || bytes[at - 1] === SPACE)) words++;
  return words < 2;
}

function firstLetter(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && CLASS[bytes[at]!] !== IS.letter) at++;
  return at;
}

function traitsOf(bytes: Uint8Array, start: number, end: number): number {
  let traits = 0;
  for (let at = start; at < end; at++) traits |= CLASS[bytes[at]!]!;
  return traits;
}

/** Where stars begin that reach up to the letter without a blank: they are no list marker, no break; or -1. */
function firstStar(bytes: Uint8Array, start: number, letter: number): number {
  let at = letter;
  while (at > start && bytes[at - 1] === STAR) at--;
  for (let blank = start; blank < at; blank++) if (bytes[blank] === STAR) return -1;
  return at < letter ? at : -1;
}

type Writer = ReturnType<typeof newWriter>;

function newWriter({ bytes, starts, count }: Lines, from: number) {
  const room = count - from + 1;
  const out: Skeleton = {
    bytes: Buffer.allocUnsafe(starts[count]! - starts[from]!),
    count: 0,
    starts: new Uint32Array(room),
    source: new Uint32Array(room),
    repeats: new Map(),
  };
  let to = 0;
  const copy = (start: number, end: number) => {
    if (end - start > 64) {
      out.bytes.set(bytes.subarray(start, end), to);
      to += end - start;
    } else for (let at = start; at < end; ) out.bytes[to++] = bytes[at++]!;
  };
  const keep = (line: number, { start, end, cut }: Omit<Read, 'shape'>) => {
    out.source[out.count++] = line;
    copy(start, cut);
    if (cut < end) out.bytes[to++] = LETTER;
    else hideMark(out.bytes, out.starts[out.count - 1]!, to);
    // One kind of line ending: with lines left out a CR may come to stand before a LF.
    if (end < starts[line + 1]!) out.bytes[to++] = LF;
    out.starts[out.count] = to;
  };
  return {
    lines: () => out.count,
    keep,
    /** Notes that `line` is as good as line `of` of the skeleton. */
    repeat(of: number, line: number, paragraph: boolean): Repeat {
      const repeat = { paragraph, first: line, last: line };
      const known = out.repeats.get(of);
      if (known) known.push(repeat);
      else out.repeats.set(of, [repeat]);
      return repeat;
    },
    /** Takes the last repeat of a line back and keeps its first line (a letter). */
    restore(of: number): void {
      const { first } = out.repeats.get(of)!.pop()!;
      keep(first, { start: starts[first]!, cut: starts[first]!, end: starts[first + 1]! - 1 });
    },
    end(): Skeleton {
      out.source[out.count] = count;
      out.bytes = out.bytes.subarray(0, to);
      return out;
    },
  };
}

/** The parser would drop a byte order mark where it starts to read: U+2060 is as good a letter, and stays. */
function hideMark(bytes: Uint8Array, at: number, end: number): void {
  if (end - at >= 3 && bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf)
    bytes.set([0xe2, 0x81, 0xa0], at);
}
