import { type Command, Option } from 'commander';
import {
  assertSound,
  graphileSettings,
  hashFindings,
  loadProject,
  openSession,
  type Project,
  prepareDatabase,
  type Settings,
} from '../apply/index.ts';
import { assertWritable, connect, identify, type Target } from '../postgres/index.ts';
import {
  allFindings,
  assertRolesThere,
  climbChain,
  clusterWide,
  dropLeftovers,
  makeScratch,
  type RehearsalItem,
  readPlainFile,
  rehearsePair,
  rehearseSeeded,
} from '../rehearse/index.ts';
import { EXIT, type Finding, IuError, type Outcome } from '../report/index.ts';
import type { SqlFile } from '../sql/index.ts';
import { type Connection, open } from './connection.ts';
import type { Context, Verb } from './verb.ts';

interface Result {
  items: RehearsalItem[];
  findings: Finding[];
}

export const rehearse: Verb = {
  name: 'rehearse',
  summary: 'go up and down the staircase of migrations and rollbacks, on databases of its own',
  configure: (command: Command) =>
    void command
      .argument('[numbers...]', 'numbers of migrations (default: all); with --layout pair: UP.sql DOWN.sql')
      .addOption(
        new Option('--layout <layout>', "rehearse two files instead of the project's").choices(['pair']),
      )
      .option('--base <file>', 'with --layout pair: applied before everything else')
      .option('--seed <file>', 'with --layout pair: rows, loaded after the base, for a second run'),
  async run(context, options, args): Promise<Outcome> {
    const work =
      options.layout === 'pair' ? await pair(context, options, args) : await ours(context, options, args);
    const connection = await openServer(context);
    return judged(await work(connection));
  },
};

type Work = (connection: Connection) => Promise<Result>;

/** The target's server, cleared of what killed runs left on it. */
async function openServer(context: Context): Promise<Connection> {
  const connection = await open(context, 'rehearse');
  assertWritable(connection.identity);
  if (!connection.target.disposable) await dropLeftovers(connection.client, context.progress.line);
  return connection;
}

function judged({ items, findings }: Result): Outcome {
  const open = items.some(({ verdict }) => verdict === 'inconclusive');
  const sure = findings.filter(({ code }) => !INCONCLUSIVE.includes(code));
  if (sure.length > 0) return { verdict: 'not proven', exit: EXIT.finding, items, findings };
  if (open || findings.length > 0)
    return { verdict: 'inconclusive', exit: EXIT.inconclusive, items, findings };
  if (items.length === 0) return { verdict: 'nothing to rehearse', exit: EXIT.clean, items, findings };
  const seeded = items.some(({ run, verdict }) => run === 'seeded' && verdict !== 'not-run');
  return { verdict: seeded ? 'proven' : 'proven without a seeded run', exit: EXIT.clean, items, findings };
}

/** Codes of findings that say what could not be seen, not what is wrong. */
const INCONCLUSIVE = ['unreadable_rows', 'unmodelled', 'connection_lost'];

const usage = (message: string, next: string) => new IuError('usage', { code: 'usage', message, next });

async function pair(context: Context, options: Record<string, unknown>, args: string[]): Promise<Work> {
  if (args.length !== 2) {
    const next = 'npm run iu -- rehearse --layout pair UP.sql DOWN.sql [--base BASE.sql] [--seed DATA.sql]';
    throw usage(`--layout pair takes two files, UP.sql and DOWN.sql, not ${args.length}`, next);
  }
  const read = (path: unknown) => (path ? readPlainFile(context.root, String(path)) : Promise.resolve(null));
  const up = await readPlainFile(context.root, args[0]!);
  const down = await readPlainFile(context.root, args[1]!);
  const [base, seed] = [await read(options.base), await read(options.seed)];
  return async ({ client, target }) => {
    assertAlone(target, [up, down, base, seed]);
    if (!seed) context.progress.line('no --seed: rows are compared only where the base brings some');
    const scratch = async () => {
      const { name, drop } = await makeScratch(client, context.scope);
      return { url: target.database(name), drop };
    };
    const { disposable } = target;
    return rehearsePair({ scratch, disposable, progress: context.progress }, { up, down, base, seed });
  };
}

async function ours(context: Context, options: Record<string, unknown>, args: string[]): Promise<Work> {
  if (options.base || options.seed)
    throw usage('--base and --seed go with --layout pair', 'add --layout pair');
  const project = await loadProject(context.root);
  project.findings.push(...hashFindings(project.migrations));
  assertSound(project);
  const asked = askedNumbers(project, args);
  return async ({ client, target }) => {
    assertAlone(
      target,
      project.migrations.flatMap(({ file, rollback }) => [file, rollback]),
    );
    const { name, drop } = await makeScratch(client, context.scope);
    const connection = await connect(target.database(name), { application_name: 'iu rehearse' });
    try {
      if (!target.disposable) await assertRolesThere(connection, project);
      const settings: Settings = await graphileSettings(context.root, target.database(name));
      await prepareDatabase(connection, project, settings);
      const session = openSession(connection, await identify(connection), false);
      const { disposable } = target;
      const chain = { session, project, settings, asked, disposable, progress: context.progress };
      const { all, records, brokenOff } = await climbChain(chain);
      const seeded = brokenOff ? { all: [], findings: [] } : await rehearseSeeded(chain, records);
      const both = [...all, ...seeded.all];
      return { items: both.map(({ item }) => item), findings: [...allFindings(both), ...seeded.findings] };
    } finally {
      await connection.end().catch(() => {});
      await drop();
    }
  };
}

function askedNumbers(project: Project, args: string[]): ReadonlySet<number> {
  const known = project.migrations.map(({ number }) => number);
  const unknown = args.filter((text) => !/^\d+$/.test(text) || !known.includes(Number(text)));
  if (unknown.length > 0) {
    const range = known.length > 0 ? `there are ${known[0]} to ${known.at(-1)}` : 'there is none';
    const next = 'give numbers of migrations, or --layout pair with two files';
    throw usage(`no migration has the number ${unknown.join(', ')} (${range})`, next);
  }
  return new Set(args.length > 0 ? args.map(Number) : known);
}

/** On a server that others use nothing may reach beyond the scratch databases. */
function assertAlone(target: Target, files: Array<SqlFile | null>): void {
  if (target.disposable) return;
  const findings = files.flatMap((file) => (file ? clusterWide(file) : []));
  if (findings.length > 0) throw new IuError('refused', findings);
}
