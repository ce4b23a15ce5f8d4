import { Argument } from 'commander';
import { assertWritable, describeHolder, whileWatched } from '../postgres/index.ts';
import { EXIT, type Finding, IuError, type Outcome } from '../report/index.ts';
import { type Connection, open, uuid, waitOption, wholeNumber } from './connection.ts';
import { refusal } from './refusal.ts';
import type { Context, Verb } from './verb.ts';

/** A row of fn_iu_gate_list(). */
interface Gate {
  key: string;
  policy: string;
  state: string;
  until: Date | null;
  holder: string | null;
  since: Date | null;
  reason: string | null;
  safe: boolean;
}

/** What fn_iu_gate_open and fn_iu_gate_close return. */
interface Moved {
  status: 'opened' | 'already_open' | 'closed' | 'already_closed';
  key: string;
  until?: string | null;
  lease_token?: string | null;
}

export const gate: Verb = {
  name: 'gate',
  summary: 'list the gates, open one with a reason (for good or under a lease), or close one',
  configure: (command) =>
    void command
      .addArgument(new Argument('<action>', 'what to do').choices(['list', 'open', 'close']))
      .argument('[key]', 'the gate to open or close')
      .option('--because <reason>', 'why; it is recorded')
      .option('--ttl <seconds>', 'open under a lease that ends by itself, 1 to 86400', wholeNumber)
      .option('--approval <uuid>', 'the approval that an opening rests on', uuid)
      .option('--actor <name>', 'in whose name (default: the login)')
      .addOption(waitOption()),
  async run(context, options, [action, key]): Promise<Outcome> {
    if (action === 'list') return list(context);
    if (!key || !options.because) {
      const message = `gate ${action} needs ${key ? '--because "…"' : 'the key of a gate'}`;
      const next = key
        ? `npm run iu -- gate ${action} ${key} --because "why"`
        : 'npm run iu -- gate list shows the keys';
      throw new IuError('usage', { code: 'usage', message, next });
    }
    const connection = await open(context, 'gate');
    assertWritable(connection.identity);
    const moved = await move(context, connection, action as 'open' | 'close', key, options);
    context.progress.line(SENTENCES[moved.status](moved));
    const { status, until = null, lease_token = null } = moved;
    const items = [{ key, status, until, lease_token }];
    return { verdict: status.replace('_', ' '), exit: EXIT.clean, items, findings: [] };
  },
};

const closing = (key: string) => `npm run iu -- gate close ${key} --because "…"`;
const opening = (key: string, ttl: boolean) =>
  `npm run iu -- gate open ${key} --because "…"${ttl ? ' --ttl SECONDS' : ''}`;

const SENTENCES: Record<Moved['status'], (moved: Moved) => string> = {
  opened: ({ key, until, lease_token }) =>
    until
      ? `${key} is open until ${until} (lease ${lease_token}), then it is closed by itself\n  to close it before: ${closing(key)}`
      : `${key} is open, for good\n  to close it: ${closing(key)}`,
  already_open: ({ key }) =>
    `${key} was open already, for good; nothing was written\n  to close it: ${closing(key)}`,
  closed: ({ key }) =>
    `${key} is closed: nothing acts behind it any more\n  to open it: ${opening(key, false)}`,
  already_closed: ({ key }) => `${key} was closed already; nothing was written`,
};

