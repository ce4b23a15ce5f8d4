import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Command, CommanderError, Option } from 'commander';
import { verbs } from './commands/index.ts';
import type { Context, Verb } from './commands/verb.ts';
import type { Report } from './evidence/index.ts';
import { connectionLost } from './postgres/index.ts';
import {
  createProgress,
  createScope,
  EXIT,
  type Exit,
  IuError,
  type Outcome,
  renderFinding,
} from './report/index.ts';

const json = process.argv.includes('--json');
/** What prints for another program (psql, Prometheus): their verb hands that back as `print`. */
const printing = ['--ddl', 'metrics'].some((word) => process.argv.includes(word));
const scope = createScope();
let interrupted = false;
/** Aborted by the first signal, where a verb said that it ends by itself then. */
let graceful: AbortController | null = null;

/** People read standard output; where a program reads it, everything for people goes to standard error. */
const people = json || printing ? process.stderr : process.stdout;

function bug(error: unknown): Outcome {
  const text = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
  const file = join(mkdtempSync(join(tmpdir(), 'iu-bug-')), 'stack.txt');
  writeFileSync(file, `${text}\n`, { mode: 0o600 });
  const message = `this is a bug of ours: ${text.split('\n')[0]}`;
  const next = `please report it with ${file}`;
  return { verdict: 'bug', exit: EXIT.bug, items: [], findings: [{ code: 'bug', message, next }] };
}

/** What the file system or the server refused where no verb expected it: no bug, but all that can be said of it. */
function unforeseen(error: unknown): Outcome | null {
  const { code, path, severity, hint, message } = error as NodeJS.ErrnoException & {
    severity?: string;
    hint?: string;
  };
  if (typeof path === 'string' && /^E[A-Z]+$/.test(code ?? '')) {
    const next = 'check the path, its permissions and the room there';
    return {
      verdict: 'usage',
      exit: EXIT.usage,
      items: [],
      findings: [{ code: 'file_error', message, next }],
    };
  }
  if (typeof severity !== 'string' || typeof code !== 'string') return null;
  const refused = code === '42501' || code === '25006';
  const finding = {
    code: 'server_error',
    message: `the server says: ${message} (SQLSTATE ${code})`,
    next: hint,
  };
  const exit = refused ? EXIT.refused : EXIT.finding;
  return { verdict: refused ? 'refused' : 'finding', exit, items: [], findings: [finding] };
}

function failure(error: unknown): Outcome {
  const lost = connectionLost(error);
  if (lost) return { verdict: 'inconclusive', exit: EXIT.inconclusive, items: [], findings: [lost] };
  if (!(error instanceof IuError)) return unforeseen(error) ?? bug(error);
  const [name] = Object.entries(EXIT).find(([, code]) => code === error.exit) ?? ['bug'];
  return { verdict: name, exit: error.exit, items: [], findings: error.findings };
}

/** Writes the whole text before the process may end: `process.exit` does not wait for a pipe. */
function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => stream.write(text, () => resolve()));
}

async function finish(
  verb: string,
  context: Context | null,
  started: Date,
  outcome: Outcome,
): Promise<never> {
  await scope.close();
  // A signal took the ground from under the verb: what failed then is no result, and its handler ends us.
  if (interrupted) return new Promise(() => {});
  const report: Report = {
    verb,
    verdict: outcome.verdict,
    exit: outcome.exit,
    target: context?.identity ?? null,
    startedAt: started.toISOString(),
    seconds: Number(((Date.now() - started.getTime()) / 1000).toFixed(3)),
    items: outcome.items as Report['items'],
    findings: outcome.findings,
  };
  if (context?.receipt) await keep(context, report, outcome.evidence);
  for (const finding of report.findings) await write(people, `${renderFinding(finding)}\n`);
  if (report.receipt) await write(people, `receipt: ${report.receipt}\n`);
  await write(people, `${verb}: ${report.verdict} (exit ${report.exit}, ${report.seconds.toFixed(1)} s)\n`);
  if (outcome.print && !json) await write(process.stdout, outcome.print);
  if (json) await write(process.stdout, `${JSON.stringify(report)}\n`);
  process.exit(report.exit);
}

