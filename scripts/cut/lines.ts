const LF = 0x0a;
const CR = 0x0d;

/** Where the lines of a file are. Lines are counted from 0 here, and shown to people from 1. */
export interface Lines {
  bytes: Uint8Array;
  /** How many lines: a last one without an ending counts, nothing after the last ending does not. */
  count: number;
  /** Offset of each line's first byte, and at the end the size of the file. */
  starts: Uint32Array;
  /** How many lines end with each kind of line ending. */
  endings: { lf: number; crlf: number; cr: number };
}

/** Finds the lines of `bytes`: LF, CRLF and a lone CR end one, as in CommonMark; nothing else does. */
export function findLines(bytes: Uint8Array): Lines {
  const { length } = bytes;
  const endings = { lf: 0, crlf: 0, cr: 0 };
  for (let at = 0; at < length; at++) {
    const byte = bytes[at];
    if (byte === LF) endings.lf++;
    else if (byte === CR) {
      if (bytes[at + 1] === LF) {
        endings.crlf++;
        at++;
      } else endings.cr++;
    }
  }
  const ended = endings.lf + endings.crlf + endings.cr;
  const last = bytes[length - 1];
  const count = ended + (length > 0 && last !== LF && last !== CR ? 1 : 0);
  const starts = new Uint32Array(count + 1);
  let line = 1;
  for (let at = 0; at < length; at++) {
    const byte = bytes[at];
    if (byte === LF || (byte === CR && bytes[at + 1] !== LF)) starts[line++] = at + 1;
  }
  starts[count] = length;
  return { bytes, count, starts, endings };
}

/** The offset after the last byte of a line, its ending left out. */
export function lineEnd({ bytes, starts }: Lines, line: number): number {
  let end = starts[line + 1]!;
  const start = starts[line]!;
  if (end > start && bytes[end - 1] === LF) end--;
  if (end > start && bytes[end - 1] === CR) end--;
  return end;
}

/** The text of the lines from `first` to `last`, both included, the last one's ending left out. */
export function linesText(lines: Lines, first: number, last: number = first): string {
  const { bytes, starts } = lines;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
    'utf8',
    starts[first],
    lineEnd(lines, last),
  );
}

/** How many bytes a byte order mark takes at the beginning: 3 or 0. */
export const bomSize = (bytes: Uint8Array): 0 | 3 =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
