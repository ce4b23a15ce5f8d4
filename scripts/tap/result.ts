import { duration, type Finding } from '../report/index.ts';
import { type Failure, readOutput, type Test } from './output.ts';
import type { Ran } from './run.ts';

/** What `--json` says of a test file. */
export interface TestItem {
  file: string;
  ok: boolean;
  /** Null where the file has no plan. */
  planned: number | null;
  passed: number;
  /** Planned tests that did not run are among them. */
  failed: number;
  skipped: number;
  todo: number;
  seconds: number;
  failures: Failure[];
}

/** A test file that was run, or refused. */
export interface FileResult extends TestItem {
  tests: Test[];
  /** What it printed. */
  lines: string[];
  findings: Finding[];
  bailedOut: string | null;
}

/** Judges what a file printed, and what ended it. */
export function judgeFile(file: string, { lines, trouble }: Ran, milliseconds: number): FileResult {
  const { tests, planned, failed, failures: said, bailedOut } = readOutput(lines.join('\n'));
  const failures = trouble ? [...said.filter(({ n }) => n !== null), failureOf(trouble)] : said;
  if (bailedOut !== null) {
    failures.push({ n: null, name: `bailed out: ${bailedOut}`, diagnostics: 'no further file was started' });
  }
  const count = (outcome: Test['outcome']) => tests.filter((test) => test.outcome === outcome).length;
  const result = {
    file,
    ok: failures.length === 0,
    planned,
    passed: count('passed'),
    failed,
    skipped: count('skipped'),
    todo: count('todo'),
    seconds: Number((milliseconds / 1000).toFixed(3)),
    failures,
    tests,
    lines,
    bailedOut,
  };
  return { ...result, findings: [...(trouble ? [trouble] : []), ...failedTests(result, trouble !== null)] };
}

/** A file that was not run, and why. */
export function refusedFile(file: string, findings: Finding[]): FileResult {
  const failures = findings.map(failureOf);
  const none = { planned: null, passed: 0, failed: 0, skipped: 0, todo: 0, seconds: 0, tests: [], lines: [] };
  return { file, ok: false, ...none, failures, findings, bailedOut: null };
}

/** The same result with something that went wrong after the file. */
export const addTrouble = (result: FileResult, finding: Finding): FileResult => ({
  ...result,
  ok: false,
  failures: [...result.failures, failureOf(finding)],
  findings: [...result.findings, finding],
});

/** What goes into the one JSON shape. */
export const testItem = (result: FileResult): TestItem => {
  const { tests: _, lines: __, findings: ___, bailedOut: ____, ...item } = result;
  return item;
};

/** One line for people: `test/pgtap/units.sql ......... 14 passed, 1 todo  182 ms`. */
export function describeFile({ file, ok, passed, failed, skipped, todo, seconds }: FileResult): string {
  const counts = [
    ok ? null : failed > 0 ? `${failed} FAILED` : 'FAILED',
    `${passed} passed`,
    skipped > 0 ? `${skipped} skipped` : null,
    todo > 0 ? `${todo} to do` : null,
  ].filter((count) => count !== null);
  const dots = '.'.repeat(Math.max(3, 58 - file.length));
  return `  ${file} ${dots} ${counts.join(', ')}  ${duration(seconds * 1000)}`;
}

const failureOf = ({ message, detail }: Finding): Failure => ({
  n: null,
  name: message,
  diagnostics: detail ?? '',
});

/** One finding for all failed tests of a file; tests that an error kept from running are not its subject. */
function failedTests(result: Omit<FileResult, 'findings'>, troubled: boolean): Finding[] {
  const { file, planned, failed, tests } = result;
  const ran = new Set(tests.map(({ n }) => n));
  const shown = result.failures.filter(({ n }) => (troubled ? n !== null && ran.has(n) : true));
  if (shown.length === 0) return [];
  const message =
    failed > 0
      ? `${file}: ${failed} of ${planned ?? tests.length} tests failed`
      : `${file}: ${shown[0]!.name}`;
  const detail = shown
    .map(({ n, name, diagnostics }) =>
      [`not ok${n === null ? '' : ` ${n}`} - ${name}`, diagnostics.replace(/^(?=.)/gm, '  ')]
        .filter(Boolean)
        .join('\n'),
    )
    .join('\n');
  return [{ code: 'test_failed', message, file, detail, next: `npm run iu -- test ${file}` }];
}