/** Writes the receipt; where that fails, a clean run is no longer clean. */
async function keep(context: Context, report: Report, evidence: Outcome['evidence']): Promise<void> {
  try {
    const { writeReceipt } = await import('./evidence/index.ts');
    await writeReceipt(context.receipt!, report, evidence, context.signKey);
    report.receipt = context.receipt!;
  } catch (error) {
    if (!(error instanceof IuError)) throw error;
    report.findings.push(...error.findings);
    if (report.exit !== EXIT.clean) return;
    report.exit = error.exit;
    report.verdict = 'inconclusive';
  }
}

/** Where a verb that always leaves a receipt puts it, when nobody says. */
const defaultReceipt = (verb: string, started: Date): string =>
  `receipts/${verb}-${started.toISOString().replace(/[-:]|\.\d+/g, '')}`;

async function run(verb: Verb, options: Record<string, unknown>, args: string[]): Promise<never> {
  const started = new Date();
  const context: Context = {
    root: process.cwd(),
    target: String(options.target) || 'embedded',
    receipt:
      (options.receipt as string | undefined) ??
      (verb.leavesReceipt ? defaultReceipt(verb.name, started) : undefined),
    signKey: options.sign as string | undefined,
    progress: createProgress({ write: (text) => void people.write(text), redraw: people.isTTY === true }),
    scope,
    untilSignal: () => {
      graceful = new AbortController();
      return graceful.signal;
    },
    identity: null,
  };
  const outcome = await verb.run(context, options, args).catch(failure);
  return finish(verb.name, context, started, outcome);
}

export const EXIT_CODES = `Exit codes: 0 clean · 1 a finding · 2 usage · 3 pending work · 4 blocked by a lock ·
5 a gate refused · 6 inconclusive (evidence is missing) · 70 a bug of ours`;

/** The command line with these verbs, built but not run; also what the usage in README.md is generated from. */
export async function program(names = Object.keys(verbs)): Promise<Command> {
  const iu = new Command('iu')
    .description(
      'Governed text in PostgreSQL: apply, roll back, and prove what each of these did and did not change.',
    )
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .showHelpAfterError('(run with --help for the usage)')
    .addHelpText('after', `\n${EXIT_CODES}`);
  for (const verb of await Promise.all(names.map((name) => verbs[name]!()))) {
    const command = iu
      .command(verb.name)
      .description(verb.summary)
      .addOption(
        new Option('--target <where>', 'embedded[:BINDIR], container[:IMAGE] or a postgres:// URL')
          .env('IU_TARGET')
          .default('embedded'),
      )
      .option('--json', 'print exactly one JSON object on standard output; the rest goes to standard error')
      .option('--receipt <dir>', 'write a receipt of the run into this folder')
      .option('--sign <key>', 'sign the receipt with this Ed25519 private key (PEM file)')
      .action((...given) => {
        const self = given.at(-1) as Command;
        return run(verb, self.opts(), self.args);
      });
    verb.configure?.(command);
    command.exitOverride().configureOutput({ writeErr: () => {} });
  }
  return iu.exitOverride().configureOutput({ writeErr: () => {} });
}

async function main(): Promise<void> {
  const signals: Array<[NodeJS.Signals, number]> = [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ];
  for (const [signal, code] of signals) {
    const interrupt = () => {
      if (graceful && !graceful.signal.aborted) {
        process.stderr.write(`\n${signal}: stopping after what is under way\n`);
        return graceful.abort();
      }
      // The next one of its kind does what the system does with it.
      process.off(signal, interrupt);
      interrupted = true;
      process.stderr.write(`\n${signal}: stopping and cleaning up\n`);
      void scope.close().then(() => process.exit(code));
    };
    process.on(signal, interrupt);
  }
  process.once('exit', () => scope.closeSync());
  process.once('uncaughtException', (error) => void finish('iu', null, new Date(), failure(error)));
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

  const started = new Date();
  const named = process.argv.slice(2, 3).filter((word) => Object.hasOwn(verbs, word));
  try {
    await (await program(named.length > 0 ? named : undefined)).parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    const message =
      error.code === 'commander.help'
        ? 'which verb?'
        : error.message.replace(/^error: /, '').replace(/=.*/s, '=…');
    const next = 'npm run iu -- --help';
    const findings = [{ code: 'usage', message, next }];
    const outcome = { verdict: 'usage', exit: EXIT.usage as Exit, items: [], findings };
    await finish(named[0] ?? 'iu', null, started, outcome);
  }
}

if (import.meta.main) await main();
