import { Parser, type Result } from 'tap-parser';

/** One test point of a file, with the comment lines that follow it. */
export interface Test {
  n: number;
  name: string;
  outcome: 'passed' | 'failed' | 'skipped' | 'todo';
  /** Why it is skipped or to do, where that was said. */
  reason: string | null;
  diagnostics: string;
}

/** What failed; `n` is null where it is not one test but the file: no plan, an error, a crash. */
export interface Failure {
  n: number | null;
  name: string;
  diagnostics: string;
}

/** What the lines of one file say. */
export interface Output {
  tests: Test[];
  /** Null where the file has no plan. */
  planned: number | null;
  /** Planned tests that did not run count as failed. */
  failed: number;
  failures: Failure[];
  /** The reason of a `Bail out!`, else null. */
  bailedOut: string | null;
}

/**
 * Reads TAP 13 or 14: subtests, TODO, SKIP, YAML diagnostics, a plan at either end. The tests are those of the
 * outer level; what failed within a subtest stands in the diagnostics of the test that closes it. Lines that
 * are no TAP are passed over. No plan, too few and too many tests are failures.
 */
export function readOutput(text: string): Output {
  const parser = new Parser();
  const { tests } = listen(parser);
  parser.end(text);
  const { start, end } = parser.results!.plan;
  const planned = start === null || text.trim() === '' ? null : (end ?? 0) - start + 1;
  const failures: Failure[] = tests.filter(({ outcome }) => outcome === 'failed');
  const missing = planned === null ? [] : missingOf(tests, planned);
  if (missing.length > 0) failures.push(didNotRun(missing, planned!));
  if (planned === null) failures.push({ n: null, name: 'no plan', diagnostics: NO_PLAN });
  return {
    tests,
    planned,
    failed: tests.filter(({ outcome }) => outcome === 'failed').length + missing.length,
    failures: failures.map(({ n, name, diagnostics }) => ({ n, name, diagnostics })),
    bailedOut: parser.bailedOut === false ? null : String(parser.bailedOut),
  };
}

const NO_PLAN = 'neither plan(n) nor finish() printed how many tests there are';

/** Remarks of pgTAP and of the parser that say what counts and names say already. */
const REMARK = /^# (Looks like you|test count\(|Subtest: )/;

/** One level of the output: its tests, and the comments before the first of them. */
interface Level {
  tests: Test[];
  remarks: string[];
}

/** Collects what stands on one level while the parser reads. */
function listen(parser: Parser): Level {
  const level: Level = { tests: [], remarks: [] };
  let inner: Level | undefined;
  let last: Test | undefined;
  const add = (line: string) => {
    if (last) last.diagnostics += `${last.diagnostics ? '\n' : ''}${line}`;
    else level.remarks.push(line);
  };
  parser.on('child', (child: Parser) => {
    inner = listen(child);
  });
  parser.on('assert', (result: Result) => {
    last = testOf(result);
    level.tests.push(last);
    if (inner && last.outcome === 'failed') failuresOf(inner).forEach(add);
    inner = undefined;
    if (result.diag) add(JSON.stringify(result.diag, null, 2));
  });
  parser.on('comment', (line: string) => {
    if (!REMARK.test(line)) add(line.trimEnd().replace(/^# ?/, ''));
  });
  return level;
}

/** What a subtest says, for the failed test that closes it: its failures, and every comment. */
const failuresOf = ({ tests, remarks }: Level): string[] => [
  ...remarks,
  ...tests.flatMap(({ n, name, outcome, diagnostics }) => [
    ...(outcome === 'failed' ? [`not ok ${n} - ${name}`] : []),
    ...(diagnostics ? [diagnostics.replace(/^/gm, '  ')] : []),
  ]),
];

function testOf({ id, name, ok, todo, skip, tapError }: Result): Test {
  const outcome = tapError ? 'failed' : skip ? 'skipped' : todo ? 'todo' : ok ? 'passed' : 'failed';
  const reason = [skip, todo].find((said) => typeof said === 'string');
  return { n: id, name, outcome, reason: reason ? String(reason) : null, diagnostics: tapError ?? '' };
}

function missingOf(tests: Test[], planned: number): number[] {
  const seen = new Set(tests.map(({ n }) => n));
  return Array.from({ length: planned }, (_, index) => index + 1).filter((n) => !seen.has(n));
}

function didNotRun(missing: number[], planned: number): Failure {
  const range = missing.length === 1 ? `test ${missing[0]}` : `tests ${missing[0]} to ${missing.at(-1)}`;
  const diagnostics = `planned ${planned}, of which ${missing.length} did not run`;
  return { n: missing[0]!, name: `${range} did not run`, diagnostics };
}
