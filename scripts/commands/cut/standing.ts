import { problemsOf } from '../../cut-run/index.ts';
import { type ConnectOptions, describeHolder, whileWatched } from '../../postgres/index.ts';
import { IuError } from '../../report/index.ts';
import { type Connection, open } from '../connection.ts';
import { refusal } from '../refusal.ts';
import type { Context } from '../verb.ts';
import { usage } from './document.ts';

/** Opens a database that outlives this process, which is where runs are. */
export async function openStanding(
  context: Context,
  action: string,
  options: ConnectOptions = {},
): Promise<Connection> {
  if (/^(embedded|container)(:|$)/.test(context.target)) {
    const message = `cut ${action} looks at a database that is there already`;
    throw usage('no_database', message, `npm run iu -- cut ${action} … --target postgres://…`);
  }
  return open(context, `cut ${action}`, options);
}

/** Runs a step, and says for whom it waits while another session holds it up: it waits as long as that takes. */
export const attended =
  ({ progress }: Context, { client, target }: Connection) =>
  <T>(work: () => Promise<T>): Promise<T> => {
    const onWait = (holder: Parameters<typeof describeHolder>[0]) =>
      progress.line(`waiting for ${describeHolder(holder)}`);
    const options = { verb: 'cut', timeoutMs: Number.POSITIVE_INFINITY, onWait };
    return whileWatched(client, target.url, options, work);
  };

/** The run that an action is about. */
export function askedRun(run: string | undefined, action: string): string {
  if (run) return run;
  throw usage('usage', `cut ${action} needs a run`, 'npm run iu -- cut status lists the runs');
}

const NEXT = (error: unknown): Record<string, string> => {
  const run = runOf(error);
  return {
    IU061: `npm run iu -- cut resume ${run}, or have an approver void it: npm run iu -- cut void ${run} --reason "…"`,
    IU063: 'npm run iu -- cut status lists the runs',
    IU064: `npm run iu -- cut status ${run}`,
    IU065: 'bring the very file: npm run iu -- cut resume RUN FILE',
  };
};

/** The run that a refusal names in its detail. */
function runOf(error: unknown): string {
  const { detail } = error as { detail?: string };
  return /"run_id": ?"([^"]+)"/.exec(detail ?? '')?.[1] ?? 'RUN';
}

/**
 * What the functions of the cut refuse, as findings: one for each problem of a manifest, with its place in `file`.
 * `role` is the one whose grant a login without rights is told to ask for.
 */
export function told(error: unknown, { identity }: Connection, role: string, file?: string): unknown {
  const refused = refusal(error, identity.user, role, NEXT(error));
  if (!(refused instanceof IuError) || refused === error) return refused;
  const findings = refused.findings.flatMap((finding) => problemsOf(finding, file));
  const [name] = KINDS.find(([, exit]) => exit === refused.exit)!;
  return new IuError(name, findings, { cause: error });
}

const KINDS = [
  ['finding', 1],
  ['usage', 2],
  ['pending', 3],
  ['refused', 5],
] as const;

/** The same for a promise: rejects with the findings. */
export const telling = <T>(promise: Promise<T>, connection: Connection, role: string, file?: string) =>
  promise.catch((error: unknown): never => {
    throw told(error, connection, role, file);
  });
