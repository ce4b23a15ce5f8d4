import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ARTICLES, makeProject, startIu, until } from '../support/index.ts';

/** A directory for clusters of the calling test's own. */
function clusters(): string {
  const made = mkdtempSync('/tmp/iu-signal-');
  chmodSync(made, 0o755);
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

describe('a signal while iu works', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s removes the server and says so', async (signal, code) => {
    const folder = clusters();
    const run = startIu(['prove'], makeProject([ARTICLES]), { TMPDIR: folder });
    let printed = '';
    run.stdout.on('data', (text) => {
      printed += text;
    });
    await until('the server to be up', async () => printed.includes('PostgreSQL 18'));
    expect(readdirSync(folder).filter((name) => name.startsWith('iu-pg-'))).toHaveLength(1);
    process.kill(run.pid!, signal);
    const { exitCode, stderr } = await run;
    expect(exitCode).toBe(code);
    expect(stderr).toContain(signal);
    expect(readdirSync(folder).filter((name) => name.startsWith('iu-pg-'))).toEqual([]);
  });
});
