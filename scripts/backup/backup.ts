import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { diffFacts, type FactChange } from '../proof/index.ts';
import type { Progress, Scope } from '../report/index.ts';
import { coldCopy, startCopy } from './cold-copy.ts';
import { NOT_COMPARED, NOT_COMPARED_COLD, restoreOrder, unpackOrder } from './compare.ts';
import { dump } from './dump.ts';
import { changed, readFailure, withRoom } from './failure.ts';
import { findPgDump, noPgDump, type Program } from './find.ts';
import { type Draft, openDraft } from './folder.ts';
import { encryptTo, type KeyTest } from './gpg.ts';
import { piped } from './program.ts';
import { compare, type Proof, proveDump } from './prove.ts';
import { type BackupRecord, recordText, type StoredFile } from './record.ts';
import { neededRoles, type Roles } from './roles.ts';
import { assertLogged, assertReadable, holdSnapshot, majorOf, type Source } from './source.ts';
import { readRows, readSchema, readSequences, readState, type State, summary } from './state.ts';
import { readBack, storeStream } from './store.ts';

/** One backup to be made. */
export interface Job {
  source: Source;
  /** The project's folder: its migrations/roles.sql belongs to the backup. */
  root: string;
  /** Where the backup's own folder goes. */
  out: string;
  /** The key to encrypt to; null: in the clear. */
  key: KeyTest | null;
  progress: Progress;
  scope: Scope;
}

/** A backup that is complete and kept in `folder`; or, with `facts`, one that was proven wrong and removed. */
export type Made = { folder: string; record: BackupRecord } | { facts: FactChange[] };

type Body = Omit<BackupRecord, 'format' | 'server' | 'startedAt' | 'finishedAt' | 'fingerprint' | 'grade'>;

/**
 * Makes a backup of the source's database, restores it elsewhere and compares. Whatever stops it leaves
 * nothing that looks like a backup. Throws the refusals of failure.ts, find.ts, place.ts and prove.ts.
 * The grade says what was proven; `record.notCompared` what even the best grade does not say.
 */
export async function makeBackup(job: Job): Promise<Made> {
  const { source, scope, progress, key } = job;
  const started = new Date();
  const binaries = await binariesOf(source);
  const pgDump = await findPgDump(majorOf(source.identity), binaries);
  if (!pgDump && source.target.kind !== 'embedded') throw await noPgDump(majorOf(source.identity));
  await assertReadable(source);
  const draft = await openDraft(job.out, source.identity.database, scope, progress.line);
  try {
    const body = pgDump ? await dumped(job, draft, pgDump, binaries) : await copied(job, draft, binaries[0]!);
    if ('facts' in body) {
      await draft.discard();
      return body;
    }
    const record: BackupRecord = {
      format: 'iu-backup/1',
      grade: body.restoredOn === null ? 'listed' : 'restored',
      ...body,
      server: source.identity,
      fingerprint: key?.fingerprint ?? null,
      startedAt: started.toISOString(),
      finishedAt: new Date().toISOString(),
    };
    await withRoom(job.out, () => writeFile(join(draft.folder, 'backup.json'), recordText(record)));
    return { folder: await draft.finish(), record };
  } catch (error) {
    await draft.discard();
    throw readFailure(error);
  }
}

/** Where an embedded server's own programs are. */
async function binariesOf({ target, client }: Source): Promise<string[]> {
  if (target.kind !== 'embedded') return [];
  const { rows } = await client.query<{ setting: string }>(
    "select setting from pg_catalog.pg_config where name = 'BINDIR'",
  );
  return rows.map(({ setting }) => setting);
}

