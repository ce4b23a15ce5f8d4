import type pg from 'pg';
import { append, type EventFacts, type EventKind, newRunId } from '../evidence/index.ts';
import { connectionLost, type Identity } from '../postgres/index.ts';
import { contentSeal } from '../proof/index.ts';
import { type ExitName, type Finding, IuError } from '../report/index.ts';
import { type SqlFile, type Statement, serverError } from '../sql/index.ts';
import type { Numbered } from './numbered.ts';

/** One run of a verb on one connection: what its events in the ledger have in common. */
export interface Session {
  client: pg.Client;
  runId: string;
  /** system_identifier/database/server_version_num. */
  server: string;
  /** Whether each file's started event carries the content seal of the schema before it. */
  seals: boolean;
}

/** `seals` is for real targets; a staircase reads the facts around every move anyway. */
export function openSession(client: pg.Client, identity: Identity, seals = true): Session {
  const { system_identifier, database, server_version_num } = identity;
  return {
    client,
    runId: newRunId(),
    server: `${system_identifier ?? '-'}/${database}/${server_version_num}`,
    seals,
  };
}

/** What a started event says of a file: its digests and those of the files that belong to it. */
export function fileFacts(one: Numbered): EventFacts {
  const pair = (name: string, file: SqlFile | null) =>
    file ? { [`${name}_sha256`]: file.sha256, [`${name}_digest`]: file.digest } : {};
  return {
    ...pair('forward', one.file),
    ...pair('rollback', one.rollback),
    ...pair('verify', one.verify),
  };
}

/** What a started event says of the file that will run. */
export function runFacts(file: SqlFile): EventFacts {
  const postCheck = file.headers.PostCheck;
  return {
    statements: file.statements.length,
    ...(postCheck ? { detail: JSON.stringify({ postCheck }) } : {}),
  };
}

/** Announces a file, in a transaction of its own, with the content seal of the schema as it is before. */
export async function announce(
  session: Session,
  kind: EventKind,
  file: string,
  facts: EventFacts,
): Promise<void> {
  const { client, runId, server, seals } = session;
  await client.query("select set_config('iu.run_id', $1, false), set_config('iu.file', $2, false)", [
    runId,
    file,
  ]);
  const seal = seals ? { seal: (await contentSeal(client)).digest } : {};
  await append(client, runId, kind, file, 'started', { ...facts, server, ...seal });
}

/** Records that a file failed, where the connection still allows it; the error itself matters more. */
export async function recordFailure(
  session: Session,
  kind: EventKind,
  file: string,
  finding: Finding,
): Promise<void> {
  const detail = JSON.stringify({ message: finding.message });
  await append(session.client, session.runId, kind, file, 'failed', { detail }).catch(() => {});
}

/** Records the content seal that the schema has now. */
export async function recordSeal(session: Session): Promise<string> {
  const { digest } = await contentSeal(session.client);
  await append(session.client, session.runId, 'seal', '', 'started', {
    seal: digest,
    server: session.server,
  });
  return digest;
}

/** Runs statements one by one; what the server refuses is thrown with its file, line and a caret. */
export async function runStatements(
  client: pg.Client,
  file: SqlFile,
  statements = file.statements,
): Promise<void> {
  for (const statement of statements) {
    await client.query(statement.text).catch((error: unknown) => {
      throw explain(error, file, statement);
    });
  }
}

/** The exit code that fits what the server said: 4 a lock, 5 a refusal, else a finding. */
function exitName(code: string | undefined): ExitName {
  if (code === '55P03' || code === '40P01') return 'blocked';
  if (code === '42501' || code === '25006' || code?.startsWith('IU01')) return 'refused';
  return 'finding';
}

/** A server's error as an IuError with its place in the file; anything else comes back as it is. */
export function explain(error: unknown, file: SqlFile, statement?: Statement, offset = 0): unknown {
  const lost = connectionLost(error);
  if (lost) return new IuError('inconclusive', { ...lost, file: file.file }, { cause: error });
  const finding = serverError(error, file, statement, offset);
  if (!finding) return error;
  return new IuError(exitName((error as { code?: string }).code), finding, { cause: error });
}
