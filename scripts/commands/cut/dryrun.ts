import { randomBytes } from 'node:crypto';
import { canonical, type Manifest } from '../../cut/index.ts';
import { type Attempt, look, mayWrite, type Seen, tryToCut, tryToWrite } from '../../cut-run/index.ts';
import { EXIT, type Finding, IuError, type Outcome, visible } from '../../report/index.ts';
import type { Connection } from '../connection.ts';
import type { Context } from '../verb.ts';
import { asked, markDocument, usage } from './document.ts';
import { assertEmpty, writeFolder } from './folder.ts';
import type { Given } from './given.ts';
import { openStanding, telling } from './standing.ts';

/** What no run of the lane looks at. */
const NOT_COVERED = [
  'temporary tables and large objects of its own, which every login of PostgreSQL may make: no governed data',
  'the checks of the plan and the bodies of the cut: they take rights that this login has not (iu cut run)',
];

/**
 * `iu cut dryrun --read-only FILE`: what a cut would find, seen by a login that can write nothing, which is proven
 * before anything is looked at. Writes only into the folder that it is given.
 */
export async function compareReadOnly(context: Context, given: Given): Promise<Outcome> {
  const example = 'npm run iu -- cut dryrun --read-only FILE --prefix DE-GG --out DIR --target postgres://…';
  if (!given.readOnly) {
    const next = `${example}; a full dry run: npm run iu -- cut run FILE --prefix DE-GG`;
    throw usage('usage', 'cut dryrun needs --read-only', next);
  }
  if (!given.out) throw usage('usage', 'cut dryrun needs --out', example);
  const document = asked(given, 'dryrun --read-only');
  await assertEmpty(given.out);
  const { manifest } = await markDocument(document);
  const connection = await openStanding(context, 'dryrun', { readOnly: true });
  const { client, identity } = connection;
  const { step, line } = context.progress;
  const run = newRunId();
  const actor = given.actor ?? identity.session_user;

  const attempts = await step('prove that this login can write nothing', () => prove(connection));
  const seen = await step('look at the document', () =>
    telling(look(client, manifest, run), connection, 'context_pack_readonly', document.file),
  );
  const cut = await step('attempt the cut, LIVE', async (mark) => {
    const tried = await telling(tryToCut(client, run, actor), connection, 'context_pack_readonly');
    mark(tried.refused ? 'refused' : 'NOT REFUSED');
    return tried;
  });
  if (!cut.refused) throw couldWrite([cut], identity.user);

  const item = itemOf(run, manifest, seen, [...attempts, cut], given.out);
  for (const text of describe(item, seen)) line(text);
  await writeFolder(given.out, {
    [`runs/${run}.json`]: {
      run_id: run,
      at: new Date().toISOString(),
      target: context.identity,
      actor,
      origin: manifest.origin,
      prefix: manifest.prefix,
      manifest_digest: manifest.digest,
      source: manifest.source,
      profile: manifest.profile,
    },
    'reports/manifest.json': canonical(manifest),
    'reports/attempts.json': [...attempts, cut],
    'reports/difference.json': seen.difference?.map(({ live_body: _, ...row }) => row) ?? null,
    'reports/live-units.json': liveUnits(seen),
    'reports/runs.json': seen.runs,
    'reports/sources.json': seen.sources,
    'summary.json': item,
  });
  line(`  all of it is in ${given.out}; to remove it: rm -r ${given.out}`);
  const findings = seen.notSeen.map(notSeen);
  if (findings.length > 0)
    return { verdict: 'inconclusive', exit: EXIT.inconclusive, items: [item], findings };
  return { verdict: 'compared', exit: EXIT.clean, items: [item], findings: [] };
}

/** As the server names its runs; this one is in the folder only. */
const newRunId = () =>
  `ictr-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(4).toString('hex')}`;

