import type pg from 'pg';
import { readSeal, type SealFile, writeSeal } from '../evidence/index.ts';
import { assertSupported, identify, withConnection } from '../postgres/index.ts';
import {
  contentFacts,
  contentSeal,
  diffFacts,
  type Facts,
  type SealedKind,
  tableDigests,
} from '../proof/index.ts';
import { EXIT, type Finding, IuError, type Outcome } from '../report/index.ts';
import { open } from './connection.ts';
import type { Context, Verb } from './verb.ts';

export const seal: Verb = {
  name: 'seal',
  summary: 'seal the schema of the target, or name the facts that differ between two seals',
  configure(command) {
    command
      .option('--out <file>', 'keep the seal, with every fact, in this file')
      .option('--data', 'digest the rows of every table too (reads all of them)')
      .option('--diff <seals...>', 'compare two: each a file that --out wrote, or a postgres:// URL');
  },
  async run(context, options): Promise<Outcome> {
    const withData = options.data === true;
    if (Array.isArray(options.diff)) return compare(context, options.diff, withData);
    const { client } = await open(context, 'seal');
    const [taken, kinds] = await take(client, withData);
    if (typeof options.out === 'string') await writeSeal(options.out, taken);
    context.progress.line(`content seal ${taken.digest}, ${Object.keys(taken.objects).length} objects`);
    const data = Object.entries(taken.data ?? {}).map(([table, { rows, digest }]) => ({
      table,
      mode: 'bytes',
      rows,
      digest,
    }));
    return { verdict: 'sealed', exit: EXIT.clean, items: [...kinds, ...data], findings: unmodelled(taken) };
  },
};

/** Everything a seal file holds, read from one database in one snapshot, and its digests by kind. */
async function take(client: pg.Client, withData: boolean): Promise<[SealFile, SealedKind[]]> {
  const identity = await identify(client);
  assertSupported(identity);
  await client.query('begin isolation level repeatable read, read only');
  const { digest, unmodelled, kinds: sealed } = await contentSeal(client);
  const { major, kinds, objects } = await contentFacts(client);
  const data = withData ? Object.fromEntries(await tableDigests(client)) : null;
  await client.query('commit');
  const taken: SealFile = {
    format: 'iu-seal/1',
    takenAt: new Date().toISOString(),
    target: { ...identity },
    digest,
    major,
    unmodelled,
    kinds: [...kinds],
    objects: Object.fromEntries(objects),
    data,
  };
  return [taken, sealed];
}

async function compare(context: Context, given: string[], withData: boolean): Promise<Outcome> {
  const [first, second, ...more] = given;
  if (!first || !second || more.length > 0) {
    const message = `--diff compares two seals, and ${given.length} were given`;
    throw new IuError('usage', { code: 'usage', message, next: 'npm run iu -- seal --diff BEFORE AFTER' });
  }
  const before = await load(first, withData);
  const after = await load(second, withData);
  const changes = diffFacts(facts(before), facts(after)).map((fact) => ({ ...fact }));
  const data = dataChanges(before, after);
  for (const { object, field, before: was, after: is } of changes) {
    context.progress.line(`  ${object} · ${field}\n    - ${was ?? 'nothing'}\n    + ${is ?? 'nothing'}`);
  }
  for (const { table, before: was, after: is } of data) {
    context.progress.line(
      `  rows of ${table}: ${was ?? 'no such table'} before, ${is ?? 'no such table'} after`,
    );
  }
  const findings = [...unmodelled(before), ...unmodelled(after)];
  const items = [...changes, ...data];
  if (items.length > 0) {
    const message = `${items.length} facts differ`;
    return {
      verdict: 'different',
      exit: EXIT.finding,
      items,
      findings: [{ code: 'different', message }, ...findings],
    };
  }
  // What no kind speaks of may differ: then equal is more than was seen.
  if (findings.length > 0) return { verdict: 'inconclusive', exit: EXIT.inconclusive, items, findings };
  return { verdict: withData ? 'equal, rows too' : 'equal', exit: EXIT.clean, items, findings };
}

const load = (given: string, withData: boolean): Promise<SealFile> =>
  /^postgres(ql)?:/.test(given)
    ? withConnection(given, async (client) => (await take(client, withData))[0], {
        application_name: 'iu seal',
      })
    : readSeal(given);

const facts = ({ major, kinds, objects }: SealFile): Facts => ({
  major,
  kinds,
  objects: new Map(Object.entries(objects)),
});

/** Tables whose rows differ, where both seals have digested them. */
function dataChanges(before: SealFile, after: SealFile) {
  const [was, is] = [before.data, after.data];
  if (!was || !is) return [];
  const shown = (rows?: { rows: number; digest: string }) =>
    rows ? `${rows.rows} rows, ${rows.digest}` : null;
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .sort()
    .map((table) => ({ table, mode: 'bytes', before: shown(was[table]), after: shown(is[table]) }))
    .filter((one) => one.before !== one.after);
}

const unmodelled = (one: SealFile): Finding[] =>
  one.unmodelled.map((catalog) => ({
    code: 'unmodelled',
    message: `${catalog} holds objects that the seal knows nothing of`,
    object: catalog,
    next: 'compare those by hand; scripts/proof/COVERAGE.md says what is covered',
  }));
