import { type Finding, IuError } from '../report/index.ts';

/**
 * The text of a SQL file. Throws an IuError that names the byte for anything but UTF-8 without a byte order
 * mark and without NUL. Does not normalise: line ends and Unicode forms stay as they are.
 */
export function decodeSql(bytes: Uint8Array, file: string): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    const message = `${file} starts with a byte order mark (EF BB BF), which psql does not strip everywhere`;
    throw refused('byte_order_mark', message, file, 'save it as UTF-8 without BOM');
  }
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const invalid = firstInvalidByte(bytes, text);
  const nul = bytes.indexOf(0);
  if (invalid >= 0 && (nul < 0 || invalid < nul)) {
    const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    const message = `${file} is not UTF-8${utf16 ? ' but looks like UTF-16' : ''}: ${place(bytes, invalid)}`;
    throw refused(
      'not_utf8',
      message,
      file,
      `convert it, for example: iconv -f ${utf16 ? 'UTF-16' : 'WINDOWS-1252'} -t UTF-8`,
    );
  }
  if (nul >= 0) {
    const message = `${file} has a NUL byte: ${place(bytes, nul)}; the parser would stop reading there`;
    throw refused('nul_byte', message, file, 'remove the byte; a text file has none');
  }
  return text;
}

/** Where the decoder put a replacement character for which the file has no such character; -1 if nowhere. */
function firstInvalidByte(bytes: Uint8Array, text: string): number {
  let offset = 0;
  let seen = 0;
  for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', at + 1)) {
    offset += Buffer.byteLength(text.slice(seen, at));
    if (!(bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd)) return offset;
    seen = at;
  }
  return -1;
}

function place(bytes: Uint8Array, offset: number): string {
  const line = bytes.subarray(0, offset).reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 1);
  const hex = bytes[offset]!.toString(16).padStart(2, '0').toUpperCase();
  return `byte 0x${hex} at offset ${offset}, line ${line}`;
}

function refused(code: string, message: string, file: string, next: string): IuError {
  const finding: Finding = { code, message, file, next };
  return new IuError('finding', finding);
}
