import { setFlagsFromString } from 'node:v8';
import { hasSqlDetails, loadModule, parseSync, scanSync } from 'libpg-query';

/*
 * The one place that talks to libpg-query, PostgreSQL's own scanner and grammar. It counts in UTF-8 bytes
 * (errors: in code points); everything that leaves this module counts as JavaScript strings do.
 */

/** One token of the scanner; comments are tokens too. */
export interface Token {
  text: string;
  offset: number;
  end: number;
  comment: boolean;
}

/** One statement of the grammar: the stretch of text it was said to cover (comments may be in it), and its node. */
export interface Parsed {
  offset: number;
  length: number;
  kind: string;
  node: unknown;
}

/** What the parser refused, and the index into the text where. */
export interface ParserError {
  message: string;
  offset: number;
  /** It is no syntax error: the parser could not cope. */
  gaveUp?: true;
}

/** Must have been awaited once before anything of sql/ parses. */
export async function loadParser(): Promise<void> {
  // V8 would compile the grammar's hot functions a second time, beside us and with all optimisations: that takes
  // longer than what we have to parse (of `iu status`, nearly half of all CPU time).
  for (const flag of ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);
  await loadModule();
}

/** Statements of `text`, or the first error; empty statements are none. Throws (a bug) if the parser is not loaded. */
export function parseSql(text: string): Parsed[] | ParserError {
  if (text === '') return [];
  try {
    const index = fromBytes(text);
    return (parseSync(text).stmts ?? []).map((raw) => {
      const [kind, node] = Object.entries(raw.stmt as object)[0] as [string, unknown];
      const start = raw.stmt_location ?? 0;
      const end = raw.stmt_len ? index(start + raw.stmt_len) : text.length;
      return { offset: index(start), length: end - index(start), kind, node };
    });
  } catch (error) {
    return explainParse(text, error);
  }
}

/** Every token of `text`, comments included; null if the scanner refuses it. */
export function scanSql(text: string): Token[] | null {
  if (text === '') return [];
  try {
    const index = fromBytes(text);
    return scanSync(withoutControls(text)).tokens.map((token) => {
      const [offset, end] = [index(token.start), index(token.end)];
      const comment = token.tokenName === 'SQL_COMMENT' || token.tokenName === 'C_COMMENT';
      return { text: text.slice(offset, end), offset, end, comment };
    });
  } catch {
    return null;
  }
}

/**
 * libpg-query writes control characters into its JSON unescaped. They can stand only inside constants,
 * quoted names and comments (the grammar refuses them elsewhere), or, for vertical tab and form feed, as white space: a
 * stand-in of the same length leaves every token where it is.
 */
const withoutControls = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
  text.replace(/[\v\f]/g, ' ').replace(/[\u0001-\u0008\u000e-\u001f]/g, '_');

/** A function from UTF-8 byte offsets in `text`, each at the start of a character or the end, to indexes into the string. */
function fromBytes(text: string): (byte: number) => number {
  // Where each stretch of ASCII begins, in bytes, and by how much bytes are ahead of the string there.
  const starts = [0];
  const ahead = [0];
  for (const { 0: wide, index } of text.matchAll(/[^\0-\x7f]/gu)) {
    const size = Buffer.byteLength(wide);
    starts.push(index + ahead.at(-1)! + size);
    ahead.push(ahead.at(-1)! + size - wide.length);
  }
  return (byte) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= byte) low = middle;
      else high = middle;
    }
    return Math.min(byte - ahead[low]!, text.length);
  };
}

/** Stack or memory exhausted, within WebAssembly or while its JSON is read. */
const LIMITS = ['RangeError', 'RuntimeError', 'SyntaxError'];

function explainParse(text: string, error: unknown): ParserError {
  if (!hasSqlDetails(error)) {
    // 20,000 nested expressions are legal for the grammar and too deep for its tree. The rest is a bug of ours.
    if (!(error instanceof Error) || !LIMITS.includes(error.name)) throw error;
    return { message: `the parser gave up: ${error.message}`, offset: 0, gaveUp: true };
  }
  const { message, cursorPosition } = error.sqlDetails!;
  if (message.endsWith('at end of input')) {
    const last = scanSql(text)?.findLast((token) => !token.comment);
    return { message, offset: last?.end ?? text.length };
  }
  if (cursorPosition > 0 || message.includes(' at or near ')) {
    return { message, offset: fromCharacters(text, cursorPosition) };
  }
  return { message, offset: bisect(text, message) };
}

/** The index into the string of the `count`th code point after `start`. */
export function fromCharacters(text: string, count: number, start = 0): number {
  let index = start;
  for (let left = count; left > 0 && index < text.length; left--) {
    index += text.codePointAt(index)! > 0xffff ? 2 : 1;
  }
  return index;
}

/** For the few errors without a position: the end of the shortest beginning of `text` that has the same error. */
function bisect(text: string, message: string): number {
  let [low, high] = [0, text.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (messageOf(text.slice(0, middle)) === message) high = middle;
    else low = middle;
  }
  return low;
}

function messageOf(text: string): string | null {
  try {
    parseSync(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
