import type { Lines } from './lines.ts';
import { refused } from './refusal.ts';

/**
 * How deep quotes and lists may be nested. The parser's time for a line grows with the square of that number:
 * at 64 it is still that of other text, at 100,000 it is minutes for one line.
 */
export const DEEPEST = 64;

/**
 * Looks at a line that has quote or list markers, or digits, between `start` and its first letter. Lines must
 * come in order. Throws a refusal where the nesting may be deeper than DEEPEST: it is counted from above (a
 * line of a code block that looks like a list counts too).
 */
export type Nesting = (line: number, start: number, letter: number, end: number) => void;

interface Marker {
  column: number;
  /** It can begin a list in the middle of a paragraph, so any list at its column or right of it has ended. */
  ends: boolean;
}

export function newNesting({ bytes }: Lines, file: string): Nesting {
  /** Columns of the list markers that may still be open, ascending. */
  let open: number[] = [];
  return (line, start, letter, end) => {
    if (letter === end && isBreak(bytes, start, end)) return;
    const { quotes, markers } = markersOf(bytes, start, letter, end);
    for (const { column, ends } of markers) {
      if (ends) while (open.length > 0 && open.at(-1)! >= column) open.pop();
      if (open.length === 0 || open.at(-1)! < column) open.push(column);
    }
    if (open.length + quotes <= DEEPEST) return;
    open = [];
    const message = `${file} nests quotes and lists more than ${DEEPEST} deep: line ${line + 1}`;
    throw refused('too_deep', message, file, 'take out levels there; no reader can follow as many');
  };
}

/** Nothing but blanks and one of `-`, `*`, repeated: a thematic break or an underline, no list. */
function isBreak(bytes: Uint8Array, start: number, end: number): boolean {
  let mark = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (isBlank(byte) || byte === mark) continue;
    if (mark !== 0 || (byte !== 0x2d && byte !== 0x2a)) return false;
    mark = byte;
  }
  return true;
}

const isBlank = (byte: number) => byte === 0x20 || byte === 0x09;
const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;

function markersOf(bytes: Uint8Array, start: number, letter: number, end: number) {
  const markers: Marker[] = [];
  let quotes = 0;
  let column = 0;
  for (let at = start; at < letter; ) {
    const byte = bytes[at]!;
    if (byte === 0x3e) quotes++;
    const size = markerSize(bytes, at, letter);
    if (size > 0 && (at + size === end || isBlank(bytes[at + size]!))) {
      const bullet = size === 1 || (size === 2 && byte === 0x31);
      markers.push({ column, ends: bullet && at + size < end });
    }
    column += byte === 0x09 ? 4 - (column % 4) : Math.max(size, 1);
    at += Math.max(size, 1);
  }
  return { quotes, markers };
}

/** The size of what looks like a list marker at `at`: `-`, `+`, `*`, or digits with `.` or `)`; 0 if nothing. */
function markerSize(bytes: Uint8Array, at: number, letter: number): number {
  const byte = bytes[at]!;
  if (byte === 0x2d || byte === 0x2b || byte === 0x2a) return 1;
  let after = at;
  while (after < letter && isDigit(bytes[after]!)) after++;
  if (after === at || after === letter) return 0;
  return bytes[after] === 0x2e || bytes[after] === 0x29 ? after - at + 1 : 0;
}
