import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ARTICLES, makeProject, startIu, until } from '../support/index.ts';

const clustersOf = (pid: number) => readdirSync(tmpdir()).filter((name) => name.startsWith(`iu-pg-${pid}-`));

describe('a signal while iu works', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s removes the server and says so', async (signal, code) => {
    const run = startIu(['prove'], makeProject([ARTICLES]));
    let printed = '';
    run.stdout.on('data', (text) => {
      printed += text;
    });
    await until('the server to be up', async () => printed.includes('PostgreSQL 18'));
    expect(clustersOf(run.pid!)).toHaveLength(1);
    process.kill(run.pid!, signal);
    const { exitCode, stderr } = await run;
    expect(exitCode).toBe(code);
    expect(stderr).toContain(signal);
    expect(clustersOf(run.pid!)).toEqual([]);
  });
});
