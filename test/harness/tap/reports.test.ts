import { Parser } from 'tap-parser';
import { expect, test } from 'vitest';
import { type FileResult, renderJunit, renderTap, testItem } from '../../../scripts/tap/index.ts';
import { judgeFile } from '../../../scripts/tap/result.ts';

const lines = [
  '1..4',
  'ok 1 - <Würde> & "Freiheit"',
  'not ok 2 - a \u001b[31mred\u001b[0m \u0000 name \ud800 ]]>',
  '# Failed test 2',
  '#         have: <b>\u0007',
  '#         want: &',
  'ok 3 # SKIP no court',
  'not ok 4 - later # TODO soon',
];
const trouble = {
  code: 'test_error',
  message: 'b.sql line 3: no <such> table',
  detail: '3 | select "x"\n  | ^',
};
const files: FileResult[] = [
  judgeFile('test/a.sql', { lines, trouble: null }, 123.4),
  judgeFile('test/b.sql', { lines: ['1..3', 'ok 1'], trouble }, 5),
];

/** A strict reader of what XML 1.0 allows here; returns the start tags in order. */
function tags(xml: string): Array<{ name: string; attributes: Record<string, string> }> {
  const found: Array<{ name: string; attributes: Record<string, string> }> = [];
  const open: string[] = [];
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what may not be there
  expect(body).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
  expect(body.isWellFormed()).toBe(true);
  const rest = body.replace(/<(\/?)(\w+)((?: \w+="[^"<]*")*)(\/?)>/g, (_, end, name, attributes, empty) => {
    if (end) expect(open.pop()).toBe(name);
    else found.push({ name, attributes: Object.fromEntries(pairs(attributes)) });
    if (!end && !empty) open.push(name);
    return '';
  });
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]|&(?!(amp|lt|gt|quot|#10|#9);)/);
  return found;
}

const pairs = (text: string): Array<[string, string]> =>
  [...text.matchAll(/ (\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]);

test('JUnit is well-formed XML with one suite per file', () => {
  const found = tags(renderJunit(files));
  const suites = found.filter(({ name }) => name === 'testsuite').map(({ attributes }) => attributes);
  expect(suites).toMatchObject([
    { name: 'test/a.sql', tests: '4', failures: '1', errors: '0', skipped: '2', time: '0.123' },
    { name: 'test/b.sql', tests: '3', failures: '0', errors: '2', skipped: '0' },
  ]);
  expect(found[0]).toMatchObject({
    name: 'testsuites',
    attributes: { tests: '7', failures: '1', errors: '2' },
  });
  const names = found.map(({ name }) => name);
  expect(names.filter((name) => name === 'testcase')).toHaveLength(7);
  expect(renderJunit(files)).toContain('a \\x1b[31mred\\x1b[0m \\x00 name \ufffd ]]&gt;');
});

test('TAP reads back: one subtest per file, failed files not ok', () => {
  const parser = new Parser();
  const inner: string[] = [];
  const outer: Array<[boolean, string]> = [];
  parser.on('child', (child) => child.on('assert', (one: { name: string }) => inner.push(one.name)));
  parser.on('assert', ({ ok, name }) => outer.push([ok, name]));
  parser.end(renderTap(files, []));
  expect(outer).toEqual([
    [false, 'test/a.sql'],
    [false, 'test/b.sql'],
  ]);
  expect(inner).toHaveLength(5);
  expect(parser.results).toMatchObject({ count: 2, fail: 2, plan: { start: 1, end: 2 } });
});

test('TAP of a run that bailed out ends with it', () => {
  const bailed = judgeFile('a.sql', { lines: ['1..2', 'ok 1', 'Bail out! fire'], trouble: null }, 1);
  const text = renderTap([bailed], ['b.sql']);
  expect(text.split('\n').slice(-2)).toEqual(['Bail out! fire', '']);
  expect(text).toContain('1..2\n');
});

test('a JSON item has the documented fields and no others', () => {
  expect(Object.keys(testItem(files[0]!))).toEqual([
    'file',
    'ok',
    'planned',
    'passed',
    'failed',
    'skipped',
    'todo',
    'seconds',
    'failures',
  ]);
});

test('subtests, YAML and TAP 14 are read', () => {
  const text = `TAP version 14
1..2
# Subtest: articles
    ok 1 - one
    not ok 2 - two
      ---
      have: 1
      ...
    1..2
not ok 1 - articles
ok 2 - the rest`;
  const result = judgeFile('a.sql', { lines: text.split('\n'), trouble: null }, 1);
  expect(result).toMatchObject({ planned: 2, passed: 1, failed: 1 });
  expect(result.failures[0]!.diagnostics).toMatch(/not ok 2 - two[\s\S]*"have": 1/);
});
