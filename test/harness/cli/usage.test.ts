import { describe, expect, it } from 'vitest';
import { stale } from '../../../scripts/lint/usage.ts';
import { iu, startIu } from '../support/index.ts';

describe('the command line', () => {
  it("shows the same usage in README.md and in every verb's page as --help does", async () => {
    expect(await stale(), 'run npm run docs').toEqual([]);
  });

  it('lists every verb and the exit codes', async () => {
    const { stdout, exitCode } = await startIu(['--help']);
    expect(exitCode).toBe(0);
    for (const word of ['prove', 'status', 'migrate', 'rollback', 'Exit codes', '70 a bug'])
      expect(stdout).toContain(word);
  });

  it.each([
    [['frobnicate'], 'frobnicate'],
    [['migrate', '--targte', 'x'], '--targte'],
    [['rollback', '--to', 'three'], 'whole number'],
  ])('%j is a usage error that says what is wrong and what to do', async (args, word) => {
    const { code, report } = await iu(args);
    expect(code).toBe(2);
    expect(report).toMatchObject({
      verdict: 'usage',
      findings: [{ code: 'usage', next: expect.stringContaining('--help') }],
    });
    expect(report.findings[0]!.message).toContain(word);
  });

  it('asks for a verb where there is none, and shows the help', async () => {
    const { stdout, stderr, exitCode } = await startIu([]);
    expect(exitCode).toBe(2);
    expect(stdout + stderr).toContain('which verb?');
  });

  it.each([
    ['--target', 'postgresql://u:s3cret'],
    ['--target', 'postgresql:/u:s3cret@h/x'],
    ['--target', 'u:s3cret@h/x'],
    ['--target', 'postgresql://127.0.0.1:1/x?user=u&passwd=s3cret'],
    ['--targt=postgresql://u:s3cret@h/x'],
  ])('never prints the password of a mistyped target: %s %s', async (...args) => {
    const { stdout, stderr, code } = await iu(['status', ...args]);
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain('s3cret');
  });

  it('never prints the password of a URL', async () => {
    const { stdout, stderr, code } = await iu(['status', '--target', 'postgresql://me:s3cret@127.0.0.1:1/x']);
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain('s3cret');
  });
});
