import { scanSync } from 'libpg-query';
import pg from 'pg';

/** psql's variables while one file is read. */
export type Variables = Map<string, string>;

interface Scanned {
  start: number;
  end: number;
  text: string;
}

/**
 * `text` with :name, :'name' and :"name" replaced where the variable is set, as psql does: outside of quotes
 * and comments, and never for `::` and `:=`. A name that is not set stays as it is (a slice `a[1:n]` has the
 * same form). A text that the scanner refuses comes back unchanged: the parser says what is wrong with it.
 * Asks libpg-query's scanner; its parser module must have been loaded.
 */
export function interpolate(text: string, variables: Variables): string {
  if (variables.size === 0 || !/:['"\p{L}_]/u.test(text)) return text;
  const tokens = scan(text);
  const bytes = Buffer.from(text);
  const parts: Uint8Array[] = [];
  let done = 0;
  for (const [index, token] of tokens.entries()) {
    const name = tokens[index + 1];
    if (token.text !== ':' || !name || name.start !== token.end) continue;
    const value = lookUp(bytes.subarray(name.start, name.end).toString(), variables);
    if (value === null) continue;
    parts.push(bytes.subarray(done, token.start), Buffer.from(value));
    done = name.end;
  }
  return Buffer.concat([...parts, bytes.subarray(done)]).toString();
}

/** The words of a meta-command's line: quotes taken off, and variables put in outside of single quotes. */
export function words(line: string, variables: Variables): string[] {
  return [...line.matchAll(/'((?:[^'\\]|''|\\.)*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) => {
    if (single !== undefined) return single.replace(/''|\\(.)/g, (_, escaped) => unescaped(escaped));
    if (double !== undefined) return double;
    return bare!.replace(/:('[^']*'|"[^"]*"|\w+)/g, (whole, name) => lookUp(name, variables) ?? whole);
  });
}

/** A character after a backslash, as psql reads it within single quotes; a doubled quote is one. */
const unescaped = (character: string | undefined): string =>
  ({ n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' })[character ?? "'"] ?? character ?? "'";

function lookUp(name: string, variables: Variables): string | null {
  const quote = /^['"]/.exec(name)?.[0];
  const value = variables.get(quote ? name.slice(1, -1) : name);
  if (value === undefined) return null;
  if (quote === "'") return pg.escapeLiteral(value);
  return quote ? pg.escapeIdentifier(value) : value;
}

/** Offsets are bytes of the UTF-8 text. libpg-query's JSON cannot carry control characters: `_` stands for them. */
function scan(text: string): Scanned[] {
  try {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
    return scanSync(text.replace(/[\u0001-\u0008\u000b\u000c\u000e-\u001f]/g, '_')).tokens;
  } catch {
    return [];
  }
}
