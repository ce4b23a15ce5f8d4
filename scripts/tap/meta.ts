import { type Variables, words } from './variables.ts';

/** What a psql meta-command does to the reading of a test file. */
export type Effect =
  | { kind: 'nothing' }
  | { kind: 'echo'; text: string }
  | { kind: 'include'; path: string; relative: boolean }
  | { kind: 'refused'; why: string };

const NOTHING: Effect = { kind: 'nothing' };
const refused = (why: string): Effect => ({ kind: 'refused', why });
const isOff = (value: string | undefined) => /^(off|false|no|0|f|n)$/i.test(value ?? '');

/**
 * Does what the meta-command on `line` (from its backslash on) asks for: sets and unsets `variables` itself,
 * and says what else it means. What psql would do otherwise than this runner is refused, with the reason.
 */
export function obey(line: string, variables: Variables): Effect {
  const [, command = '', rest = ''] = /^\\(\S+)\s*(.*)$/s.exec(line.trimEnd()) ?? [];
  const [first, ...more] = words(rest, variables);
  switch (command) {
    case 'set':
      if (first === undefined) return refused('without a name it lists the variables');
      return set(first, more.join(''), variables);
    case 'unset':
      if (first === 'ON_ERROR_STOP') return refused(STOPS);
      if (first) variables.delete(first);
      return NOTHING;
    case 'echo':
      return { kind: 'echo', text: [first, ...more].join(' ') };
    case 'i':
    case 'include':
    case 'ir':
    case 'include_relative':
      if (first === undefined) return refused('it names no file');
      return { kind: 'include', path: first, relative: command.includes('r') };
    case 'pset':
      return pset(first, more[0]);
    // How psql prints: results are taken here as unaligned tuples, without a time.
    case 't':
    case 'a':
    case 'timing':
      return NOTHING;
    default:
      return refused('this runner does not know it');
  }
}

const STOPS = 'here a test ends at its first error';

function set(name: string, value: string, variables: Variables): Effect {
  if (name === 'ON_ERROR_STOP' && isOff(value)) return refused(STOPS);
  if (name === 'AUTOCOMMIT' && isOff(value)) return refused('write BEGIN instead');
  variables.set(name, value);
  return NOTHING;
}

function pset(what: string | undefined, value: string | undefined): Effect {
  const harmless =
    what === 'pager' ||
    (what === 'format' && value === 'unaligned') ||
    (['tuples_only', 't'].includes(what ?? '') && !isOff(value));
  return harmless ? NOTHING : refused('results are read as unaligned tuples');
}