async function dumped(
  job: Job,
  draft: Draft,
  pgDump: Program,
  binaries: string[],
): Promise<Body | { facts: FactChange[] }> {
  const { source, scope, progress, key } = job;
  const { identity, client, target } = source;
  const held = await holdSnapshot(source, scope);
  const before = await progress.step('seal the schema', () => readSchema(held.client));
  const first = await readSequences(client);
  const stored = await progress.step('dump', async (mark) => {
    const made = await dump(scope, pgDump, target.url, held.snapshot, draft.folder, key?.fingerprint ?? null);
    mark(`ok, ${made.bytes} bytes`);
    return made;
  });
  const rows = await progress.step('digest the rows, same snapshot', () => readRows(held.client));
  await held.release();
  const sequences = { before: first, after: await readSequences(client) };
  const facts = diffFacts(before.facts, (await readSchema(client)).facts);
  if (facts.length > 0) throw changed(facts.map(({ object, field }) => `${object} · ${field}`).join('\n'));
  const roles = await neededRoles(client, job.root);
  const rolesFile = await storeRoles(job, draft, roles);
  await readBack(join(draft.folder, stored.file), stored);
  const state: State = { ...before, rows };
  const proof: Proof = await progress.step('restore elsewhere and compare', async (mark) => {
    const place = { folder: draft.folder, file: stored.file };
    const seen = { state, sequences };
    const found = await proveDump(source, seen, place, pgDump, roles, key, binaries, scope, progress.line);
    mark(found.facts.length > 0 ? 'NOT EQUAL' : found.restoredOn ? 'equal' : 'not done');
    return found;
  });
  if (proof.facts.length > 0) return { facts: proof.facts };
  const { file, bytes, sha256, entries } = stored;
  return {
    mechanism: 'pg_dump',
    why: proof.why,
    program: pgDump.version,
    file,
    bytes,
    sha256,
    entries,
    roles: rolesFile,
    snapshot: held.snapshot,
    seal: before.seal,
    data: summary(rows),
    restoredOn: proof.restoredOn,
    notCompared: NOT_COMPARED,
    restore: restoreOrder(identity.database, key !== null),
  };
}

/** The whole cluster, because there is no pg_dump for it; only of a server that was started for the run. */
async function copied(job: Job, draft: Draft, binaries: string): Promise<Body | { facts: FactChange[] }> {
  const { source, scope, progress, key } = job;
  const { client, target, identity } = source;
  const state = await progress.step('seal the schema, digest the rows', () => readState(client));
  await assertLogged(source, state.rows);
  const before = await readSequences(client);
  const stored = await progress.step('cold copy', async (mark) => {
    const made = await coldCopy(scope, target.url, draft.folder, key?.fingerprint ?? null);
    mark(`ok, ${made.bytes} bytes`);
    return made;
  });
  await readBack(join(draft.folder, stored.file), stored);
  // A copy of files belongs to no snapshot: what was read before it must still be so after it.
  const later = await readState(client);
  const moved = diffFacts(state.facts, later.facts).map(({ object }) => object);
  if (moved.length > 0 || summary(state.rows).digest !== summary(later.rows).digest) {
    throw changed(moved.join('\n') || 'rows were written');
  }
  const sequences = { before, after: await readSequences(client) };
  const proof = await progress.step('start the copy and compare', async (mark): Promise<Proof> => {
    if (key && !key.decrypts) {
      mark('not done');
      const why = `the secret key of ${key.fingerprint} is not usable on this machine: the copy cannot be started`;
      return { restoredOn: null, why, facts: [] };
    }
    const path = join(draft.folder, stored.file);
    const place = await startCopy(source, path, binaries, scope, progress.line);
    try {
      const roles = await neededRoles(client, job.root);
      const found = await compare(source, { state, sequences }, place, roles);
      mark(found.facts.length > 0 ? 'NOT EQUAL' : 'equal');
      return found;
    } finally {
      await place.close();
    }
  });
  if (proof.facts.length > 0) return { facts: proof.facts };
  return {
    mechanism: 'cold copy',
    why: proof.why,
    program: `BASE_BACKUP of PostgreSQL ${identity.server_version}`,
    ...stored,
    entries: null,
    roles: null,
    snapshot: null,
    seal: state.seal,
    data: summary(state.rows),
    restoredOn: proof.restoredOn,
    notCompared: NOT_COMPARED_COLD,
    restore: unpackOrder(majorOf(identity), key !== null),
  };
}

/** roles.sql holds settings of roles, which may be secrets: where there is a key it is encrypted too. */
async function storeRoles(job: Job, draft: Draft, roles: Roles): Promise<StoredFile> {
  const { key, scope } = job;
  const file = join(draft.folder, `roles.sql${key ? '.gpg' : ''}`);
  const encrypting = key ? piped(scope, (sh) => sh`exec gpg ${encryptTo(key.fingerprint)}`) : null;
  return withRoom(draft.folder, () =>
    storeStream(Readable.from([Buffer.from(roles.text)]), file, encrypting),
  );
}