/** Opens or closes; whoever holds it up (an act in flight behind the gate) is named while it waits. */
async function move(
  context: Context,
  { client, target, identity }: Connection,
  action: 'open' | 'close',
  key: string,
  options: Record<string, unknown>,
): Promise<Moved> {
  const actor = options.actor ?? identity.session_user;
  // What is too large for the server's integer is too large for a lease as well: the server says so.
  const ttl = options.ttl === undefined ? null : Math.min(options.ttl as number, 2_147_483_647);
  const [text, values] =
    action === 'open'
      ? [
          'select public.fn_iu_gate_open($1, $2, $3, $4, $5) as moved',
          [key, options.approval ?? null, actor, options.because, ttl],
        ]
      : ['select public.fn_iu_gate_close($1, $2, $3) as moved', [key, actor, options.because]];
  const watching = {
    verb: 'gate',
    timeoutMs: (options.wait as number) * 1000,
    onWait: (holder: Parameters<typeof describeHolder>[0]) =>
      context.progress.line(`waiting for ${describeHolder(holder)}`),
  };
  try {
    const { rows } = await whileWatched(client, target.url, watching, () =>
      client.query<{ moved: Moved }>(text as string, values as unknown[]),
    );
    return rows[0]!.moved;
  } catch (error) {
    throw refusal(error, identity.user, 'iu_operator', {
      IU011: 'npm run iu -- gate list shows the declared gates',
      IU012: `wait until it ends by itself, or: ${closing(key)}`,
      IU014: opening(key, true),
    });
  }
}

async function list(context: Context): Promise<Outcome> {
  const { client, identity } = await open(context, 'gate');
  const rows = await client.query<Gate>('select * from public.fn_iu_gate_list()').then(
    (answer) => answer.rows,
    (error: unknown) => {
      throw refusal(error, identity.user, 'context_pack_readonly');
    },
  );
  const wide = (column: 'key' | 'policy') => Math.max(...rows.map((row) => row[column].length));
  const items = rows.map((row) => ({
    ...row,
    until: row.until?.toISOString() ?? null,
    since: row.since?.toISOString() ?? null,
    next: nextOf(row),
  }));
  for (const row of items) {
    context.progress.line(
      `  ${row.key.padEnd(wide('key'))}  ${row.policy.padEnd(wide('policy'))}  ${describe(row)}`,
    );
    context.progress.line(`      next: ${row.next}`);
  }
  const findings = rows.filter((row) => !row.safe && !mayOpen(row)).map(unsafe);
  if (rows.length === 0) {
    const next = 'apply runtime/003_gates.sql: it declares them, each closed';
    findings.push({ code: 'no_gates', message: 'no gate is declared in this database', next });
  }
  const opened = rows.filter(({ state }) => state === 'open').length;
  const verdict = findings.length > 0 ? 'unsafe' : `${opened} of ${rows.length} open`;
  return { verdict, exit: findings.length > 0 ? EXIT.finding : EXIT.clean, items, findings };
}

const mayOpen = ({ policy }: Gate) => policy === 'standing' || policy === 'lease';

type Listed = Omit<Gate, 'until' | 'since'> & Record<'until' | 'since', string | null>;

/** State, meaning, since when, by whom, why. */
function describe({ state, until, holder, since, reason }: Listed): string {
  const moved = since ? ` · since ${since} by ${holder}: ${reason}` : ' · never moved';
  if (state === 'open') return `open ${until ? `until ${until}, then closed by itself` : 'for good'}${moved}`;
  if (state === 'lapsed') return `lapsed: its lease ran out at ${until}, so it is closed${moved}`;
  return `closed: what is behind it refuses${moved}`;
}

function nextOf(row: Gate): string {
  if (row.policy === 'never') return row.safe ? 'none: it is never opened' : unsafe(row).next!;
  if (row.policy === 'undeclared') return unsafe(row).next!;
  return row.state === 'open' ? closing(row.key) : opening(row.key, row.policy === 'lease');
}

/** Its value says something, and no function of ours wrote that. */
function unsafe({ key, policy }: Gate): Finding {
  const next =
    policy === 'never'
      ? `find out who wrote it (public.dot_config_history), and set it back to false`
      : `have a member of workflow_admin declare it (public.fn_iu_gate_declare), or remove the row`;
  return {
    code: 'gate_unsafe',
    message: `${key} is ${policy === 'never' ? 'never to be opened' : 'no declared gate'}, and its value is not false`,
    object: key,
    next,
  };
}
