import { labelText } from './address.ts';

/** What a regular expression may have so that PostgreSQL and JavaScript read it alike. */
const PORTABLE = /^(?:[^\\()]|\\[dsw.()[\]{}*+?^$|\\/-]|\((?:\?:)?(?!\?)|\))*$/;

/**
 * The pattern of a profile. It is matched against a title in NFC with every space of Unicode as a blank; `\d`,
 * `\s` and `\w` know ASCII only, `^` and `$` are the ends of the title. Returns what is wrong instead of
 * throwing. Alternatives of which one begins another are PostgreSQL's longest and JavaScript's first: write
 * none.
 */
export function compilePattern(pattern: string, groups: 0 | 1): RegExp | string {
  if (!PORTABLE.test(pattern))
    return 'has a construct that PostgreSQL and JavaScript do not share: no (?…) but (?:…), no back-reference, no escape but \\d \\s \\w and of punctuation';
  if (/[*+?}]\?/.test(pattern.replace(/\\./g, 'x')))
    return 'has a lazy quantifier, which PostgreSQL reads otherwise';
  try {
    const source = asciiSpaces(labelText(pattern));
    const compiled = new RegExp(source, 'su');
    const found = new RegExp(`${source}|`, 'su').exec('')!.length - 1;
    if (groups === 1 && found !== 1) return `has ${found} capturing groups; it takes one, the number`;
    return compiled;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** `\s` as PostgreSQL has it in the locale C, in and out of brackets. */
function asciiSpaces(pattern: string): string {
  let inBrackets = false;
  return pattern.replace(/\\.|[[\]]/gu, (part) => {
    if (part === '[' || part === ']') inBrackets = part === '[';
    if (part !== '\\s') return part;
    return inBrackets ? ' \\t-\\r' : '[ \\t-\\r]';
  });
}
