import { isUtf8 } from 'node:buffer';
import { refused } from './refusal.ts';

const hex = (byte: number) => `0x${byte.toString(16).padStart(2, '0').toUpperCase()}`;

/**
 * Refuses what is no text that PostgreSQL can keep: nothing at all, a NUL, bytes that are not UTF-8. The
 * first bad byte of any kind is named by its offset (from 0) and its line (from 1; LF, CRLF and lone CR end
 * one). A byte order mark is text.
 */
export function assertText(bytes: Uint8Array, file: string): void {
  if (bytes.length === 0)
    throw refused('empty_file', `${file} is empty: there is nothing to cut`, file, 'give a file with text');
  const nul = bytes.indexOf(0);
  const invalid = isUtf8(bytes) ? -1 : firstInvalid(bytes);
  if (invalid >= 0 && (nul < 0 || invalid < nul)) throw notUtf8(bytes, invalid, file);
  if (nul >= 0) {
    const message = `${file} has a NUL byte: ${place(bytes, nul)}; PostgreSQL keeps no text with NUL`;
    throw refused('nul_byte', message, file, 'remove the byte, or convert the file if it is no text');
  }
}

function notUtf8(bytes: Uint8Array, offset: number, file: string) {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const looks = utf16 ? ' but looks like UTF-16' : '';
  const next = utf16
    ? 'convert it: iconv -f UTF-16 -t UTF-8'
    : 'find out its encoding and convert it, for example: iconv -f WINDOWS-1258 -t UTF-8';
  return refused('not_utf8', `${file} is not UTF-8${looks}: ${place(bytes, offset)}`, file, next);
}

function place(bytes: Uint8Array, offset: number): string {
  let line = 1;
  for (let at = 0; at < offset; at++)
    if (bytes[at] === 0x0a || (bytes[at] === 0x0d && bytes[at + 1] !== 0x0a)) line++;
  return `byte ${hex(bytes[offset]!)} at offset ${offset}, line ${line}`;
}

/**
 * The offset of the first byte that begins no well-formed character (Unicode, table 3-7): lone, overlong,
 * surrogate, above U+10FFFF or cut short; -1 if there is none.
 */
export function firstInvalid(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; ) {
    const size = characterSize(bytes, at);
    if (size === 0) return at;
    at += size;
  }
  return -1;
}

function characterSize(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  const second = bytes[at + 1] ?? 0;
  if (second < lowest || second > highest) return 0;
  for (let next = at + 2; next < at + size; next++) {
    const byte = bytes[next] ?? 0;
    if (byte < 0x80 || byte > 0xbf) return 0;
  }
  return size;
}
