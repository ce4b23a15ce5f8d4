import type { Manifest, Profile } from '../../cut/index.ts';
import {
  openRun,
  type Pinned,
  pinSource,
  type RunStatus,
  readStatus,
  setProfile,
  setSource,
} from '../../cut-run/index.ts';
import { assertWritable, connect, identify } from '../../postgres/index.ts';
import { EXIT, IuError, type Outcome } from '../../report/index.ts';
import { type Connection, open } from '../connection.ts';
import { databaseFor } from '../disposable.ts';
import type { Context } from '../verb.ts';
import { readBackup } from './backup.ts';
import { asked, markDocument } from './document.ts';
import type { Given } from './given.ts';
import { go } from './go.ts';
import { attended, telling } from './standing.ts';

/** `iu cut run FILE`: from the bytes to a recorded dry run, or to the pause before the cut itself. */
export async function runFile(context: Context, given: Given): Promise<Outcome> {
  const document = asked(given, 'run');
  const { mode, authorityClass = null, keep } = given;
  const backup = given.backup === undefined ? null : await readBackup(given.backup);
  const { bytes, manifest } = await markDocument(document);
  const connection = await openDatabase(context, mode);
  const { client, identity } = connection;
  const actor = given.actor ?? identity.session_user;

  const pinAndOpen = async () => {
    const stated = setSource(client, manifest.prefix, authorityClass, actor);
    await telling(stated, connection, 'cutter_exec');
    const pinned = await pin(connection, document.profile, manifest, bytes, keep, actor);
    const opened = openRun(client, pinned.source_version_id, mode, actor);
    return telling(opened, connection, 'cutter_exec');
  };
  const run = await context.progress.step('pin the source and open the run', async (mark) => {
    const answer = await attended(context, connection)(pinAndOpen);
    mark(answer.status.replace('_', ' '));
    return answer;
  });
  context.progress.line(`  run ${run.run_id}`);
  if (run.status === 'already_cut') {
    const status = await telling(readStatus(client, run.run_id), connection, 'cutter_exec');
    context.progress.line(
      `  that run has cut these very bytes already (${status.state}); nothing was written`,
    );
    return { verdict: 'already cut', exit: EXIT.clean, items: [status], findings: [] };
  }
  if (run.status === 'exists') {
    const status = await telling(readStatus(client, run.run_id), connection, 'cutter_exec');
    assertSameManifest(status, manifest);
  }
  return go(context, connection, run.run_id, {
    actor,
    file: document.file,
    manifest: async () => manifest,
    content: async () => bytes,
    backup,
    witness: given.witness === true,
  });
}

/** The target's database; on a disposable server a new one, with what a dry run needs to show its events open. */
async function openDatabase(context: Context, mode: Given['mode']): Promise<Connection> {
  const disposable = /^(embedded|container)(:|$)/.test(context.target);
  if (disposable && mode === 'LIVE') {
    throw new IuError('refused', {
      code: 'live_on_disposable',
      message: 'a LIVE run is never made on a server that is gone when it ends',
      next: 'name a database with --target postgres://…, or leave out --mode LIVE',
    });
  }
  const connection = await open(context, 'cut run');
  assertWritable(connection.identity);
  if (!connection.target.disposable) return connection;
  const url = await databaseFor(context, connection, 'cut');
  const client = await connect(url, { application_name: 'iu cut run' });
  context.scope.defer(() => client.end());
  const identity = await identify(client);
  const own = { target: { ...connection.target, url }, client, identity };
  await telling(
    client.query("select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, $1, $2, null)", [
      identity.session_user,
      'a dry run shows the events it would emit',
    ]),
    own,
    'iu_operator',
  );
  return own;
}

/** Pins the bytes; where their profile is not registered yet it is, which is an operator's business. */
async function pin(
  connection: Connection,
  profile: Profile,
  manifest: Manifest,
  bytes: Buffer,
  keep: boolean,
  actor: string,
): Promise<Pinned> {
  const { client, identity } = connection;
  const pinning = () => pinSource(client, manifest, bytes, keep, actor);
  const pinned = pinning().catch(async (error: { code?: string; detail?: string }) => {
    if (error.code !== 'IU060' || !error.detail?.includes('profile_unknown')) throw error;
    await setProfile(client, profile.data, actor).catch((refused: { code?: string }): never => {
      throw refused.code === '42501' ? unregistered(manifest, identity.user) : refused;
    });
    return pinning();
  });
  return telling(pinned, connection, 'cutter_exec');
}

const unregistered = ({ profile: { name, version } }: Manifest, user: string) =>
  new IuError('refused', {
    code: 'profile_unregistered',
    message: `profile ${name} ${version} is not registered in that database, and user ${user} may not do it`,
    next: "have an operator do it: select public.fn_cut_profile_set(<its canonical JSON>, 'who')",
  });

/** A run that is open goes on with what it is marked with: cut by other rules, the file is another run's. */
function assertSameManifest({ run_id, manifest_digest }: RunStatus, manifest: Manifest): void {
  if (manifest_digest === null || manifest_digest === manifest.digest) return;
  throw new IuError('finding', {
    code: 'marked_otherwise',
    message: `run ${run_id} over these bytes is open, marked with the manifest ${manifest_digest}, not ${manifest.digest}`,
    file: manifest.origin,
    object: run_id,
    next: `npm run iu -- cut resume ${run_id}, or have an approver void it: npm run iu -- cut void ${run_id} --reason "…"`,
  });
}
