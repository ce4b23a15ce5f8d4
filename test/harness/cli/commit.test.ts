import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARTICLES, iu, makeProject, REAL_PROJECT } from '../support/index.ts';

const COMMITTED = 'migrations/committed/000001-keep-articles.sql';

/** A project with nothing committed yet and one migration being written, its function in a file of its own. */
function writing(body: string): string {
  const project = makeProject([], {
    'migrations/current/1-current.sql': body,
    'migrations/fixtures/functions/fn_motto.sql':
      'create function public.fn_motto() returns text language sql return $$Einigkeit und Recht und Freiheit$$;\n',
  });
  cpSync(join(REAL_PROJECT, '.gmrc'), join(project, '.gmrc'));
  return project;
}

const BODY = `--! Title: Keep articles\n\n${ARTICLES.up.replace('reset role;', '--!include functions/fn_motto.sql\n\nreset role;')}\n`;

describe('commit and uncommit', () => {
  it('makes the next committed migration without a PostgreSQL on the machine, and takes it back', async () => {
    const project = writing(BODY);
    const { report } = await iu(['commit', 'keep articles'], project);
    expect(report).toMatchObject({ exit: 0, items: [{ file: COMMITTED }] });
    const text = readFileSync(join(project, COMMITTED), 'utf8');
    expect(text).toContain('--! Title: Keep articles');
    expect(text).toContain('Einigkeit und Recht und Freiheit');

    mkdirSync(join(project, 'rollback'), { recursive: true });
    writeFileSync(
      join(project, 'rollback/000001-keep-articles.sql'),
      '--! Title: undo\n\nset local role workflow_admin;\ndrop function public.fn_motto();\ndrop table public.article;\nreset role;\n',
    );
    const proof = await iu(['prove', '--receipt', join(project, 'out')], project);
    expect(proof.report).toMatchObject({ verdict: 'proven', exit: 0 });

    expect((await iu(['uncommit'], project)).code).toBe(0);
    expect(existsSync(join(project, COMMITTED))).toBe(false);
    expect(readFileSync(join(project, 'migrations/current/1-current.sql'), 'utf8')).toContain(
      '--!include functions/fn_motto.sql',
    );
  });

  it('commits nothing that does not run, and says why', async () => {
    const project = writing(BODY.replace('number text', 'number txt'));
    const { report } = await iu(['commit', 'keep articles'], project);
    expect(report).toMatchObject({ exit: 1, findings: [{ code: 'not_committed' }] });
    expect(report.findings[0]!.message).toContain('txt');
    expect(existsSync(join(project, COMMITTED))).toBe(false);
  });

  it('refuses to work on a real server', async () => {
    const { report } = await iu(['commit', 'x', '--target', 'postgresql://me@127.0.0.1:1/x'], writing(BODY));
    expect(report).toMatchObject({ exit: 2, findings: [{ code: 'not_disposable' }] });
  });
});
