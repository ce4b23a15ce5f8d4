import { loadProfile, mark, readProfile } from '../../cut/index.ts';
import { pinnedProfile, type RunStatus, resumeRun } from '../../cut-run/index.ts';
import { assertWritable } from '../../postgres/index.ts';
import { IuError, type Outcome } from '../../report/index.ts';
import type { Connection } from '../connection.ts';
import type { Context } from '../verb.ts';
import { readBackup } from './backup.ts';
import { readDocument, usage } from './document.ts';
import type { Given } from './given.ts';
import { go } from './go.ts';
import { askedRun, attended, openStanding, telling } from './standing.ts';

/** `iu cut resume RUN [FILE]`: goes on from the recorded state. */
export async function resumeFile(context: Context, given: Given): Promise<Outcome> {
  const run = askedRun(given.subject, 'resume');
  const backup = given.backup === undefined ? null : await readBackup(given.backup);
  const bytes = given.file === undefined ? null : await readDocument(given.file);
  const connection = await openStanding(context, 'resume');
  assertWritable(connection.identity);
  const { client } = connection;
  const actor = given.actor ?? connection.identity.session_user;
  const resuming = attended(context, connection)(() => resumeRun(client, run, actor));
  const { status } = await telling(resuming, connection, 'cutter_exec');
  if (status === 'resumed') context.progress.line('  it was halted: taken back to where it was');
  const content = async (now: RunStatus) => bytes ?? missing(now);
  return go(context, connection, run, {
    actor,
    file: given.file,
    manifest: async (now) => markAgain(context, connection, now, await content(now), given.profile),
    content,
    backup,
    witness: given.witness === true,
  });
}

/** Marks the file by the rules asked for, else by those that its source was pinned under. */
async function markAgain(
  context: Context,
  { client }: Connection,
  { doc_prefix, source }: RunStatus,
  bytes: Buffer,
  asked: string | undefined,
) {
  const pinned = async () => {
    const { name, version, canonical } = await pinnedProfile(client, source.source_version_id);
    return readProfile(JSON.parse(canonical), `profile ${name} ${version} of the database`);
  };
  const profile = asked === undefined ? await pinned() : loadProfile(asked);
  context.progress.line(`  marked by profile ${profile.data.name} ${profile.data.version}`);
  const manifest = mark(bytes, { origin: source.origin, prefix: doc_prefix, profile });
  if (manifest.source.sha256 === source.sha256) return manifest;
  throw new IuError('finding', {
    code: 'other_source',
    message: `the file has the sha256 ${manifest.source.sha256}, the run is about ${source.sha256}`,
    next: `bring the file that was pinned, ${source.origin}; of another one open another run: iu cut run`,
  });
}

function missing({ run_id, state, source }: RunStatus): never {
  const what =
    state === 'marked' || source.kept === false ? 'its bytes are not kept' : 'it is not marked yet';
  const message = `run ${run_id} cannot go on without the file: ${what}`;
  throw usage('file_needed', message, `npm run iu -- cut resume ${run_id} ${source.origin}`);
}
