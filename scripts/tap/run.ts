import type pg from 'pg';
import { connectionLost, withConnection } from '../postgres/index.ts';
import type { Finding } from '../report/index.ts';
import { type SqlFile, type Statement, serverError, snippet } from '../sql/index.ts';
import type { TestSession } from './session.ts';
import { isStatement, type Piece } from './source.ts';

/** How one file ran: what it printed, and what ended it before its last statement. */
export interface Ran {
  /** As psql prints it with --no-align --tuples-only. */
  lines: string[];
  trouble: Finding | null;
}

export interface Limit {
  seconds: number;
  /** From where a statement that runs too long is cancelled. */
  url: string;
}

/** How long a cancelled statement may take to end before its session is ended. */
const GRACE_MS = 2_000;

/** Every value as the text the server sent. */
const TEXT = { getTypeParser: () => (value: string) => value };

/**
 * Sends the statements of a test one by one and collects what they return. Ends at the first error, at the end
 * of the session, or when the time is up (the statement is cancelled then). Leaves an open transaction open.
 */
export async function runPieces(session: TestSession, pieces: Piece[], limit: Limit): Promise<Ran> {
  const lines: string[] = [];
  const clock = startClock(session.pid, limit);
  try {
    for (const piece of pieces) {
      if (!isStatement(piece)) lines.push(piece.echo);
      if (!isStatement(piece) || createsPgtap(piece.statement)) continue;
      const { file, statement } = piece;
      try {
        lines.push(...(await send(session.client, statement.text)));
      } catch (error) {
        if (!clock.isUp()) return { lines, trouble: explain(error, file, statement) };
      }
      if (clock.isUp()) return { lines, trouble: tooLong(file, statement, limit.seconds) };
    }
    return { lines, trouble: null };
  } finally {
    clock.stop();
  }
}

/** pgTAP is there already; as an extension it may not even be installable. */
const createsPgtap = ({ kind, node }: Statement): boolean =>
  kind === 'CreateExtensionStmt' && (node as { extname?: string }).extname === 'pgtap';

async function send(client: pg.Client, text: string): Promise<string[]> {
  // biome-ignore lint/suspicious/noExplicitAny: node-pg's types know neither of the two
  const result = await client.query<any>({ text, rowMode: 'array', types: TEXT } as never);
  const rows = (result as unknown as { rows: Array<Array<string | null>> }).rows;
  return rows.flatMap((row) =>
    row
      .map((value) => value ?? '')
      .join('|')
      .split('\n'),
  );
}

interface Clock {
  isUp(): boolean;
  stop(): void;
}

function startClock(pid: number, { seconds, url }: Limit): Clock {
  let up = false;
  const end = (how: 'cancel' | 'terminate') =>
    // Where nobody can connect any more the test's own session says so.
    void withConnection(url, (admin) => admin.query(`select pg_${how}_backend($1)`, [pid])).catch(() => {});
  const timers = [
    setTimeout(() => {
      up = true;
      end('cancel');
    }, seconds * 1000),
    setTimeout(() => end('terminate'), seconds * 1000 + GRACE_MS),
  ];
  return {
    isUp: () => up,
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function explain(error: unknown, file: SqlFile, statement: Statement): Finding {
  if (connectionLost(error)) {
    const what = `the session ended in this statement: ${error instanceof Error ? error.message : error}`;
    return at('test_crashed', file, statement, what, 'the server’s log says why; run this file alone');
  }
  const finding = serverError(error, file, statement);
  if (!finding) throw error;
  const { code } = error as { code?: string };
  const next = `correct ${file.file} line ${statement.line}, or what it tests`;
  const path =
    'pgTAP is in a schema of its own: let a search_path that the test sets end in it (docs/iu-test.md)';
  const lost = code === '42883' && /function (plan|no_plan|ok|is|finish)\(/.test(finding.message);
  return { ...finding, code: 'test_error', next: lost ? path : next };
}

const tooLong = (file: SqlFile, statement: Statement, seconds: number): Finding =>
  at(
    'test_timeout',
    file,
    statement,
    `still running when the ${seconds} s of the file were over, and cancelled`,
    'find out what it waits for, or give the file more time with --timeout',
  );

function at(code: string, file: SqlFile, statement: Statement, what: string, next: string): Finding {
  const { detail } = snippet(file.text, statement.offset);
  const message = `${file.file} line ${statement.line}: ${what}`;
  return { code, message, file: file.file, detail, next };
}
