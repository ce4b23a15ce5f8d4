import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type pg from 'pg';
import { explain, scenariosIn } from '../apply/index.ts';
import { assertWritable, connect } from '../postgres/index.ts';
import { type ProbeItem, type ProbeVerdict, reportProbe, runProbe, type Witness } from '../proof/index.ts';
import { EXIT, type Finding, IuError, type Outcome } from '../report/index.ts';
import { readSqlFile, type SqlFile } from '../sql/index.ts';
import { open } from './connection.ts';
import { databaseFor, witnessOn } from './disposable.ts';
import type { Verb } from './verb.ts';

export const probe: Verb = {
  name: 'probe',
  summary: 'run sandbox probes on the target and prove that their ROLLBACK left nothing behind',
  configure: (command) =>
    void command
      .argument('[probes...]', 'numbers of files in sandbox/, or paths of files; all of sandbox/ by default')
      .option('--witness', 'watch with a logical slot (on a disposable server it always does)'),
  async run(context, options, args): Promise<Outcome> {
    const files = await Promise.all(
      (await chosen(context.root, args)).map((path) => read(context.root, path)),
    );
    const connection = await open(context, 'probe');
    assertWritable(connection.identity);
    const url = await databaseFor(context, connection, 'probe');
    const client = await connect(url, { application_name: 'iu probe' });
    context.scope.defer(() => client.end());
    const watched = connection.target.disposable || options.witness === true;
    const witness = watched ? await witnessOn(context, url, 'probe') : 'it was not asked for (--witness)';
    const items: ProbeItem[] = [];
    const findings: Finding[] = [];
    for (const file of files) {
      const found = await context.progress.step(file.file, async (mark) => {
        const result = await runOne(client, file, witness);
        mark(result.findings.length > 0 ? verdictOf([result.item]).toUpperCase() : result.item.verdict);
        return result;
      });
      items.push(found.item);
      findings.push(...found.findings);
    }
    return { verdict: verdictOf(items), exit: exitOf(findings), items, findings };
  },
};

/** The paths of the probes asked for: a number stands for the file of that number in sandbox/. */
async function chosen(root: string, args: string[]): Promise<string[]> {
  const folder = join(root, 'sandbox');
  const names = existsSync(folder)
    ? (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
    : [];
  const paths =
    args.length === 0
      ? names.map((name) => join(folder, name))
      : args.flatMap((arg) => {
          if (!/^\d+$/.test(arg)) return [resolve(root, arg)];
          const found = names.filter((name) => Number(/^(\d+)_/.exec(name)?.[1]) === Number(arg));
          if (found.length === 0) throw noProbe(`sandbox/ has no probe ${arg}`);
          return found.map((name) => join(folder, name));
        });
  if (paths.length === 0) throw noProbe(`there is no probe in ${folder}`);
  return paths;
}

const noProbe = (message: string) =>
  new IuError('usage', {
    code: 'no_such_probe',
    message,
    next: 'name a number or a file, or write sandbox/NNN_name.sql (CONTRIBUTING.md)',
  });

function read(root: string, path: string): Promise<SqlFile> {
  const shown = relative(root, path);
  return readSqlFile(path, shown.startsWith('..') ? path : shown);
}

async function runOne(client: pg.Client, file: SqlFile, witness: Witness | string) {
  const run = await runProbe(client, file, {
    witness,
    run: async (statement) => {
      const result = await client.query(statement.text).catch((error: unknown) => {
        throw explain(error, file, statement);
      });
      return result.rows;
    },
  });
  return reportProbe(file, run, scenariosIn(run.rows));
}

/** From the worst to the best; a scenario that is not ok is worse than missing evidence. */
const WORST: Array<ProbeVerdict | 'failed'> = [
  'committed',
  'leaked',
  'refused',
  'failed',
  'inconclusive',
  'clean-with-declared-residue',
  'clean',
];

function verdictOf(items: ProbeItem[]): string {
  const verdicts: string[] = items.map(({ verdict }) => verdict);
  if (items.some(({ scenarios }) => scenarios.some(({ ok }) => !ok))) verdicts.push('failed');
  return WORST.find((verdict) => verdicts.includes(verdict)) ?? 'clean';
}

function exitOf(findings: Finding[]): Outcome['exit'] {
  if (findings.length === 0) return EXIT.clean;
  return findings.every(({ code }) => code === 'probe_inconclusive') ? EXIT.inconclusive : EXIT.finding;
}
