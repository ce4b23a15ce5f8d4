import { expect, it } from 'vitest';
import { problemsOf } from '../../../scripts/cut-run/index.ts';

const refused = (detail: unknown) => ({
  code: 'manifest_refused',
  message: 'IU062 manifest_refused: 2 problems',
  next: 'mark it again',
  detail: JSON.stringify(detail),
});

it('makes one finding of each problem of a manifest: what, where, what next', () => {
  const problems = [
    { check: 'bodies', address: 'A-B/C', line: 3, byte: 17, problem: 'its body has another sha256' },
    { check: 'size', address: null, line: null, byte: null, problem: 'more than cutter.max_units' },
  ];
  expect(problemsOf(refused({ problems }), 'a.md')).toEqual([
    {
      code: 'manifest_refused',
      message: 'bodies: its body has another sha256 (line 3, byte 17)',
      file: 'a.md',
      object: 'A-B/C',
      next: 'mark it again',
    },
    {
      code: 'manifest_refused',
      message: 'size: more than cutter.max_units',
      file: 'a.md',
      next: 'mark it again',
    },
  ]);
});

it('counts the problems beyond a hundred, and tells any other detail line by line', () => {
  const many = Array.from({ length: 250 }, () => ({ check: 'bodies', problem: 'x' }));
  const findings = problemsOf(refused({ problems: many }));
  expect([findings.length, findings.at(-1)!.message]).toEqual([101, 'and 150 more problems of this kind']);
  const other = { code: 'run_open', message: 'IU061', detail: '{"run_id": "r", "seen": [1]}' };
  expect(problemsOf(other)).toEqual([{ ...other, detail: 'run_id: r\nseen: [1]' }]);
  expect(problemsOf({ code: 'x', message: 'y' })).toEqual([{ code: 'x', message: 'y' }]);
});
