import { visible } from '../report/index.ts';
import type { Test } from './output.ts';
import type { FileResult } from './result.ts';

/** The run as JUnit XML: one testsuite per file, one testcase per test, an error where the file broke off. */
export function renderJunit(files: FileResult[]): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes(total(files))}>`,
    ...files.flatMap(suite),
    '</testsuites>',
    '',
  ].join('\n');
}

function suite(result: FileResult): string[] {
  const known = new Set(result.tests.map(({ n }) => n));
  return [
    `  <testsuite${attributes({ name: result.file, ...numbers(result) })}>`,
    ...result.tests.flatMap((test) => testcase(result.file, test)),
    // What is no test that ran: tests that did not, no plan, an error, a crash.
    ...result.failures
      .filter(({ n }) => n === null || !known.has(n))
      .flatMap(({ name, diagnostics }) => [
        `    <testcase${attributes({ classname: result.file, name })}>`,
        `      <error${attributes({ message: name })}>${xml(diagnostics)}</error>`,
        '    </testcase>',
      ]),
    '  </testsuite>',
  ];
}

function testcase(file: string, { n, name, outcome, reason, diagnostics }: Test): string[] {
  const open = `    <testcase${attributes({ classname: file, name: `${n} - ${name}` })}`;
  if (outcome === 'passed') return [`${open}/>`];
  const inner =
    outcome === 'failed'
      ? `<failure${attributes({ message: name })}>${xml(diagnostics)}</failure>`
      : `<skipped${attributes({ message: [outcome === 'todo' ? 'to do' : '', reason].filter(Boolean).join(': ') })}/>`;
  return [`${open}>`, `      ${inner}`, '    </testcase>'];
}

function numbers(result: FileResult): Record<string, number> {
  const known = new Set(result.tests.map(({ n }) => n));
  const errors = result.failures.filter(({ n }) => n === null || !known.has(n)).length;
  return {
    tests: result.tests.length + errors,
    failures: result.tests.filter(({ outcome }) => outcome === 'failed').length,
    errors,
    skipped: result.skipped + result.todo,
    time: result.seconds,
  };
}

function total(files: FileResult[]): Record<string, number> {
  const all = files.map(numbers);
  const keys = ['tests', 'failures', 'errors', 'skipped', 'time'];
  return Object.fromEntries(
    keys.map((key) => [key, Number(all.reduce((sum, one) => sum + one[key]!, 0).toFixed(3))]),
  );
}

const attributes = (values: Record<string, string | number>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${xml(String(value))}"`)
    .join('');

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** XML 1.0 has no control characters, not even escaped, no lone surrogates and no U+FFFE, U+FFFF. */
const xml = (text: string): string =>
  visible(text)
    .toWellFormed()
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"\n\t]/g, (character) => ENTITIES[character]!);