/** By the catalog first: what may not write is then asked to prove it. */
async function prove(connection: Connection): Promise<Attempt[]> {
  const { client, identity } = connection;
  if (!identity.read_only) {
    throw new IuError('refused', {
      code: 'may_write',
      message: `the session of ${identity.user} is not read-only, whatever was asked for`,
      next: 'take default_transaction_read_only out of the options of the URL',
    });
  }
  const could = await mayWrite(client);
  if (could.length > 0) throw mightWrite(could, identity.user);
  const attempts = await telling(tryToWrite(client), connection, 'context_pack_readonly');
  const absent = attempts.filter(({ sqlstate }) => sqlstate === '42883' || sqlstate === '42P01');
  if (absent.length > 0) {
    throw new IuError('pending', {
      code: 'not_installed',
      message: `what this needs is not in that database: ${absent[0]!.message}`,
      next: 'npm run iu -- migrate --target <the same target>',
    });
  }
  const done = attempts.filter(({ refused }) => !refused);
  if (done.length > 0) throw couldWrite(done, identity.user);
  return attempts;
}

/** How many ways to write are named. */
const NAMED = 20;

function mightWrite(could: string[], user: string): IuError {
  const more = could.length > NAMED ? [`and ${could.length - NAMED} more`] : [];
  return new IuError('refused', {
    code: 'may_write',
    message: `user ${user} could write: the read-only lane is for a login that cannot`,
    detail: [...could.slice(0, NAMED), ...more].join('\n'),
    next: 'name a login that is a member of context_pack_readonly and of nothing else',
  });
}

const couldWrite = (done: Attempt[], user: string): IuError =>
  mightWrite(
    done.map(({ what, setting, message }) => `${what} (read-only setting ${setting}): ${message}`),
    user,
  );

const CHANGES = ['new', 'same', 'changed', 'gone', 'taken', 'spent'] as const;

/** docs/iu-cut.md. */
function itemOf(run: string, manifest: Manifest, seen: Seen, attempts: Attempt[], out: string) {
  const { difference } = seen;
  const count = (change: string) => difference!.filter((row) => row.change === change).length;
  return {
    run_id: run,
    prefix: manifest.prefix,
    origin: manifest.origin,
    manifest_digest: manifest.digest,
    source_sha256: manifest.source.sha256,
    pinned: seen.sources?.some(({ sha256 }) => sha256 === manifest.source.sha256) ?? null,
    runs: seen.runs?.length ?? null,
    execution_enabled: seen.switched,
    units: difference && Object.fromEntries(CHANGES.map((change) => [change, count(change)])),
    attempts: attempts.length,
    live: attempts.at(-1)!,
    not_seen: seen.notSeen,
    not_covered: NOT_COVERED,
    out,
  };
}

const liveUnits = ({ difference }: Seen) =>
  difference
    ?.filter(({ unit_id }) => unit_id !== null)
    .map(({ address, unit_id, version_id, lifecycle_status, live_title, live_body, live_sha256 }) => ({
      address,
      unit_id,
      version_id,
      lifecycle_status,
      title: live_title,
      body: live_body,
      sha256: live_sha256,
    })) ?? null;

/** How many differences are shown to people. */
const SHOWN = 40;

function describe(item: ReturnType<typeof itemOf>, { difference }: Seen): string[] {
  const rows = difference?.filter(({ change }) => change !== 'same' && change !== 'spent') ?? [];
  const shown = rows.slice(0, SHOWN).map(({ address, change, fields, live_title, new_title }) => {
    const what = fields.length > 0 ? ` (${fields.join(', ')})` : '';
    const titles = fields.includes('title')
      ? `${live_title} → ${new_title}`
      : (new_title ?? live_title ?? '');
    return visible(`  ${change.padEnd(7)}${what}  ${address}  ${titles}`);
  });
  if (rows.length > SHOWN) shown.push(`  … and ${rows.length - SHOWN} more, in reports/difference.json`);
  const units = item.units
    ? CHANGES.map((change) => `${item.units![change]} ${change}`).join(', ')
    : 'not seen: its units may not be read';
  const { what, sqlstate, message } = item.live;
  return [
    ...shown,
    `  units: ${units}`,
    visible(`  ${what}: refused, SQLSTATE ${sqlstate}: ${message}`),
    `  ${item.attempts} attempts to write, each refused`,
  ];
}

const notSeen = (what: string): Finding => ({
  code: 'not_seen',
  message: `nobody can tell, as this login may not see ${what}`,
  next: 'have a DBA run: grant context_pack_readonly to the login',
});
