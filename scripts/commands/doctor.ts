import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertSound, loadProject } from '../apply/index.ts';
import { type Check, ddlScript, examine, tools, verdict } from '../doctor/index.ts';
import type { Outcome } from '../report/index.ts';
import { open } from './connection.ts';
import type { Verb } from './verb.ts';

export const doctor: Verb = {
  name: 'doctor',
  summary: 'look at tools, target, migrations, roles, grants, locks and gates, and say what mends each fault',
  configure: (command) =>
    void command.option('--ddl', 'print only the GRANT and REVOKE statements that are missing, for psql'),
  async run(context, options): Promise<Outcome> {
    const project = await loadProject(context.root);
    assertSound(project);
    const { client, identity } = await open(context, 'doctor');
    const { checks, findings, deltas } = await examine(client, identity, project);
    if (options.ddl === true) {
      const about = findings.filter(({ code }) => /^(grant_|pending$)/.test(code));
      const unknown = findings.filter(({ code, object }) => code === 'not_checked' && object === 'grants');
      const relevant =
        deltas === null ? [...about, ...unknown] : about.filter(({ code }) => code !== 'pending');
      const grants = checks.filter(({ group }) => group === 'grants');
      const print = deltas === null ? '' : ddlScript(deltas, identity.database);
      return { ...verdict(relevant, grants), items: grants, findings: relevant, print };
    }
    const { engines } = JSON.parse(
      await readFile(join(context.root, 'package.json'), 'utf8').catch(() => '{}'),
    );
    const machine = await tools(engines?.node ?? '>=20', Math.floor(identity.server_version_num / 10_000));
    const all = [...machine, ...checks];
    show(all, context.progress.line);
    return { ...verdict(findings, all), items: all, findings };
  },
};

/** Group by group; a next step stands here where no finding repeats it. */
function show(checks: Check[], line: (text: string) => void): void {
  for (const [at, { group, check, ok, detail, next }] of checks.entries()) {
    if (checks[at - 1]?.group !== group) line(group);
    const mark = ok === null ? '·' : ok ? '✓' : '✗';
    line(`  ${mark} ${check}: ${detail}`);
    if (ok === null && next) line(`      next: ${next}`);
  }
}
