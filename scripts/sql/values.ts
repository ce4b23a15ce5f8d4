import type { Finding } from '../report/index.ts';
import { findingAt, type Source } from './findings.ts';
import type { HeaderLine } from './headers.ts';
import { type HeaderKey, KEYS, nearest } from './keys.ts';
import { parseSql } from './parser.ts';

/** What is wrong with a header's value, or null. Whether what it names exists is not asked. */
export function checkValue(source: Source, line: HeaderLine, key: HeaderKey, value: string): Finding | null {
  const rule = KEYS[key].value;
  if (rule === 'select') return checkSelect(source, line, key, value);
  const problem = Array.isArray(rule)
    ? named(rule, value)
    : rule === 'list'
      ? list(value)
      : path(rule, value);
  if (!problem) return null;
  const [what, next] = problem;
  return findingAt(source, line.valueOffset, 'header_value', `header ${key}: ${what}`, next);
}

type Problem = [what: string, next: string] | null;

function path(rule: string | string[], value: string): Problem {
  if (rule !== 'runtime file' || /^runtime\/\d{3}_[a-z0-9_]+\.sql$/.test(value)) return null;
  return [`"${value}" is no runtime file`, 'write it as runtime/009_verify.sql'];
}

function list(value: string): Problem {
  const items = value.split(',').map((item) => item.trim());
  const bad = items.find((item) => !/^[A-Za-z0-9_][A-Za-z0-9_.:-]*$/.test(item) || item.endsWith('.sql'));
  if (bad !== undefined) {
    const path = /^(?:.*\/)?([^/]+)\.sql$/.exec(bad)?.[1];
    const next = path
      ? `write ${path}: a file is named without folder and .sql`
      : 'write names with commas between them: gates (SG_1) and files without folder and .sql (002_vocabulary)';
    return [bad === '' ? 'an empty item' : `"${bad}" names neither a gate nor a file`, next];
  }
  const twice = items.find((item, index) => items.indexOf(item) !== index);
  return twice === undefined ? null : [`${twice} is there twice`, 'name it once'];
}

/** `<class> <schema>.<name>`, the name as SQL writes it (quoted where it must be). */
function named(classes: string[], value: string): Problem {
  const [, word = '', object = ''] = /^(\S+)\s*(.*)$/.exec(value) ?? [];
  if (!classes.includes(word)) {
    const near = nearest(word, classes) ?? classes[0];
    return [`"${word}" is nothing it can name (known: ${classes.join(', ')})`, `write "${near} public.name"`];
  }
  return qualified(object) ? null : [`"${object}" is no qualified name`, `write "${word} public.name"`];
}

function qualified(object: string): boolean {
  const parsed = parseSql(`table ${object}`);
  if (!Array.isArray(parsed) || parsed.length !== 1) return false;
  const from = (parsed[0]!.node as { fromClause?: Array<{ RangeVar?: { schemaname?: string } }> }).fromClause;
  return from?.length === 1 && from[0]!.RangeVar?.schemaname !== undefined && /^[^\s]*$/.test(object);
}

function checkSelect(source: Source, line: HeaderLine, key: HeaderKey, value: string): Finding | null {
  const parsed = parseSql(value);
  const next = 'write one SELECT that returns true, on this one line';
  if (!Array.isArray(parsed)) {
    const what = `header ${key}: ${parsed.message}`;
    return findingAt(source, line.valueOffset + parsed.offset, 'header_value', what, next);
  }
  const odd = parsed.find((statement) => statement.kind !== 'SelectStmt') ?? parsed[1];
  if (
    parsed.length === 1 &&
    !odd &&
    !/"(?:(?:Insert|Update|Delete|Merge)Stmt|intoClause)":/.test(JSON.stringify(parsed))
  ) {
    return null;
  }
  const what = `header ${key} must be one SELECT that changes nothing`;
  return findingAt(source, line.valueOffset + (odd?.offset ?? 0), 'header_value', what, next);
}
